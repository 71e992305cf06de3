/** Names from a stream: a line each (quoted as git does where needed), or NUL-terminated with `-z`. */
import { unquoteBytes } from '../text/quoting.ts';
import { readRecords } from '../text/records.ts';

/**
 * In groups, each of what has come at once, so that whoever waits for an answer gets it.
 * @throws USAGE for a name longer than 16 MiB or badly quoted, and for a last one without its NUL, which may be cut off
 */
export async function* readNames(
  input: AsyncIterable<Uint8Array>,
  nul: boolean,
): AsyncGenerator<Buffer[], void, undefined> {
  const nameOf = nul ? (record: Buffer) => Buffer.from(record) : unquoteBytes;
  for await (const records of readRecords(input, nul)) yield records.map(nameOf);
}
