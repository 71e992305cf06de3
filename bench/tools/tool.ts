import type { Command } from '../measure.ts';

/** Where a tool works: the folder it saves, its repository, and a private folder for its caches and settings. */
export interface Place {
  source: string;
  repo: string;
  home: string;
}

/** One competitor's command lines. What is absent it cannot do, and its cells stay empty. */
export interface Tool {
  readonly name: string;
  /** undefined when it is not installed */
  version(): string | undefined;

  init?(place: Place): Command[];
  /** Takes the n-th snapshot (from 0) of the folder. */
  snapshot?(place: Place, n: number): Command;
  /** A snapshot costs no more than what changed; else only the first one is taken. */
  readonly incremental?: boolean;
  /** git's `add` of one large file takes minutes: not asked for. */
  readonly large?: boolean;
  /** Names of the `count` snapshots taken so far, oldest first. */
  revisions?(place: Place, count: number): string[];
  /** Writes a snapshot's files somewhere below `dest`, which exists and is empty. */
  restore?(place: Place, revision: string, dest: string): Command;
  /** Lists every path of a snapshot. */
  list?(place: Place, revision: string): Command;
  diff?(place: Place, a: string, b: string): Command;

  objects?: Objects;
  /** The versions of one file. */
  log?(place: Place, file: string): Command;
}

/** Object plumbing, for tools that have it. */
export interface Objects {
  /** Makes the repository what it is after long use (git: packs). */
  pack(place: Place): Command[];
  revParse(place: Place): Command;
  catOne(place: Place, file: string): Command;
  /** argv that prints the ids of all files in tree order */
  ids: string[];
  /** argv that reads ids and prints contents */
  batch: string[];
  /** argv that reads ids and prints types and sizes */
  check: string[];
  env(place: Place): Record<string, string>;
}
