/** `struct timespec[2]` of utimensat(2): access and modification time, each seconds (64 bits) and nanoseconds (64 bits). */
import { type Libc, UTIME_OMIT } from './libc.ts';
import { scratch } from './scratch.ts';

const TIMESPEC_SIZE = 16;
const TWO_32 = 0x1_0000_0000;

export class TimesArgument {
  private readonly words: Int32Array;
  private readonly pointer: number;

  constructor(libc: Libc) {
    const { memory, pointer } = scratch(libc, 2 * TIMESPEC_SIZE);
    this.words = new Int32Array(memory.buffer);
    this.pointer = pointer;
  }

  /** Address of the structure, valid until the next call. An undefined access time is left as it is. */
  set(mtimeS: number, mtimeNs: number, atimeS?: number, atimeNs = 0): number {
    this.put(0, atimeS ?? 0, atimeS === undefined ? UTIME_OMIT : atimeNs);
    this.put(4, mtimeS, mtimeNs);
    return this.pointer;
  }

  private put(word: number, seconds: number, nanoseconds: number): void {
    this.words[word] = seconds; // a typed array takes the value modulo 2^32, negative ones too
    this.words[word + 1] = Math.floor(seconds / TWO_32);
    this.words[word + 2] = nanoseconds;
  }
}
