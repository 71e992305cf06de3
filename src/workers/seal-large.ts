/**
 * Seals one large file in windows that all threads see. This one reads, cuts and hashes chunks, one beside it hashes the whole; new chunks
 * are told to the main thread, which lets whichever worker is free seal them, so that one file keeps all of them busy.
 */
import { type Chunker, type ChunkerParams, createChunker } from '../objects/chunker.ts';
import type { Platform, Stat } from '../platform/platform.ts';
import { getPlatform } from '../platform/select.ts';
import { createAsideSha256 } from '../store/hash/aside.ts';
import { plainIds } from '../store/hash/ids.ts';
import { ID_LENGTH, type Id } from '../store/id.ts';
import type { Parcel } from './messages.ts';
import { assertFile, isAsExpected, readFully, sameStat, xattrsOrUndefined } from './read-file.ts';
import {
  type BlockJob,
  bit,
  type ClaimRequest,
  type FileNote,
  type LargeJob,
  type LargeResult,
  type RestartRequest,
  type SealSettings,
} from './seal-protocol.ts';
import type { Request } from './serve.ts';

const WINDOW_BYTES = 8 * 1024 * 1024;
/** One that is read and cut, two whose chunks are sealed. */
const WINDOWS = 3;
/**
 * Bytes that become one block; a chunk is never split. Of the 288 MB in files over 2 MiB of the Linux kernel:
 * a block for each chunk 11.22 MB, up to 1 MiB 10.77, 2 MiB 10.30, 4 MiB 9.79, which would take 10 MB of memory more.
 */
const BLOCK_BYTES = 2 * 1024 * 1024;

