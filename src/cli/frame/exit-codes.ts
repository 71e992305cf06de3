/**
 * The one table from errors to exit codes; the same with and without `--json`.
 *
 * 0 ok · 1 "no": differs, not found, no or several matches · 2 usage · 3 done, but something could not be read ·
 * 4 damage found · 5 disk or I/O · 6 remote storage · 7 lost race, retry · 8 refused for safety ·
 * 9 newer or unknown format · 10 no vault here · 11 busy · 12 wrong passphrase or key · 70 unexpected or bug ·
 * 130 interrupted. A reader that closes the pipe early has had enough: that is 0.
 */
import { type ErrorCode, VaultError } from '../../errors.ts';

export const Exit = {
  ok: 0,
  no: 1,
  usage: 2,
  partial: 3,
  damage: 4,
  io: 5,
  remote: 6,
  lostRace: 7,
  refused: 8,
  format: 9,
  noVault: 10,
  busy: 11,
  key: 12,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];

const EXIT_OF: Record<ErrorCode, ExitCode> = {
  NOT_FOUND: Exit.no,
  AMBIGUOUS: Exit.no,
  USAGE: Exit.usage,
  BAD_PATH: Exit.usage,
  WRONG_TYPE: Exit.usage,
  DAMAGED: Exit.damage,
  MISSING_OBJECT: Exit.damage,
  IO: Exit.io,
  NO_SPACE: Exit.io,
  READ_ONLY: Exit.io,
  PERMISSION: Exit.io,
  REMOTE: Exit.remote,
  LOST_RACE: Exit.lostRace,
  REFUSED: Exit.refused,
  UNKNOWN_FORMAT: Exit.format,
  NO_VAULT: Exit.noVault,
  BUSY: Exit.busy,
  BAD_KEY: Exit.key,
  ABORTED: Exit.interrupted,
  BUG: Exit.bug,
};

/** An errno that reaches the user unwrapped: Node's own error of a system call. */
const CODE_OF_ERRNO: Record<string, ErrorCode> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EROFS: 'READ_ONLY',
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
};

/** The code of anything that was thrown: a VaultError's own, an errno's, else `BUG`. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof VaultError) return error.code;
  const { code, syscall, name } = error as { code?: unknown; syscall?: unknown; name?: unknown };
  if (name === 'AbortError') return 'ABORTED';
  if (typeof code === 'string' && typeof syscall === 'string') return CODE_OF_ERRNO[code] ?? 'IO';
  return 'BUG';
}

export function exitCodeOf(code: ErrorCode): ExitCode {
  return EXIT_OF[code];
}
