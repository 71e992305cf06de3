/** What the disk says while a restore writes, as the errors that callers see. */
import { type ErrorCode, VaultError } from '../errors.ts';

const CODES: Record<string, ErrorCode> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
  EROFS: 'PERMISSION',
};

const HINTS: Partial<Record<ErrorCode, string>> = {
  NO_SPACE: 'free some space, or restore to another disk with --to',
  PERMISSION: 'restore to a folder that you may write, with --to, or as another user',
};

/**
 * @param what what was being done, as in "cannot <what>"
 * @param state what has become of the destination: one clause
 */
export function diskError(error: unknown, what: string, path: Buffer, state: string): VaultError {
  if (error instanceof VaultError) return error;
  const { code: errno = '', message } = error as NodeJS.ErrnoException;
  // Not a system call's failure but ours: it must be seen as it is.
  if (errno === '' || !/^E[A-Z0-9]+$/.test(errno)) throw error;
  const code = CODES[errno] ?? 'IO';
  const hint = HINTS[code];
  return new VaultError(code, `cannot ${what} ${path.toString()}: ${message}; ${state}`, {
    subject: path.toString(),
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
