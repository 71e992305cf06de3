/** What ends a scan: a root that cannot be read, and what no walk would go into. */
import { VaultError } from '../../errors.ts';
import { quote } from '../../objects/names.ts';
import { MAX_WALK_DEPTH } from '../../objects/walk.ts';

/** Gone since it was listed: then it is simply not there. */
export function isGone(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** @throws BAD_PATH, PERMISSION or IO when the folder itself cannot be read: then there is nothing to record */
export function readRoot<T>(path: Buffer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new VaultError(
      isGone(code) ? 'BAD_PATH' : denied ? 'PERMISSION' : 'IO',
      `the folder ${quote(path)} cannot be read: ${withoutCall(message)}`,
      {
        subject: path.toString(),
        hint: denied ? 'run as a user who may read it' : 'check that it is there, and mounted',
        cause,
      },
    );
  }
}

/** `ENOENT: no such file or directory, lstat '/a'` in its middle: the path is said, the code is the cause's. */
function withoutCall(message: string): string {
  return message.replace(/^[A-Z0-9]+: /, '').replace(/, \w+ '.*'$/s, '');
}

/** A snapshot must not hold what no walk would go into. No real tree comes near, and a loop of bind mounts would never end. */
export function tooDeep(relative: Buffer): VaultError {
  return new VaultError('REFUSED', `folders are nested more than ${MAX_WALK_DEPTH} deep`, {
    subject: relative.toString(),
    hint: 'exclude the folder, or look for a loop of mounts',
  });
}
