/** What is to be made, step by step, and the batches that steps come in. */
import type { VaultError } from '../../../errors.ts';
import type { Entry } from '../../../objects/model.ts';
import type { Wanted } from '../../contents/content-reader.ts';
import type { LinkGroup } from './links.ts';

/** One thing to do. Those of one file stand in a row, in several batches where it is large. */
export type Step = EnterStep | LeaveStep | FileStep | LinkStep | NodeStep;

export interface EnterStep {
  type: 'enter';
  entry: Entry;
}

export interface LeaveStep {
  type: 'leave';
  entry: Entry;
  fault?: VaultError;
  /** it is there for what is in it, and gets no metadata */
  passed?: boolean;
}

export interface FileStep {
  type: 'file';
  entry: Entry;
  begins: boolean;
  ends: boolean;
  /** its next chunks, by their place in the batch's `wanted` */
  first: number;
  count: number;
  /** why the rest of it cannot be had */
  fault?: VaultError;
  group?: LinkGroup;
  /** it has other names, which will not be its own */
  unlinked?: boolean;
  /** its chunks are not compared with their ids: the file is to be with its checksum */
  unchecked?: boolean;
}

/** A further name of a file. */
export interface LinkStep {
  type: 'link';
  entry: Entry;
  group: LinkGroup;
}

/** A symlink, fifo, socket or device. */
export interface NodeStep {
  type: 'node';
  entry: Entry;
  fault?: VaultError;
  group?: LinkGroup;
}

export interface Batch {
  steps: Step[];
  wanted: Wanted[];
  /** of all chunks that are wanted */
  bytes: number;
}
