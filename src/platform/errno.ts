/**
 * Errors shaped as Node's own: `code` (ENOENT), `errno` (negative), `syscall`, `path` and, for two names, `dest`.
 * `path` is for people: bytes that are no UTF-8 become U+FFFD.
 */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** libc's `errno` (positive) as an error. */
export function errnoError(
  errno: number,
  syscall: string,
  path?: Buffer,
  dest?: Buffer,
): NodeJS.ErrnoException & { dest?: string } {
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
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

/** The same from a name such as 'ENOTSUP'. */
export function codeError(
  code: string,
  syscall: string,
  path?: Buffer,
  dest?: Buffer,
): NodeJS.ErrnoException {
  const errno = (constants.errno as Record<string, number | undefined>)[code];
  if (errno === undefined) throw new TypeError(`unknown errno name ${code}`);
  return errnoError(errno, syscall, path, dest);
}

/** True for an errno error with one of `codes`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
