/**
 * Standard output and standard error, written to their descriptors directly.
 *
 * Why not `process.stdout`: opening it costs a millisecond of every start, it queues without a bound, and a closed
 * pipe shows only later. Here at most `LIMIT` bytes are held; `write` returns a promise when the caller must wait, and
 * a closed pipe throws `ClosedPipe` at the next call. Long output is written off the main thread so that signals get
 * through while a pager makes us wait.
 */
import { write as writeFd, writeSync } from 'node:fs';

/** Buffered bytes before they are written. */
const LIMIT = 64 * 1024;
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
  /** The one writer at a time: pieces stay in order although somebody does not wait. */
  #draining: Promise<void> | undefined;
  #failure: unknown;

  constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * Adds to the buffer. Await the result: it is a promise when the buffer is full, else undefined.
   * @throws what an earlier write failed with; ClosedPipe
   */
  write(data: string | Uint8Array): Promise<void> | undefined {
    this.#throwFailure();
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#size < LIMIT) return undefined;
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** Writes what is held, blocking: before a message on stderr, and at the end. */
  flush(): void {
    let bytes = this.#take();
    while (bytes.length > 0 && this.#failure === undefined) {
      try {
        bytes = bytes.subarray(writeSync(this.fd, bytes));
      } catch (error) {
        if (isFull(error)) sleepSync(RETRY_MS);
        else this.#fail(error);
      }
    }
    this.#throwFailure();
  }

  /** Everything is written when it resolves. */
  async end(): Promise<void> {
    await this.#draining?.catch(() => {}); // its failure is kept, and thrown below
    this.flush();
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
      let bytes = this.#take();
      while (bytes.length > 0) {
        try {
          bytes = bytes.subarray(await writeAsync(this.fd, bytes));
        } catch (error) {
          if (!isFull(error)) this.#fail(error);
          this.#throwFailure();
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    }
  }

  #take(): Uint8Array {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    return bytes;
  }

  #fail(error: unknown): void {
    this.#failure = (error as NodeJS.ErrnoException).code === 'EPIPE' ? new ClosedPipe() : error;
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

function writeAsync(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    writeFd(fd, bytes, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

function isFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
