/**
 * Many questions for objects, answered in the order they were asked: what `cat-object --batch` does. Contents are read
 * ahead of their turn, in worker threads when there is much to read.
 */
import { ReadAhead } from '../contents/read-ahead.ts';
import type { Repository } from '../repository.ts';
import { type BatchItem, BatchQuestions } from './batch-questions.ts';
import type { ObjectAnswer, ObjectRequest } from './object-answer.ts';

export interface BatchOptions {
  /** worker threads for contents; 0: all is read here */
  threads: number;
  /** the current folder's names from the root, for `X:./path` */
  here?: readonly Buffer[];
  signal?: AbortSignal;
}

/** What is held at most: answers, given or not, and bytes of contents, read or not; more where what is wanted lies apart. */
const TOGETHER = { items: 8192, bytes: 40 * 1024 * 1024 };
const SCATTERED = { items: 16_384, bytes: 96 * 1024 * 1024 };
/** Requests that are looked up in one go: some milliseconds. */
const SLICE = 512;
/** Answers given in one go. */
const MOST_ANSWERS = 1024;

/**
 * Answers in arrays, each as soon as its first is known. An answer never waits for a further request, so the
 * other side may wait for it before it asks on. Contents above 16 MiB are read while they are taken, after all their
 * chunks were looked up: one that then cannot be read as it was stored is thrown in the middle of the content.
 *
 *     for await (const answers of answerObjects(vault, requests, { threads: 2 }))
 *       for (const { tag, found, fault } of answers) …
 *
 * @param requests in groups, as they become known
 * @throws IO, PERMISSION, BUSY, ABORTED and the like; what is wrong with one object is its answer
 */
export async function* answerObjects<T>(
  repository: Repository,
  requests: AsyncIterable<readonly ObjectRequest<T>[]>,
  options: BatchOptions,
): AsyncGenerator<ObjectAnswer<T>[], void, undefined> {
  const queue = new AnswerQueue<T>(repository, options);
  void queue.fill(requests);
  try {
    for (;;) {
      const items = queue.takeKnown();
      if (items.length > 0) {
        yield items.map((item) => item.answer());
        queue.release(items);
      } else if (queue.isEnded) return;
      else await queue.change();
    }
  } finally {
    await queue.close();
  }
}

/** What was asked, from the oldest question without an answer on. */
class AnswerQueue<T> {
  readonly #options: BatchOptions;
  readonly #ahead: ReadAhead;
  readonly #questions: BatchQuestions<T>;
  #items: BatchItem<T>[] = [];
  #head = 0;
  #bytes = 0;
  #hasAll = false;
  #isClosed = false;
  #failure: unknown;
  #wake: () => void = () => {};
  #changed: Promise<void>;

  constructor(repository: Repository, options: BatchOptions) {
    this.#options = options;
    this.#ahead = new ReadAhead(repository, options.threads, this.#change);
    this.#questions = new BatchQuestions(repository, this.#ahead, options);
    this.#changed = this.#nextChange();
    options.signal?.addEventListener('abort', this.#change);
  }

  get isEnded(): boolean {
    return this.#hasAll && this.#head === this.#items.length;
  }

  /** Takes in requests while there is room; a failure comes out of `takeKnown` behind what was asked before it. */
  async fill(requests: AsyncIterable<readonly ObjectRequest<T>[]>): Promise<void> {
    try {
      for await (const group of requests) {
        for (let start = 0; start < group.length; start += SLICE) {
          while (this.#isFull && !this.#isClosed) await this.change();
          if (this.#isClosed) return;
          await this.#ask(group.slice(start, start + SLICE));
        }
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#hasAll = true;
    this.#change();
  }

  async #ask(requests: readonly ObjectRequest<T>[]): Promise<void> {
    for (const item of await this.#questions.ask(requests)) {
      this.#items.push(item);
      this.#bytes += item.bytes;
    }
    this.#change();
  }

  get #isFull(): boolean {
    const { items, bytes } = this.#ahead.isScattered ? SCATTERED : TOGETHER;
    return this.#bytes >= bytes || this.#items.length - this.#head >= items;
  }

  /** The next answers that are known, in order. @throws what taking in or reading failed with */
  takeKnown(): BatchItem<T>[] {
    this.#options.signal?.throwIfAborted();
    if (this.isEnded && this.#failure !== undefined) throw this.#failure;
    this.#ahead.start();
    const start = this.#head;
    const end = Math.min(this.#items.length, start + MOST_ANSWERS);
    while (this.#head < end && this.#items[this.#head]!.isKnown) this.#head++;
    const known = this.#items.slice(start, this.#head);
    if (this.#head === this.#items.length || this.#head > MOST_ANSWERS) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return known;
  }

  release(items: readonly BatchItem<T>[]): void {
    for (const item of items) {
      this.#bytes -= item.bytes;
      item.release();
    }
    this.#change();
  }

  /** Resolves when something has come since the last look. */
  async change(): Promise<void> {
    await this.#changed;
  }

  readonly #change = (): void => {
    this.#wake();
    this.#changed = this.#nextChange();
  };

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#options.signal?.removeEventListener('abort', this.#change);
    this.#change();
    await this.#ahead.close();
  }
}
