/**
 * Seals one large file in windows. This thread reads, cuts and hashes; the bytes of new chunks go back to the main
 * thread, which gives them to whichever worker is free, so that one file keeps all of them busy.
 */
import { createHash } from 'node:crypto';
import { createChunker } from '../objects/chunker.ts';
import type { Platform, Stat } from '../platform/platform.ts';
import { getPlatform } from '../platform/select.ts';
import { ID_LENGTH } from '../store/id.ts';
import { plainIds } from '../store/ids.ts';
import type { Parcel } from './pool.ts';
import { assertFile, isAsExpected, readFully, sameStat, xattrsOrUndefined } from './read-file.ts';
import {
  bit,
  type ClaimRequest,
  type FileNote,
  type LargeJob,
  type LargeResult,
  type RawRequest,
  type RestartRequest,
  type SealSettings,
} from './seal-protocol.ts';
import type { Request } from './serve.ts';

const WINDOW_BYTES = 8 * 1024 * 1024;
/**
 * Bytes handed over at once, which become one block; a chunk is never split. Of the 288 MB in files over 2 MiB of the Linux kernel:
 * a block for each chunk 11.22 MB, up to 1 MiB 10.77, 2 MiB 10.30, 4 MiB 9.79, which would take 10 MB of memory more.
 */
const RAW_BYTES = 2 * 1024 * 1024;

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

interface ReadContent {
  /** SHA-256 */
  digest: Uint8Array;
  size: number;
}

/** The content that was read is that of one moment. */
function wasStill(before: Stat, after: Stat, { size }: ReadContent): boolean {
  return sameStat(before, after) && size === after.size;
}

/** Two windows' worth: what is left of the last window moves to the front, the next one is read behind it. */
async function readWindows(
  platform: Platform,
  fd: number,
  size: number,
  key: number,
  settings: SealSettings,
  request: Request,
): Promise<ReadContent> {
  const chunker = createChunker(settings.chunker);
  const window = Buffer.allocUnsafeSlow(WINDOW_BYTES + settings.chunker.max);
  const whole = createHash('sha256');
  let held = 0;
  let position = 0;
  for (;;) {
    const wanted = Math.min(WINDOW_BYTES, size - position);
    const got = readFully(platform, fd, window.subarray(0, held + wanted), held, position, wanted);
    whole.update(window.subarray(held, held + got));
    position += got;
    const end = held + got;
    const final = got < wanted || position === size;
    const cuts = cutWindow(chunker, window, end, final);
    if (cuts.length > 0) await deliver(window, cuts, key, request);
    if (final) return { digest: whole.digest(), size: position };
    const rest = cuts.at(-1) ?? 0;
    window.copyWithin(0, rest, end);
    held = end - rest;
  }
}

/** Ends of the chunks that are complete in `window[0…end]`. */
function cutWindow(
  chunker: ReturnType<typeof createChunker>,
  window: Buffer,
  end: number,
  final: boolean,
): number[] {
  const cuts: number[] = [];
  let start = 0;
  while (start < end) {
    const cut = chunker.next(window, start, end, final);
    if (cut <= start) break;
    cuts.push(cut);
    start = cut;
  }
  return cuts;
}

/** Claims the chunks of a window and hands over the bytes of those that are wanted. */
async function deliver(window: Buffer, cuts: number[], key: number, request: Request): Promise<void> {
  const ids = Buffer.allocUnsafeSlow(cuts.length * ID_LENGTH);
  const lengths = new Uint32Array(cuts.length);
  const chunks = cuts.map((cut, i) => window.subarray(i === 0 ? 0 : cuts[i - 1]!, cut));
  for (const [i, id] of plainIds.chunks(chunks).entries()) {
    id.copy(ids, i * ID_LENGTH);
    lengths[i] = chunks[i]!.length;
  }
  const claim: ClaimRequest = { type: 'claim', key, ids, lengths };
  const wanted = (await request({ payload: claim })) as Uint8Array;
  let i = 0;
  while (i < cuts.length) {
    if (!bit(wanted, i)) {
      i++;
      continue;
    }
    const first = i;
    const start = i === 0 ? 0 : cuts[i - 1]!;
    while (i < cuts.length && bit(wanted, i) && (i === first || cuts[i]! - start <= RAW_BYTES)) i++;
    const raw = Uint8Array.prototype.slice.call(window, start, cuts[i - 1]!);
    const payload: RawRequest = {
      type: 'raw',
      raw,
      ids: Uint8Array.prototype.slice.call(ids, first * ID_LENGTH, i * ID_LENGTH),
      lengths: lengths.slice(first, i),
    };
    await request({ payload, transfer: [raw.buffer as ArrayBuffer] });
  }
}
