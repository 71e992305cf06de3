/** Extended attributes (xattr(7), listxattr(2), getxattr(2)): of a path without following it, and of a descriptor. */
import { constants as os } from 'node:os';
import { codeError, errnoError } from '../errno.ts';
import type { PlatformXattr } from '../platform.ts';
import { type Libc, XATTR_LIST_MAX, XATTR_NAME_MAX, XATTR_SIZE_MAX } from './libc.ts';
import { type Scratch, scratch } from './scratch.ts';

/** What a file system without attributes answers. */
const NONE = new Set([os.errno.ENOTSUP, os.errno.EOPNOTSUPP, os.errno.ENOSYS]);

type Get = (namePointer: number, valuePointer: number, length: number) => number;

export class XattrReader {
  private readonly libc: Libc;
  private readonly list: Scratch;
  private readonly value: Scratch;

  constructor(libc: Libc) {
    this.libc = libc;
    this.list = scratch(libc, XATTR_LIST_MAX);
    this.value = scratch(libc, XATTR_SIZE_MAX);
  }

  /** Attributes of an open file, sorted by name. */
  ofFd(fd: number): PlatformXattr[] {
    const bytes = this.libc.flistxattr(fd, this.list.pointer, XATTR_LIST_MAX);
    if (bytes <= 0) return this.nothing(bytes, 'flistxattr');
    return this.values(bytes, (name, value, length) => this.libc.fgetxattr(fd, name, value, length));
  }

  /** Attributes of what the C string at `pathPointer` names. */
  ofPath(pathPointer: number, path: Buffer): PlatformXattr[] {
    const bytes = this.libc.llistxattr(pathPointer, this.list.pointer, XATTR_LIST_MAX);
    if (bytes <= 0) return this.nothing(bytes, 'llistxattr', path);
    const get: Get = (name, value, length) => this.libc.lgetxattr(pathPointer, name, value, length);
    return this.values(bytes, get, path);
  }

  private nothing(bytes: number, syscall: string, path?: Buffer): PlatformXattr[] {
    if (bytes === 0) return [];
    const errno = this.libc.errno();
    if (NONE.has(errno)) return [];
    throw errnoError(errno, syscall, path);
  }

  private values(bytes: number, get: Get, path?: Buffer): PlatformXattr[] {
    const found: PlatformXattr[] = [];
    for (let start = 0; start < bytes; ) {
      const end = this.list.memory.indexOf(0, start);
      const length = get(this.list.pointer + start, this.value.pointer, XATTR_SIZE_MAX);
      if (length !== -1) {
        const name = Buffer.from(this.list.memory.subarray(start, end));
        found.push({ name, value: Buffer.from(this.value.memory.subarray(0, length)) });
      } else {
        const errno = this.libc.errno();
        // Removed since it was listed, or listed by one layer of the file system and unknown to another.
        if (errno !== os.errno.ENODATA && !NONE.has(errno)) throw errnoError(errno, 'getxattr', path);
      }
      start = end + 1;
    }
    return found.sort((a, b) => Buffer.compare(a.name, b.name));
  }
}

/** Turns an attribute's name into the address of a C string, valid until the next call. */
export function xattrNameArgument(libc: Libc): (name: Buffer) => number {
  const { memory, pointer } = scratch(libc, XATTR_NAME_MAX + 1);
  return (name) => {
    if (name.includes(0)) throw codeError('EINVAL', 'setxattr', name);
    if (name.length > XATTR_NAME_MAX) throw codeError('ERANGE', 'setxattr', name);
    memory.set(name);
    memory[name.length] = 0;
    return pointer;
  };
}
