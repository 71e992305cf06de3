/**
 * Names of users and groups through the system's name service (getpwnam(3), getgrnam(3)), which may ask more than
 * /etc/passwd. Answers are cached, also "nobody": a directory server is slow.
 *
 * `struct passwd` (64-bit): pw_name pointer at 0, pw_uid at 16; 48 bytes. `struct group`: gr_name at 0, gr_gid at 16; 32.
 */
import { constants as os } from 'node:os';
import { codeError, errnoError } from '../errno.ts';
import type { Libc } from './libc.ts';
import { type Scratch, scratch } from './scratch.ts';

const ENTRY_BYTES = 48;
const ID_OFFSET = 16;
const POINTER_BYTES = 8;
/** First size of the strings' buffer; doubled on ERANGE, a group may have thousands of members. */
const STRINGS_BYTES = 4_096;
const STRINGS_MAX = 4 * 1024 * 1024;
const CACHED_MAX = 65_536;
const NAME_MAX = 1_024;
/** What the manual page lists for "there is none". */
const NOBODY = new Set([os.errno.ENOENT, os.errno.ESRCH, os.errno.EBADF, os.errno.EPERM]);

type Lookup = (entryPtr: number, stringsPtr: number, length: number, resultPtr: number) => number;

export class Accounts {
  private readonly libc: Libc;
  private readonly entry: Scratch;
  private readonly result: Scratch;
  private readonly nameArgument: Scratch;
  private strings: Scratch;
  private readonly names = {
    user: new Map<number, string | undefined>(),
    group: new Map<number, string | undefined>(),
  };
  private readonly ids = {
    user: new Map<string, number | undefined>(),
    group: new Map<string, number | undefined>(),
  };

  constructor(libc: Libc) {
    this.libc = libc;
    this.entry = scratch(libc, ENTRY_BYTES);
    this.result = scratch(libc, POINTER_BYTES);
    this.nameArgument = scratch(libc, NAME_MAX);
    this.strings = scratch(libc, STRINGS_BYTES);
  }

  userName(uid: number): string | undefined {
    const { libc } = this;
    return cached(this.names.user, uid, () =>
      this.name((...args) => libc.getpwuid(uid, ...args), 'getpwuid'),
    );
  }

  groupName(gid: number): string | undefined {
    const { libc } = this;
    return cached(this.names.group, gid, () =>
      this.name((...args) => libc.getgrgid(gid, ...args), 'getgrgid'),
    );
  }

  userId(name: string): number | undefined {
    const { libc } = this;
    return cached(this.ids.user, name, () => this.id(name, libc.getpwnam, 'getpwnam'));
  }

  groupId(name: string): number | undefined {
    const { libc } = this;
    return cached(this.ids.group, name, () => this.id(name, libc.getgrnam, 'getgrnam'));
  }

  private name(lookup: Lookup, syscall: string): string | undefined {
    if (!this.find(lookup, syscall)) return undefined;
    // The name lies among the strings.
    const { memory, pointer } = this.strings;
    const start = Number(this.entry.memory.readBigUInt64LE(0)) - pointer;
    return memory.toString('utf8', start, memory.indexOf(0, start));
  }

  private id(name: string, lookup: Libc['getpwnam'], syscall: string): number | undefined {
    const bytes = Buffer.from(`${name}\0`);
    if (bytes.length > NAME_MAX || bytes.indexOf(0) !== bytes.length - 1) return undefined;
    this.nameArgument.memory.set(bytes);
    if (!this.find((...args) => lookup(this.nameArgument.pointer, ...args), syscall)) return undefined;
    return this.entry.memory.readUInt32LE(ID_OFFSET);
  }

  /** Fills `entry`; false where there is none. */
  private find(lookup: Lookup, syscall: string): boolean {
    for (;;) {
      const { memory, pointer } = this.strings;
      const errno = lookup(this.entry.pointer, pointer, memory.length, this.result.pointer);
      if (errno === 0) return this.result.memory.readBigUInt64LE(0) !== 0n;
      if (NOBODY.has(errno)) return false;
      if (errno !== os.errno.ERANGE) throw errnoError(errno, syscall);
      if (memory.length >= STRINGS_MAX) throw codeError('ERANGE', syscall);
      this.strings = scratch(this.libc, memory.length * 2);
    }
  }
}

/** `make(key)`, remembered; the cache is emptied when it is full. */
function cached<K, V>(cache: Map<K, V>, key: K, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined || cache.has(key)) return known as V;
  const made = make();
  if (cache.size >= CACHED_MAX) cache.clear();
  cache.set(key, made);
  return made;
}
