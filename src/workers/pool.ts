/**
 * A bounded pool of worker threads that knows no job.
 *
 * A job is one message to a worker and one result back. While it runs, a job may ask the main thread (`request`)
 * and goes on when it is answered; a worker may hold up to `depth` jobs, so that one computes while another waits
 * for its answer. A worker that fails or exits fails every job of the pool: half an operation is never a result.
 */

import { type Transferable, Worker } from 'node:worker_threads';
import { type ErrorCode, VaultError } from '../errors.ts';
import type { FlatError, FromWorker, Parcel, ToWorker } from './messages.ts';

/** Workers make few objects and large buffers: V8's default lets each keep 48 MB of short-lived ones. */
const YOUNG_GENERATION_MB = 8;

/** Jobs that a worker best holds: one that it works on, one that waits. */
export const POOL_DEPTH = 2;

/** What a worker is given to end its job and itself; some read and hash whole files. */
const END_MS = 2000;

export interface PoolOptions {
  entry: URL;
  /** threads, at least 1; started when first needed, or by `start` */
  size: number;
  /** jobs that one worker holds at once, at least 1 */
  depth: number;
  workerData?: unknown;
  /** answers what a job asks */
  onRequest?: (payload: never) => unknown;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  worker: Member;
  weight: number;
}

interface Member {
  thread: Worker;
  /** weights of its jobs */
  load: number;
  /** resolves when it has ended */
  ended: Promise<unknown>;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #members: Member[] = [];
  readonly #pending = new Map<number, Pending>();
  #waiting: (() => void)[] = [];
  #nextId = 1;
  #failure: unknown;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Whether any thread was needed yet. */
  get started(): boolean {
    return this.#members.length > 0;
  }

  /** Jobs that can be started without waiting. */
  get free(): number {
    const { size, depth } = this.#options;
    return size * depth - this.#pending.size;
  }

  /** Starts all threads, for jobs that are about to come. */
  start(): void {
    while (this.#members.length < this.#options.size) this.#start();
  }

  /** Resolves when `run` would start its job at once. */
  async ready(): Promise<void> {
    while (this.#failure === undefined && this.free <= 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Runs a job on the least busy worker; waits for a free place first.
   * @param weight as how many jobs it counts when the least busy worker is looked for
   */
  async run<T>(parcel: Parcel, weight = 1): Promise<T> {
    await this.ready();
    // Closed within the wait: a thread that was started now would never end.
    if (this.#failure !== undefined) throw this.#failure;
    const worker = this.#leastBusy();
    const id = this.#nextId++;
    worker.load += weight;
    const result = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, worker, weight });
    });
    try {
      post(worker.thread, { type: 'job', id, payload: parcel.payload }, parcel.transfer);
    } catch (error) {
      // What cannot be copied was never a job.
      this.#pending.delete(id);
      worker.load -= weight;
      this.#wake();
      throw error;
    }
    return (await result) as T;
  }

  /**
   * Ends the threads; jobs still running are rejected. A thread ends by itself, behind the job that it is at: one that is terminated
   * while it loads a native addon takes the whole process with it (node-addon-api aborts where it cannot throw).
   */
  async close(): Promise<void> {
    this.#fail(new VaultError('ABORTED', 'the worker pool was closed'));
    await Promise.all(this.#members.map(end));
  }

  #leastBusy(): Member {
    let best: Member | undefined;
    for (const member of this.#members) if (!best || member.load < best.load) best = member;
    if (best && (best.load === 0 || this.#members.length >= this.#options.size)) return best;
    return this.#start();
  }

  #start(): Member {
    const { entry, workerData } = this.#options;
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
    const thread = new Worker(entry, { workerData, resourceLimits });
    const ended = new Promise((resolve) => thread.on('exit', resolve));
    const member: Member = { thread, load: 0, ended };
    thread.on('message', (message: FromWorker) => void this.#receive(member, message));
    thread.on('error', (cause) => this.#fail(cause));
    thread.on('messageerror', (cause) => this.#fail(cause));
    thread.on('exit', (code) => {
      this.#fail(new VaultError('BUG', `a worker thread ended early with code ${code}`));
    });
    this.#members.push(member);
    return member;
  }

  async #receive(member: Member, message: FromWorker): Promise<void> {
    if (message.type === 'request') {
      try {
        const answer = await this.#options.onRequest?.(message.payload as never);
        post(member.thread, { type: 'answer', id: message.id, payload: answer });
      } catch (error) {
        this.#fail(error);
      }
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    member.load -= pending.weight;
    if (message.type === 'result') pending.resolve(message.payload);
    else pending.reject(restoreError(message.error));
    this.#wake();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

async function end({ thread, ended }: Member): Promise<void> {
  post(thread, { type: 'end' });
  const overdue = setTimeout(() => void thread.terminate(), END_MS);
  await ended;
  clearTimeout(overdue);
}

function post(thread: Worker, message: ToWorker, transfer?: readonly Transferable[]): void {
  thread.postMessage(message, transfer ?? []);
}

function restoreError(flat: FlatError): VaultError {
  const error = new VaultError(flat.code as ErrorCode, flat.message, {
    ...(flat.hint !== undefined && { hint: flat.hint }),
    ...(flat.subject !== undefined && { subject: flat.subject }),
  });
  if (flat.stack !== undefined) error.stack = flat.stack;
  return error;
}
