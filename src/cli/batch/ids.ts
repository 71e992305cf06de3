/**
 * `cat-object --batch-check` of whole ids in the default format, the common case: a line in, a line out, without an object for each. The
 * ids of chunks in packs that much was found in lately are answered here; everything else is asked as any batch asks.
 */
import { answerObjects, type BatchOptions, type ObjectAnswer, type Repository } from '../../index.ts';
import { type BatchLine, nameRequest } from './input.ts';
import type { BatchOutput, BatchPrinter } from './output.ts';

/** Lines looked up in one go. What the first of them find out about packs helps the next. */
const SLICE = 128;

const ID_DIGITS = 64;
const ID_LENGTH = 32;
const BLOB = Buffer.from(' blob ');
/** BLOB, a size of up to 10 digits, and the line's end. */
const MOST_ADDED = 17;

export interface CheckOptions {
  /** ends each answer */
  end: '\n' | '\0';
  /** flush at the end only */
  buffered: boolean;
  answering: BatchOptions;
}

/** @param records lines, in groups as they arrive: each group is answered before the next is taken */
export async function checkIds(
  vault: Repository,
  records: AsyncIterable<readonly Buffer[]>,
  printer: BatchPrinter,
  output: BatchOutput,
  options: CheckOptions,
): Promise<void> {
  for await (const group of records) {
    for (let start = 0; start < group.length; start += SLICE) {
      options.answering.signal?.throwIfAborted();
      await answer(vault, group.slice(start, start + SLICE), printer, output, options);
    }
    if (!options.buffered) await output.flush();
  }
}

async function answer(
  vault: Repository,
  records: readonly Buffer[],
  printer: BatchPrinter,
  output: BatchOutput,
  options: CheckOptions,
): Promise<void> {
  const lengths = vault.store.chunkLengths(decodeIds(records));
  const others = await askOthers(vault, records, lengths, options.answering);
  const answers = Buffer.allocUnsafeSlow(records.length * (ID_DIGITS + MOST_ADDED));
  const end = options.end.charCodeAt(0);
  let from = 0;
  let to = 0;
  let other = 0;
  for (let i = 0; i < records.length; ) {
    if (lengths[i] !== 0) {
      to = writeAnswer(answers, to, records[i]!, lengths[i]!, end);
      i++;
      continue;
    }
    await output.print(answers.subarray(from, to));
    from = to;
    const first = other;
    for (; i < records.length && lengths[i] === 0; i++) other++;
    await printer.print(others.slice(first, other));
  }
  await output.print(answers.subarray(from, to));
}

/** The answers to those that have no length, in order. */
async function askOthers(
  vault: Repository,
  records: readonly Buffer[],
  lengths: Uint32Array,
  options: BatchOptions,
): Promise<ObjectAnswer<BatchLine>[]> {
  const requests = records.filter((_, i) => lengths[i] === 0).map((name) => nameRequest(name, false));
  if (requests.length === 0) return [];
  const answers: ObjectAnswer<BatchLine>[] = [];
  for await (const some of answerObjects(vault, once(requests), options)) answers.push(...some);
  return answers;
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** n × 32 bytes: zeros for what is no id of 64 lower-case digits, which is the id of nothing. */
function decodeIds(records: readonly Buffer[]): Buffer {
  const ids = Buffer.alloc(records.length * ID_LENGTH);
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record.length !== ID_DIGITS || !decodeId(record, ids, i * ID_LENGTH)) {
      ids.fill(0, i * ID_LENGTH, (i + 1) * ID_LENGTH);
    }
  }
  return ids;
}

function decodeId(digits: Buffer, ids: Buffer, at: number): boolean {
  let valid = 0;
  for (let i = 0; i < ID_LENGTH; i++) {
    const high = VALUES[digits[2 * i]!]!;
    const low = VALUES[digits[2 * i + 1]!]!;
    valid |= high | low;
    ids[at + i] = (high << 4) | low;
  }
  return valid < INVALID;
}

/** Above all digits' values; its bit is in no digit's. */
const INVALID = 0x10;

/** What a byte is worth as a digit. */
const VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return value < 0 ? INVALID : value;
});

/** `<id> blob <size>` and its end; where it ends. */
function writeAnswer(target: Buffer, start: number, id: Buffer, size: number, end: number): number {
  target.set(id, start);
  target.set(BLOB, start + ID_DIGITS);
  let at = start + ID_DIGITS + BLOB.length;
  let digit = 1;
  while (size / digit >= 10) digit *= 10;
  for (; digit >= 1; digit /= 10) target[at++] = ZERO + (Math.floor(size / digit) % 10);
  target[at++] = end;
  return at;
}

const ZERO = 0x30;
