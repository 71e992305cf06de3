/**
 * The one error type of the library.
 *
 * Every failure that a caller can act on is a `VaultError`: a stable code (which `src/cli/frame/exit-codes.ts` maps
 * to an exit code), a message that names the object or path, a hint with the next step, and the cause.
 */

export type ErrorCode =
  | 'NOT_FOUND' // a revision, object, path or tag that matches nothing
  | 'AMBIGUOUS' // an abbreviation or a name that matches several
  | 'USAGE' // arguments that make no sense
  | 'BAD_PATH' // a path outside the vault's folder, a path into a file
  | 'WRONG_TYPE' // an object of another type than asked for
  | 'DAMAGED' // stored bytes that are not what they must be
  | 'MISSING_OBJECT' // an object that another one names is in no pack
  | 'IO' // the local disk said no
  | 'NO_SPACE'
  | 'READ_ONLY' // the vault cannot be written
  | 'PERMISSION'
  | 'REMOTE' // remote storage said no
  | 'LOST_RACE' // another writer was first; trying again may help
  | 'REFUSED' // refused for safety
  | 'UNKNOWN_FORMAT' // newer or unknown format
  | 'NO_VAULT' // no vault here
  | 'BUSY' // somebody else holds it
  | 'BAD_KEY' // wrong passphrase or key
  | 'ABORTED' // the caller's AbortSignal
  | 'BUG'; // an assertion of ours failed

export interface VaultErrorOptions {
  /** What the user can do next: one sentence, no trailing full stop. */
  hint?: string;
  /** The object, path, ref or key concerned, for programs. */
  subject?: string;
  /** Candidates of an ambiguity and the like; plain JSON. */
  details?: unknown;
  cause?: unknown;
}

export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly subject: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: VaultErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.subject = options.subject;
    this.details = options.details;
  }
}

/** True for a `VaultError`, with one of `codes` where any are given. */
export function isVaultError(error: unknown, ...codes: ErrorCode[]): error is VaultError {
  return error instanceof VaultError && (codes.length === 0 || codes.includes(error.code));
}

/** An assertion that stays on at run time: a protocol rule or an internal invariant. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition)
    throw new VaultError('BUG', message, { hint: 'this is a bug in vault; nothing was changed' });
}
