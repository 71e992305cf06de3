/**
 * Marks of those who have the index open. LevelDB does not check its tables when it merges them, and what cannot be ends the process by
 * an assertion, each time anew. So whoever opens the index leaves a file in its folder and takes it away when it has closed it; an index
 * that two in a row have not closed is not opened a third time.
 *
 * A mark is made before LevelDB is asked for the folder, as the assertion may come while it opens. It costs 40 µs, and nothing
 * depends on its being on disk: after a power loss there is one too few.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { isRunning } from '../../platform/processes.ts';
import { lockHolder } from './lock.ts';

/** `held-<pid>-<nonce>` */
const MARK = /^held-(\d{1,10})-[0-9a-f]{8}$/;
/** So many that did not close it, and it is given up. */
const MOST_UNCLEAN = 2;

/** Names of this process's own. */
const own = new Set<string>();

export class IndexMark {
  readonly #folder: string;
  readonly #name = `held-${process.pid}-${randomBytes(4).toString('hex')}`;
  /** of those who did not close it */
  readonly #others: string[];

  constructor(folder: string) {
    this.#folder = folder;
    this.#others = unclean(folder);
  }

  /** The last ones that had the index ended without closing it, and nobody has it now. */
  get isGivenUp(): boolean {
    return this.#others.length >= MOST_UNCLEAN && lockHolder(this.#folder) === undefined;
  }

  /** Before it is opened. Where no mark can be left, LevelDB says why when it is opened. */
  leave(): void {
    own.add(this.#name);
    try {
      fs.closeSync(fs.openSync(`${this.#folder}/${this.#name}`, 'wx', 0o600));
    } catch {
      // no folder, no permission, no space: none of it keeps the index from being tried
    }
  }

  /** It was not opened after all. */
  withdraw(): void {
    own.delete(this.#name);
    fs.rmSync(`${this.#folder}/${this.#name}`, { force: true });
  }

  /** It was closed as it should be: who failed before does not count any more. */
  clear(): void {
    for (const name of this.#others) fs.rmSync(`${this.#folder}/${name}`, { force: true });
    this.withdraw();
  }
}

/** Marks of processes that are no more. */
function unclean(folder: string): string[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch {
    return [];
  }
  return names.filter((name) => {
    const pid = MARK.exec(name)?.[1];
    return pid !== undefined && !own.has(name) && !runs(Number(pid));
  });
}

/** A mark with our own pid that is not ours is of a process before us: in a container all may have the same. */
function runs(pid: number): boolean {
  return pid !== process.pid && isRunning(pid);
}
