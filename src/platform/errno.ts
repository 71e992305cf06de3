/**
 * Errors shaped as Node's own: `code` (ENOENT), `errno` (negative), `syscall`, `path` and, for two names, `dest`.
 * `path` is for people: bytes that are no UTF-8 become U+FFFD.
 */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** errno(3), x86_64 and arm64: what file systems answer and neither libuv nor Node has a name or a text for. */
const MORE: [errno: number, code: string, text: string][] = [
  [116, 'ESTALE', 'stale file handle'],
  [117, 'EUCLEAN', 'structure needs cleaning'],
  [121, 'EREMOTEIO', 'remote i/o error'],
  [122, 'EDQUOT', 'disk quota exceeded'],
  [123, 'ENOMEDIUM', 'no medium found'],
  [126, 'ENOKEY', 'required key not available'],
];

/** libc's `errno` (positive) as an error. */
export function errnoError(
  errno: number,
  syscall: string,
  path?: Buffer,
  dest?: Buffer,
): NodeJS.ErrnoException & { dest?: string } {
  const [code, text] = nameOf(errno);
  let message = `${code}: ${text}, ${syscall}`;
  if (path !== undefined) message += ` '${path.toString()}'`;
  if (dest !== undefined) message += ` -> '${dest.toString()}'`;
  const error: NodeJS.ErrnoException & { dest?: string } = new Error(message);
  error.errno = -errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path.toString();
  if (dest !== undefined) error.dest = dest.toString();
  return error;
}

function nameOf(errno: number): [code: string, text: string] {
  const known = getSystemErrorMap().get(-errno);
  if (known !== undefined) return known;
  const more = MORE.find(([number]) => number === errno);
  return more === undefined ? [`E${errno}`, 'unknown error'] : [more[1], more[2]];
}

/** The same from a name such as 'ENOTSUP'. */
export function codeError(
  code: string,
  syscall: string,
  path?: Buffer,
  dest?: Buffer,
): NodeJS.ErrnoException {
  const known = (constants.errno as Record<string, number | undefined>)[code];
  const errno = known ?? MORE.find(([, name]) => name === code)?.[0];
  if (errno === undefined) throw new TypeError(`unknown errno name ${code}`);
  return errnoError(errno, syscall, path, dest);
}

/** True for an errno error with one of `codes`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether `act` was done; false where it failed with one of `codes`. @throws whatever else it fails with */
export function unlessCode(codes: readonly string[], act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (hasCode(error, ...codes)) return false;
    throw error;
  }
}
