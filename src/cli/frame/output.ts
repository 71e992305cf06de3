/**
 * Standard output and standard error, written to their descriptors directly.
 *
 * Why not `process.stdout`: opening it costs a millisecond of every start, it queues without a bound, and a closed
 * pipe shows only later. Here at most `LIMIT` bytes are held; `write` returns a promise when the caller must wait, and
 * a closed pipe throws `ClosedPipe` at the next call. Long output is written off the main thread so that signals get
 * through while a pager makes us wait.
 */
import { writeSync, writev as writevFd, writevSync } from 'node:fs';
import { VaultError } from '../../errors.ts';
import { reasonOf } from './system-error.ts';

/** Buffered bytes before they are written. */
const LIMIT = 512 * 1024;
/** Pieces up to this size are copied together, larger ones are written from where they are. */
const SMALL = 4096;
/** IOV_MAX of Linux: pieces that one system call writes. */
const MOST_PIECES = 1024;
/** A non-blocking descriptor that is full is tried again after so many milliseconds. */
const RETRY_MS = 5;

/** The reader has gone: no error, there is just nobody left to write for. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

export class Output {
  readonly fd: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  /** Small pieces of text are gathered: one of a thousand lines is encoded as fast as one of ten. Counted as a byte a character. */
  #text = '';
  /** Where small pieces are copied to; from `#start` to `#end` they are not among the parts yet. */
  #block = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** The one writer at a time: pieces stay in order although somebody does not wait. */
  #draining: Promise<void> | undefined;
  #failure: unknown;

  constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * Adds to the buffer. Await the result: it is a promise when the buffer is full, else undefined. Bytes must not change before
   * they are written.
   * @throws what an earlier write failed with; ClosedPipe
   */
  write(data: string | Uint8Array): Promise<void> | undefined {
    this.#throwFailure();
    if (typeof data === 'string' && data.length <= SMALL) {
      this.#text += data;
      this.#size += data.length;
      if (this.#text.length >= SMALL) this.#endText();
    } else {
      this.#endText();
      this.#add(typeof data === 'string' ? Buffer.from(data) : data);
    }
    if (this.#size < LIMIT) return undefined;
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** A write has begun and not ended: the reader makes us wait. */
  get isWaiting(): boolean {
    return this.#draining !== undefined;
  }

  /** Writes what is held, blocking: before a message on stderr. Nothing where a write has begun, behind which it belongs. */
  flush(): void {
    if (this.isWaiting) return;
    let parts = this.#take();
    while (parts.length > 0 && this.#failure === undefined) {
      try {
        parts = behind(parts, writevSync(this.fd, parts.slice(0, MOST_PIECES)));
      } catch (error) {
        if (isFull(error)) sleepSync(RETRY_MS);
        else this.#fail(error);
      }
    }
    this.#throwFailure();
  }

  /** Everything is written when it resolves. While the reader makes us wait, the index is let go of and signals get through. */
  async end(): Promise<void> {
    await this.#draining?.catch(() => {}); // its failure is kept, and thrown below
    this.#throwFailure();
    if (this.#size === 0) return;
    this.#draining ??= this.#drain();
    await this.#draining;
  }

  #drain(): Promise<void> {
    const done = this.#writeAll().finally(() => {
      this.#draining = undefined;
    });
    done.catch(() => {}); // who does not wait hears of it at the next call
    return done;
  }

  async #writeAll(): Promise<void> {
    while (this.#size > 0) {
      let parts = this.#take();
      while (parts.length > 0) {
        try {
          parts = behind(parts, await writev(this.fd, parts.slice(0, MOST_PIECES)));
        } catch (error) {
          if (!isFull(error)) this.#fail(error);
          this.#throwFailure();
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    }
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length <= SMALL) {
      this.#reserve(bytes.length);
      this.#block.set(bytes, this.#end);
      this.#grow(bytes.length);
    } else {
      this.#endPart();
      this.#parts.push(bytes);
      this.#size += bytes.length;
    }
  }

  #endText(): void {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    this.#size -= text.length;
    this.#reserve(text.length * 3);
    this.#grow(this.#block.write(text, this.#end));
  }

  #grow(count: number): void {
    this.#end += count;
    this.#size += count;
  }

  /** Makes room for so many bytes at the end of the block. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#block.length) return;
    this.#endPart();
    this.#block = Buffer.allocUnsafeSlow(Math.max(LIMIT, count));
    this.#start = 0;
    this.#end = 0;
  }

  #endPart(): void {
    if (this.#end > this.#start) this.#parts.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** What is held, which is no longer held then. */
  #take(): Uint8Array[] {
    this.#endText();
    this.#endPart();
    const parts = this.#parts;
    this.#parts = [];
    this.#size = 0;
    return parts;
  }

  #fail(error: unknown): void {
    const cause = error as NodeJS.ErrnoException;
    this.#failure = cause.code === 'EPIPE' ? new ClosedPipe() : this.#cannotWrite(cause);
  }

  #cannotWrite(cause: NodeJS.ErrnoException): VaultError {
    return new VaultError('IO', `standard output cannot be written: ${reasonOf(cause)}`, {
      hint: 'what the command has stored is safe',
      cause,
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

export const stdout = new Output(1);

/** A line of talk. Never fails: when nobody reads standard error, the exit code still tells. */
export function say(text: string): void {
  let bytes: Uint8Array = Buffer.from(text);
  for (let tries = 0; bytes.length > 0 && tries < 1000; ) {
    try {
      bytes = bytes.subarray(writeSync(2, bytes));
    } catch (error) {
      if (!isFull(error)) return;
      tries++;
      sleepSync(RETRY_MS);
    }
  }
}

function writev(fd: number, parts: readonly Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writevFd(fd, parts, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

/** What is left of the parts when so many bytes are written. */
function behind(parts: Uint8Array[], written: number): Uint8Array[] {
  let i = 0;
  let left = written;
  while (i < parts.length && left >= parts[i]!.length) left -= parts[i++]!.length;
  const rest = parts.slice(i);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}

function isFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
