/** What the disk says while a restore writes, as the errors that callers see. */
import { type ErrorCode, VaultError } from '../../../errors.ts';
import type { RestoreFailure, RestoreReport } from './report.ts';

/** Names that an error tells besides the first; its details have more. */
const MOST_NAMED = 3;

const CODES: Record<string, ErrorCode> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
  EROFS: 'READ_ONLY',
};

const HINTS: Partial<Record<ErrorCode, string>> = {
  NO_SPACE: 'free some space, or restore to another disk with --to',
  PERMISSION: 'restore to a folder that you may write, with --to, or as another user',
  READ_ONLY: 'restore to another file system, with --to',
};

/** An overlay does not rename a folder of its lower layer: in a container, one of the image. */
const LAYERED_HINT = 'this file system does not move that folder: merge into it with --conflict=<policy>';

const RECORD_HINTS: typeof HINTS = {
  NO_SPACE: 'free some space there: what a restore does is written down before it is done',
  PERMISSION: 'see who may write there, or name another folder with --artifacts',
};

/**
 * @param what what was being done, as in "cannot <what>"
 * @param state what has become of the destination: one clause
 */
export function diskError(
  error: unknown,
  what: string,
  path: Buffer,
  state: string,
  hints = HINTS,
): VaultError {
  if (error instanceof VaultError) return error;
  const { code: errno = '', message } = error as NodeJS.ErrnoException;
  // Not a system call's failure but ours: it must be seen as it is.
  if (errno === '' || !/^E[A-Z0-9]+$/.test(errno)) throw error;
  const code = CODES[errno] ?? 'IO';
  const hint = errno === 'EXDEV' ? LAYERED_HINT : hints[code];
  // Paths below an open folder say nothing to a person, nor does how a dry run has found out.
  const reason = message.replace(/, (?:access '|\w+ '\/proc\/self\/fd\/).*'$/s, '');
  return new VaultError(code, `cannot ${what} ${path.toString()}: ${reason}; ${state}`, {
    subject: path.toString(),
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

/** What to throw when a run cannot write down what it does, which may be on another disk than its destination. */
export function recordError(error: unknown, path: Buffer): VaultError {
  return diskError(error, 'write', path, 'what was there is untouched', RECORD_HINTS);
}

/**
 * What to throw when contents are missing and that is not to be accepted; its cause is the first object that is not there, where nothing
 * else is wrong.
 * @param isFolder what is restored: of a folder a part is better than nothing
 */
export function incomplete(
  { failureCount, failures, failuresByCode, missing }: RestoreReport,
  destination: Buffer,
  isFolder: boolean,
): VaultError {
  const [{ path, message }, ...others] = failures as [RestoreFailure, ...RestoreFailure[]];
  const what = failureCount === 1 ? 'one name' : `${failureCount} names`;
  const [code, hint] = reasonOf(failuresByCode);
  return new VaultError(
    code,
    `${what} could not be restored, first ${path.toString() || 'the root'}: ${message}; ` +
      `${furtherNames(others, failureCount - 1)}${destination.toString()} is untouched`,
    {
      subject: path.toString(),
      hint: isFolder ? `${hint}; --partial restores what there is` : hint,
      details: failures.map((failure) => ({ ...failure, path: failure.path.toString() })),
      cause: missing,
    },
  );
}

/** `then b.txt, c.txt and 4 more; `, nothing for none. */
function furtherNames(failures: readonly RestoreFailure[], count: number): string {
  if (count === 0) return '';
  const names = failures.slice(0, MOST_NAMED).map(({ path }) => path.toString());
  const more = count - names.length;
  return `then ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}; `;
}

function reasonOf(failures: ReadonlyMap<string, number>): [code: ErrorCode, hint: string] {
  if (failures.has('DAMAGED') || failures.has('MISSING_OBJECT')) {
    return [
      'DAMAGED',
      'run `vault check` to see what is affected; other snapshots may hold these files whole',
    ];
  }
  if (failures.has('UNKNOWN_FORMAT')) return ['UNKNOWN_FORMAT', 'use a newer version of vault'];
  if (failures.has('EEXIST') || failures.has('REFUSED')) {
    return ['REFUSED', 'restore to another file system with --to, or one of the names with REV:PATH'];
  }
  return ['IO', 'restore to another file system with --to'];
}
