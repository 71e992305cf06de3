/** Absolute paths as bytes. Lexical, as a shell's `cd` and Node's `path` are: `..` removes the name before it. */
import { VaultError } from '../../errors.ts';

const SLASH = 0x2f;

/**
 * `path` seen from the absolute folder `from`: absolute, without `.`, `..`, empty names and a slash at the end.
 * @throws USAGE for an empty one, which a script's variable may be that was never set: it is not taken for the folder
 */
export function resolveBytes(from: Buffer, path: Buffer): Buffer {
  if (path.length === 0) {
    throw new VaultError('USAGE', 'an empty path names nothing', { hint: 'write . for the current folder' });
  }
  const whole = path[0] === SLASH ? path : Buffer.concat([from, Buffer.of(SLASH), path]);
  const kept: Buffer[] = [];
  for (const name of splitNames(whole)) {
    const text = name.toString('latin1');
    if (text === '..') kept.pop();
    else if (text !== '.') kept.push(name);
  }
  return Buffer.concat(
    kept.length === 0 ? [Buffer.of(SLASH)] : kept.flatMap((name) => [Buffer.of(SLASH), name]),
  );
}

function splitNames(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let start = 0; start <= path.length; ) {
    const end = path.indexOf(SLASH, start);
    const stop = end === -1 ? path.length : end;
    if (stop > start) names.push(path.subarray(start, stop));
    start = stop + 1;
  }
  return names;
}

export function joinBytes(folder: Buffer, name: string): Buffer {
  return Buffer.concat([folder, Buffer.from(folder.at(-1) === SLASH ? name : `/${name}`)]);
}

/** The folder an absolute path lies in; `/` lies in itself. */
export function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf(SLASH);
  return slash <= 0 ? Buffer.of(SLASH) : path.subarray(0, slash);
}

/** True when `path` is `folder` or lies below it; both absolute and resolved. */
export function liesIn(path: Buffer, folder: Buffer): boolean {
  if (folder.length === 1) return true;
  if (!path.subarray(0, folder.length).equals(folder)) return false;
  return path.length === folder.length || path[folder.length] === SLASH;
}
