/**
 * How a long operation tells where it is. The library calls, whoever started the operation listens; nothing waits for
 * an answer, and nothing here may throw.
 */

/** What is under way; one operation goes through one or several, in this order. */
export type ProgressPhase =
  | 'index' // packs are read into the index; counted in packs
  | 'history' // changes are read into the index of paths; counted in snapshots
  | 'scan' // the user's folder is walked, changed files are read and stored
  | 'commit' // the last packs, the snapshot and the ref
  | 'plan' // what is to be done is worked out; nothing has been changed
  | 'restore' // files are written
  | 'verify' // what was written is read again
  | 'check' // packs and records are read
  | 'remove'
  | 'mark' // gc finds what is alive; counted in objects
  | 'copy'; // gc copies what is alive out of packs that it removes; counted in objects

/** What a phase has before it, as far as that is known; an estimate where the last run is all there is to go by. */
export interface ProgressTotal {
  files?: number;
  bytes?: number;
  estimated?: boolean;
}

export interface Progress {
  /** A phase begins, and with it counting. */
  phase(name: ProgressPhase, total?: ProgressTotal): void;
  /**
   * One more file (entry, pack, object: what the phase counts) of `bytes` is done. `unchanged` when it was not
   * touched. Called up to 200,000 times a second.
   */
  file(bytes: number, unchanged: boolean): void;
  /** Bytes that the vault did not hold before. */
  stored(newBytes: number): void;
  /** Something the user must know although the work goes on. One line without a full stop. */
  warn(message: string): void;
}

export const silentProgress: Progress = {
  phase() {},
  file() {},
  stored() {},
  warn() {},
};
