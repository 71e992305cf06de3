/** What passes between the pool and the worker's side of it. */
import type { Transferable } from 'node:worker_threads';

export type ToWorker =
  | { type: 'job'; id: number; payload: unknown }
  | { type: 'answer'; id: number; payload: unknown }
  | { type: 'end' };
export type FromWorker =
  | { type: 'result'; id: number; payload: unknown }
  | { type: 'error'; id: number; error: FlatError }
  | { type: 'request'; id: number; payload: unknown };

/** A message and what moves with it instead of being copied. */
export interface Parcel {
  payload: unknown;
  transfer?: readonly Transferable[];
}

/** An error as structured clone keeps it: class fields of a VaultError do not survive the copy. */
export interface FlatError {
  code: string;
  message: string;
  hint?: string;
  subject?: string;
  stack?: string;
}
