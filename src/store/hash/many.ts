/**
 * SHA-256 of many messages, by whichever way is the faster here: one behind the other, or eight side by side.
 */
import { createSha256, sha256 } from './hash.ts';
import { LANES, type MultiBlockSha256, Sha256Eight } from './sha256-eight.ts';

/** Faster than any processor without SHA instructions hashes, and slower than any with them, in bytes a ms. */
const INSTRUCTIONS_RATE = 700_000;
/** Shorter ones say nothing of the rate. */
const LEAST_TIMED = 4 * 1024;
/** What one content is read by. */
const READ_BYTES = 1024 * 1024;
/** Messages that are timed. */
const MOST_TIMED = 16;
/** The rate of one of eight, by that of a message alone: measured on a Xeon without SHA instructions. */
const LANE_RATE = 0.4;

let timed = 0;
let bestRate = 0;
let runtime: MultiBlockSha256 | undefined;
let eight: Sha256Eight | undefined;

/** Lets this thread hash eight messages at a time, if the runtime's function gives what it should. */
export function useMultiBlock(offered: MultiBlockSha256): void {
  runtime = offered;
}

/**
 * The SHA-256 of each of many messages: as `sha256`, and up to three times as fast where that has no SHA instructions to use. The rate of
 * this thread's first ones tells.
 */
export function sha256All(messages: readonly Uint8Array[]): Buffer[] {
  if (runtime && timed < MOST_TIMED) return messages.map(sha256Timed);
  return inGroups(
    messages.map(({ length }) => length),
    (i) => sha256(messages[i]!),
    (group) => eight!.hash(group.map((i) => messages[i]!)),
  );
}

/** A content that is read in parts, from its beginning. */
export interface ReadContent {
  /** what it is expected to have */
  length: number;
  /** Fills `into` with what comes next; fewer bytes when it ends. */
  read(into: Buffer): number;
}

/** The SHA-256 of each of many contents, as `sha256All`; nothing here says how fast this thread hashes. */
export function sha256OfAll(contents: readonly ReadContent[]): Buffer[] {
  return inGroups(
    contents.map(({ length }) => length),
    (i) => sha256Of(contents[i]!),
    (group) => eight!.hashRead(group.length, (lane, into) => contents[group[lane]!]!.read(into)),
  );
}

function sha256Of(content: ReadContent): Buffer {
  const hash = createSha256();
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  for (;;) {
    const bytes = content.read(buffer);
    hash.update(buffer.subarray(0, bytes));
    if (bytes < READ_BYTES) return hash.digest();
  }
}

/** The longest first, so that those of much the same length go together. */
function inGroups(
  lengths: readonly number[],
  alone: (i: number) => Buffer,
  together: (group: readonly number[]) => Buffer[],
): Buffer[] {
  if (!eight || lengths.length < 2) return lengths.map((_, i) => alone(i));
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]!);
  const digests: Buffer[] = new Array(lengths.length);
  for (let start = 0; start < order.length; ) {
    const group = order.slice(start, start + LANES);
    if (isWorthIt(group.map((i) => lengths[i]!))) {
      for (const [lane, digest] of together(group).entries()) digests[group[lane]!] = digest;
      start += group.length;
    } else {
      digests[group[0]!] = alone(group[0]!);
      start++;
    }
  }
  return digests;
}

/**
 * Whether the first of up to eight, which is the longest, goes with the others: all together take as long as it does, so one that is much
 * longer than the next is better hashed alone.
 */
function isWorthIt(lengths: readonly number[]): boolean {
  const [first = 0, second = 0] = lengths;
  let bytes = 0;
  for (const length of lengths) bytes += length;
  return first / LANE_RATE < Math.min(bytes, first + second / LANE_RATE);
}

function sha256Timed(message: Uint8Array): Buffer {
  const began = performance.now();
  const digest = sha256(message);
  if (message.length >= LEAST_TIMED && timed < MOST_TIMED) {
    bestRate = Math.max(bestRate, message.length / (performance.now() - began));
    timed++;
    if (timed === MOST_TIMED && bestRate < INSTRUCTIONS_RATE) eight = proven(runtime!);
  }
  return digest;
}

/** Hashes some messages of all kinds of lengths as `sha256` does, else undefined. */
function proven(offered: MultiBlockSha256): Sha256Eight | undefined {
  const made = new Sha256Eight(offered);
  const lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 4096, 40_000, 64];
  for (let start = 0; start < lengths.length; start += LANES) {
    const messages = lengths
      .slice(start, start + LANES)
      .map((length, i) => Buffer.alloc(length, start + i + 1));
    const digests = made.hash(messages);
    if (!messages.every((message, i) => digests[i]!.equals(sha256(message)))) return undefined;
  }
  return made;
}
