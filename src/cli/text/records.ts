/** Lines of a stream, or what NULs end: all that has come, at once, so that whoever asks in between is answered. */
import { VaultError } from '../../errors.ts';
import { printable } from './quoting.ts';

/** Longer than any line that means something. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The records without what ends them, in groups as they arrive. They are views of what was read.
 * @param allEnd a last one without its end is refused, since it may be cut off; else it counts. NULs end all unless this says otherwise
 * @throws USAGE for a record longer than 16 MiB, and for one that may be cut off
 */
export async function* readRecords(
  input: AsyncIterable<Uint8Array>,
  nul: boolean,
  { allEnd = nul }: { allEnd?: boolean } = {},
): AsyncGenerator<Buffer[], void, undefined> {
  const end = nul ? 0 : 0x0a;
  let rest: Buffer[] = [];
  let restLength = 0;
  for await (const piece of input) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const records: Buffer[] = [];
    let start = 0;
    for (let at = bytes.indexOf(end); at >= 0; at = bytes.indexOf(end, start)) {
      const record = bytes.subarray(start, at);
      records.push(restLength > 0 ? Buffer.concat([...rest, record]) : record);
      rest = [];
      restLength = 0;
      start = at + 1;
    }
    if (records.length > 0) yield records;
    if (start === bytes.length) continue;
    rest.push(bytes.subarray(start));
    restLength += bytes.length - start;
    if (restLength > MOST_BYTES)
      throw new VaultError('USAGE', 'a line on standard input is longer than 16 MiB');
  }
  if (restLength === 0) return;
  const last = Buffer.concat(rest);
  if (allEnd) throw cutOff(last, nul);
  yield [last];
}

/** Bytes of a record that a message shows. */
const SHOWN = 200;

/** Standard input that ends within a record. */
function cutOff(record: Buffer, nul: boolean): VaultError {
  const text = JSON.stringify(shownRecord(record));
  return new VaultError(
    'USAGE',
    `standard input ends within ${text}: its last ${nul ? 'NUL' : 'line end'} is missing`,
    {
      hint: 'what made it may have been cut off; nothing was changed',
    },
  );
}

/** The beginning of a record for a message. */
export function shownRecord(record: Buffer): string {
  return printable(record.toString('utf8', 0, SHOWN));
}
