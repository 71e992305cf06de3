/** The folder the command runs in, as bytes: neither `process.cwd` nor `chdir` can spell a name that is not UTF-8. */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { VaultError } from '../../errors.ts';
import { bytesOf } from './argv.ts';

/** @throws BAD_PATH when the folder has been removed under us */
export function currentFolder(): Buffer {
  try {
    if (process.platform === 'linux') return readlinkSync('/proc/self/cwd', 'buffer');
    return Buffer.from(process.cwd());
  } catch (cause) {
    throw new VaultError('BAD_PATH', 'the current folder is gone', {
      hint: 'change to one that exists',
      cause,
    });
  }
}

/**
 * `-C`: `argument` is relative to where we are; empty stays here.
 * @throws BAD_PATH
 */
export function changeFolder(argument: string): void {
  if (argument === '') return;
  try {
    if (argument.isWellFormed()) process.chdir(argument);
    else changeByDescriptor(bytesOf(argument));
  } catch (cause) {
    const reason = REASONS[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be entered';
    throw new VaultError('BAD_PATH', `${argument} ${reason}`, {
      hint: '-C takes an existing folder',
      subject: argument,
      cause,
    });
  }
}

const REASONS: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is not a folder' };

function changeByDescriptor(path: Buffer): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    process.chdir(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
