/** Names from a stream: a line each (quoted as git does where needed), or NUL-terminated with `-z`. */
import { VaultError } from '../errors.ts';
import { unquote } from './quoting.ts';
import { cutOff } from './records.ts';

/** A longer one is no name that a file system has. */
const MOST_BYTES = 64 * 1024;

/** @throws USAGE for a name longer than 64 KiB or badly quoted, and for a last one without its NUL, which may be cut off */
export async function* readNames(input: AsyncIterable<Uint8Array>, nul: boolean): AsyncGenerator<Buffer> {
  const end = nul ? 0 : 0x0a;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of input) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let start = 0;
    for (let at = rest.indexOf(end); at >= 0; at = rest.indexOf(end, start)) {
      yield nameOf(rest.subarray(start, at), nul);
      start = at + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > MOST_BYTES)
      throw new VaultError('USAGE', 'a name on standard input is longer than 64 KiB');
  }
  if (rest.length === 0) return;
  if (nul) throw cutOff(rest, nul);
  yield nameOf(rest, nul);
}

function nameOf(bytes: Buffer, nul: boolean): Buffer {
  if (nul || bytes[0] !== 0x22) return Buffer.from(bytes);
  return unquote(bytes.toString());
}
