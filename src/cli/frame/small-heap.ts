/** For commands that move large buffers and few objects: how much room V8 takes for new objects. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of the room at the start, which is twice 2 MB in the main thread. */
const GROWTH = 4;
/** Between looks whether it has grown. It does in the first half second of a long command, and again not before many of these. */
const LOOK_MS = 20;

/** Keeps the space for new objects at its first size instead of letting it grow to 48 MB. Before much is allocated. */
export function keepHeapSmall(): void {
  growBy(1);
}

/**
 * Lets it grow once: at its first size half of what is new outlives a collection, and a snapshot of a kernel tree spends a fifth of the main
 * thread's time on those. Grown without bound it takes 85 MB more at the peak, and no command is faster for it.
 */
export function keepHeapModest(): void {
  growBy(GROWTH);
  const first = newSpace();
  const timer = setInterval(() => {
    if (newSpace() <= first) return;
    growBy(1);
    clearInterval(timer);
  }, LOOK_MS).unref();
}

/** V8 reads the factor each time that it grows the space, of any thread. */
function growBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

/** Bytes that it has now. */
function newSpace(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.space_size;
}