export async function sealLarge(job: LargeJob, settings: SealSettings, request: Request): Promise<Parcel> {
  const platform = getPlatform();
  const note: FileNote = { index: 0 };
  const payload: LargeResult = { digest: new Uint8Array(0), note };
  try {
    const fd = platform.openForRead(Buffer.from(job.path));
    try {
      // No further than it reaches now: a file that grows as fast as it is read would never end.
      let before = platform.fstat(fd);
      assertFile(before);
      let read = await readWindows(platform, fd, before.size, job.key, settings, request);
      let after = platform.fstat(fd);
      if (!wasStill(before, after, read)) {
        before = after;
        await request({ payload: { type: 'restart', key: job.key } satisfies RestartRequest });
        read = await readWindows(platform, fd, before.size, job.key, settings, request);
        after = platform.fstat(fd);
        if (!wasStill(before, after, read)) note.unstable = true;
      }
      payload.digest = read.digest;
      if (note.unstable || !isAsExpected(after, job.expected, 0)) note.stat = { ...after, size: read.size };
      const xattrs = xattrsOrUndefined(platform, fd);
      if (xattrs) note.xattrs = xattrs;
    } finally {
      platform.close(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    note.error = { code, message };
  }
  return { payload };
}

interface Window {
  bytes: Buffer<SharedArrayBuffer>;
  /** resolves when nobody reads it any more */
  used: Promise<unknown>;
}

/** Kept between files: new ones would be many pages to fault in, and as garbage they lie about for long. */
const spareWindows: Window['bytes'][] = [];

function takeWindows(bytes: number): Window[] {
  return Array.from({ length: WINDOWS }, () => {
    const spare = spareWindows.pop();
    const fits = spare?.length === bytes;
    return { bytes: fits ? spare : Buffer.from(new SharedArrayBuffer(bytes)), used: Promise.resolve() };
  });
}

interface ReadContent {
  /** SHA-256 */
  digest: Uint8Array;
  size: number;
}

/** The content that was read is that of one moment. */
function wasStill(before: Stat, after: Stat, { size }: ReadContent): boolean {
  return sameStat(before, after) && size === after.size;
}

/**
 * Windows take turns. While one is cut and its chunks are hashed, the SHA-256 of the whole goes on beside this thread, and the chunks of
 * those before are sealed. What is left of a window behind its last chunk moves to the front of the next.
 */
async function readWindows(
  platform: Platform,
  fd: number,
  size: number,
  key: number,
  settings: SealSettings,
  request: Request,
): Promise<ReadContent> {
  const cutter = new Cutter(settings.chunker);
  const windows = takeWindows(WINDOW_BYTES + settings.chunker.max);
  const whole = createAsideSha256();
  let hashed = Promise.resolve();
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  try {
    for (let turn = 0; ; turn++) {
      const window = windows[turn % WINDOWS]!;
      await window.used;
      const held = rest.copy(window.bytes);
      const wanted = Math.min(WINDOW_BYTES, size - position);
      const got = readFully(platform, fd, window.bytes.subarray(0, held + wanted), held, position, wanted);
      position += got;
      const end = held + got;
      const final = got < wanted || position === size;
      const fresh = window.bytes.subarray(held, end);
      hashed = hashed.then(() => whole.update(fresh));
      const cuts = cutter.cut(window.bytes, end, final);
      const wantedChunks = await claim(cuts, key, request);
      window.used = Promise.all([hashed, sealWanted(window.bytes, cuts, wantedChunks, request)]);
      if (final) break;
      rest = window.bytes.subarray(cuts.ends.at(-1) ?? 0, end);
    }
    await Promise.all(windows.map(({ used }) => used));
    return { digest: whole.digest(), size: position };
  } finally {
    // They are still read, also where the file could not be read on.
    await Promise.allSettled([hashed, ...windows.map(({ used }) => used)]);
    whole.free();
    spareWindows.push(...windows.map(({ bytes }) => bytes));
  }
}

/** The chunks that are complete in a window, from its beginning. */
interface Cuts {
  ends: number[];
  lengths: Uint32Array;
  /** n × 32 bytes */
  ids: Buffer;
}

/**
 * Cuts and hashes window after window. A chunk whose bytes are those of the one before it, as in long runs of zeros, is neither scanned
 * nor hashed: where a chunk ends is decided by its own bytes alone.
 */
class Cutter {
  readonly #chunker: Chunker;
  /** in the window before, which stays as it is until the next call */
  #last: { bytes: Buffer; id: Id } | undefined;

  constructor(params: ChunkerParams) {
    this.#chunker = createChunker(params);
  }

  cut(window: Buffer, end: number, final: boolean): Cuts {
    const ends: number[] = [];
    const fresh: Buffer[] = [];
    const isFresh: boolean[] = [];
    let before = this.#last?.bytes;
    for (let start = 0; start < end; ) {
      const repeats = before && startsWith(window, start, end, before);
      const cut = repeats ? start + before!.length : this.#chunker.next(window, start, end, final);
      if (cut <= start) break;
      before = window.subarray(start, cut);
      if (!repeats) fresh.push(before);
      isFresh.push(!repeats);
      ends.push(cut);
      start = cut;
    }
    const ids = this.#spread(plainIds.chunks(fresh), isFresh);
    this.#last = ends.length > 0 ? { bytes: before!, id: ids.at(-1)! } : undefined;
    const lengths = Uint32Array.from(ends, (end, i) => end - (ends[i - 1] ?? 0));
    return { ends, lengths, ids: Buffer.concat(ids) };
  }

  /** The id of every chunk: its own, or that of the one before it. */
  #spread(fresh: readonly Id[], isFresh: readonly boolean[]): Id[] {
    let last = this.#last?.id;
    let taken = 0;
    return isFresh.map((own) => {
      if (own) last = fresh[taken++]!;
      return last!;
    });
  }
}

function startsWith(window: Buffer, start: number, end: number, bytes: Buffer): boolean {
  return (
    end - start >= bytes.length && window.compare(bytes, 0, bytes.length, start, start + bytes.length) === 0
  );
}

/** A bitmap of the chunks that must be stored. */
async function claim({ ids, lengths }: Cuts, key: number, request: Request): Promise<Uint8Array> {
  const payload: ClaimRequest = { type: 'claim', key, ids, lengths };
  return (await request({ payload })) as Uint8Array;
}

/** Has the wanted chunks of a window sealed, several neighbours in a block. */
async function sealWanted(
  window: Buffer<SharedArrayBuffer>,
  { ends, lengths, ids }: Cuts,
  wanted: Uint8Array,
  request: Request,
): Promise<void> {
  const sealed: Promise<unknown>[] = [];
  for (let i = 0; i < ends.length; ) {
    if (!bit(wanted, i)) {
      i++;
      continue;
    }
    const first = i;
    const start = ends[i - 1] ?? 0;
    while (i < ends.length && bit(wanted, i) && (i === first || ends[i]! - start <= BLOCK_BYTES)) i++;
    const payload: BlockJob = {
      type: 'block',
      window: window.buffer,
      start,
      ids: Uint8Array.prototype.slice.call(ids, first * ID_LENGTH, i * ID_LENGTH),
      lengths: lengths.slice(first, i),
    };
    sealed.push(request({ payload }));
  }
  await Promise.all(sealed);
}
