/**
 * Paths as C strings. A path is copied into scratch memory that is reused, one slot for each of the two paths a call
 * can take. The kernel refuses paths of PATH_MAX bytes and more (path_resolution(7)), though folders may lie that
 * deep: their leading parts are opened one after the other with O_PATH, and the call gets `/proc/self/fd/<n>/<rest>`,
 * which serves calls that have no `…at` variant too. Such descriptors live until `done`.
 */
import { constants } from 'node:fs';
import { codeError, errnoError } from '../errno.ts';
import { AT_FDCWD, type Libc, O_CLOEXEC, O_PATH, PATH_MAX } from './libc.ts';
import { splitOpenFolder } from './open-folder-paths.ts';
import { type Scratch, scratch } from './scratch.ts';

/** Longest part given to the kernel at once: with `/proc/self/fd/2147483647/` and NUL it still fits PATH_MAX. */
const PART_MAX = 4_000;
const SLASH = 0x2f;
const PART_FLAGS = O_PATH | O_CLOEXEC | constants.O_DIRECTORY;

export class PathArguments {
  private readonly libc: Libc;
  private readonly slots: [Scratch, Scratch];
  private held: number[] = [];
  /** for what `firstIn` has returned last */
  folder = AT_FDCWD;

  constructor(libc: Libc) {
    this.libc = libc;
    this.slots = [scratch(libc, PATH_MAX), scratch(libc, PATH_MAX)];
  }

  /** Address of `path` as a C string, valid until the next `first`. */
  first(path: Buffer): number {
    return this.place(this.slots[0], path);
  }

  /**
   * As `first`, for a call that takes a folder besides: `folder`, which the path at the address is relative to. The way through
   * /proc costs the kernel 2 µs more.
   */
  firstIn(path: Buffer): number {
    const split = path.length < PATH_MAX ? splitOpenFolder(path) : undefined;
    this.folder = split?.folder ?? AT_FDCWD;
    return this.first(path) + (split?.start ?? 0);
  }

  /** As `first` for a call's second path. */
  second(path: Buffer): number {
    return this.place(this.slots[1], path);
  }

  /** Address of a text that is no path to look up, such as a symlink's target, in the first slot. */
  text(bytes: Buffer): number {
    if (bytes.length >= PATH_MAX) throw codeError('ENAMETOOLONG', 'symlink', bytes);
    return this.place(this.slots[0], bytes);
  }

  /** What the call returned, which `first` and `second` prepared; −1 throws errno as an error naming `syscall` and the paths. */
  done(result: number, syscall: string, path: Buffer, dest?: Buffer): number {
    if (result !== -1 && this.held.length === 0) return result;
    const errno = result === -1 ? this.libc.errno() : 0;
    this.release();
    if (errno !== 0) throw errnoError(errno, syscall, path, dest);
    return result;
  }

  /** For those who look at the result themselves, in place of `done`. */
  release(): void {
    for (const fd of this.held) this.libc.close(fd);
    this.held.length = 0;
  }

  private place(slot: Scratch, path: Buffer): number {
    // A NUL would cut the path short and name something else.
    if (path.includes(0)) {
      this.release();
      throw codeError('EINVAL', 'path', path);
    }
    const { memory, pointer } = slot;
    const { length } = path;
    if (length >= PATH_MAX) return this.placeLong(slot, path);
    memory.set(path);
    memory[length] = 0;
    return pointer;
  }

  private placeLong(slot: Scratch, path: Buffer): number {
    const { memory, pointer } = slot;
    let directory = AT_FDCWD;
    let start = 0;
    while (path.length - start > PART_MAX) {
      const cut = path.lastIndexOf(SLASH, start + PART_MAX);
      if (cut <= start) {
        this.release();
        throw codeError('ENAMETOOLONG', 'open', path);
      }
      memory.set(path.subarray(start, cut));
      memory[cut - start] = 0;
      const next = this.libc.openat(directory, pointer, PART_FLAGS, 0);
      const errno = next === -1 ? this.libc.errno() : 0;
      if (directory !== AT_FDCWD) this.libc.close(directory);
      if (next === -1) {
        this.release();
        throw errnoError(errno, 'open', path);
      }
      directory = next;
      start = cut + 1;
    }
    this.held.push(directory);
    const prefix = memory.write(`/proc/self/fd/${directory}/`, 'latin1');
    memory.set(path.subarray(start), prefix);
    memory[prefix + path.length - start] = 0;
    return pointer;
  }
}
