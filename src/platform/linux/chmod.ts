/** chmod without following a symlink: fchmodat2(2) where the kernel has it (Linux 6.6), else by way of a descriptor. */
import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import { Kind } from '../../objects/model.ts';
import { codeError } from '../errno.ts';
import type { PlatformReading } from '../platform.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, type Libc, O_CLOEXEC, O_PATH } from './libc.ts';
import type { PathArguments } from './path-arguments.ts';

const FLAGS = O_PATH | O_CLOEXEC | constants.O_NOFOLLOW;

export function chmodNoFollow(
  libc: Libc,
  paths: PathArguments,
  reading: PlatformReading,
  path: Buffer,
  mode: number,
): void {
  const result = libc.fchmodat2(AT_FDCWD, paths.first(path), mode, AT_SYMLINK_NOFOLLOW);
  const errno = result === -1 ? libc.errno() : 0;
  // Sandboxes answer EPERM to system calls they do not know; the second way then tells whether it was meant.
  if (errno !== os.errno.ENOSYS && errno !== os.errno.EPERM) {
    paths.done(result, 'chmod', path);
    return;
  }
  paths.release();
  const fd = paths.done(libc.openat(AT_FDCWD, paths.first(path), FLAGS, 0), 'open', path);
  try {
    // An O_PATH descriptor is refused by fchmod(2); its name under /proc is not, but would follow a symlink.
    if (reading.fstat(fd).kind === Kind.symlink) throw codeError('ENOTSUP', 'chmod', path);
    const self = paths.first(Buffer.from(`/proc/self/fd/${fd}`));
    paths.done(libc.fchmodat(AT_FDCWD, self, mode, 0), 'chmod', path);
  } finally {
    libc.close(fd);
  }
}
