/** `renameNoReplace` where the system cannot do it in one step. */
import { Kind } from '../objects/model.ts';
import { codeError, hasCode } from './errno.ts';
import type { Platform } from './platform.ts';

type Calls = Pick<Platform, 'lstat' | 'link' | 'unlink'> & { rename(from: Buffer, to: Buffer): void };

/**
 * A second name and the removal of the first are atomic for all but folders; a folder (and a file where there are no
 * hard links) is looked for first, which leaves a moment in which somebody else's `to` would be replaced.
 */
export function renameNoReplaceInSteps(calls: Calls, from: Buffer, to: Buffer): void {
  if (calls.lstat(from).kind !== Kind.dir && linked(calls, from, to)) {
    calls.unlink(from);
    return;
  }
  if (exists(calls, to)) throw codeError('EEXIST', 'rename', from, to);
  calls.rename(from, to);
}

function linked(calls: Calls, from: Buffer, to: Buffer): boolean {
  try {
    calls.link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) return false;
    throw error;
  }
}

function exists(calls: Calls, path: Buffer): boolean {
  try {
    calls.lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
