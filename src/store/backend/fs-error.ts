/**
 * Errno errors of a store's folder as `VaultError`s.
 */
import { type ErrorCode, VaultError } from '../../errors.ts';

const CODES: Record<string, [code: ErrorCode, hint: string]> = {
  ENOSPC: ['NO_SPACE', 'free some space and run the command again; what was stored before is safe'],
  EDQUOT: [
    'NO_SPACE',
    'raise the quota or free some space and run the command again; what was stored before is safe',
  ],
  EROFS: ['READ_ONLY', 'the file system is mounted read-only; it can be listed and restored from'],
  // Read-only file systems of FUSE (fuseiso, squashfuse) have no call for what writes.
  ENOSYS: ['READ_ONLY', 'this file system cannot be written; it can be listed and restored from'],
  EACCES: ['PERMISSION', 'check the owner and mode of the folder, or run as the user who owns the vault'],
  EPERM: ['PERMISSION', 'check the owner, mode and attributes (`lsattr`) of the folder'],
};

const OTHER: [ErrorCode, string] = ['IO', 'check the disk and its mount, then run `vault check`'];

/** The errno name (`ENOENT`, …) of a failed system call, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** `error` as it is if it is a `VaultError`, else "cannot <action> <path>: <errno>". */
export function ioError(error: unknown, action: string, path: string): VaultError {
  if (error instanceof VaultError) return error;
  const errno = errnoOf(error);
  const [code, hint] = CODES[errno ?? ''] ?? OTHER;
  const reason = errno ?? (error instanceof Error ? error.message : String(error));
  return new VaultError(code, `cannot ${action} ${path}: ${reason}`, { hint, subject: path, cause: error });
}
