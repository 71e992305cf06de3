/**
 * The private folder of one restore, `<stage>/<run>/`, beside its destination: it holds the journal and the tree that is
 * being made. It goes when the run ends, whatever happens; what a killed run leaves, the next one to the same
 * destination removes, or finishes where promotion had begun.
 */
import { randomBytes } from 'node:crypto';
import { VaultError } from '../errors.ts';
import { Kind } from '../objects/model.ts';
import { joinPath } from '../objects/names.ts';
import { hasCode } from '../platform/errno.ts';
import { processStartTime } from '../platform/host.ts';
import type { Platform, Stat } from '../platform/platform.ts';
import type { Environment } from './environment.ts';
import {
  type Journal,
  JournalWriter,
  type PromotionStep,
  type RunOwner,
  readJournal,
} from './restore-journal.ts';
import type { Creation } from './restore-metadata.ts';
import { lstatOrNone } from './restore-place.ts';
import { makePrivate } from './restore-private.ts';
import { removeTree } from './restore-remove.ts';

/** What is restored, in the run's folder. */
export const STAGED_NAME = Buffer.from('tree');
const JOURNAL_NAME = Buffer.from('journal');
const PROBE_NAME = Buffer.from('probe');
const OTHERS_WRITE = 0o022;

/** A run without a journal is one that is just being made, unless it has been like that for an hour. */
const MOST_YOUTH_S = 3600;

export type RunEnvironment = Pick<Environment, 'host' | 'hostId' | 'bootId' | 'pid' | 'startTime' | 'now'>;

/** `20260131T120000Z-3fa9c1d2`: sorts by time, differs between runs of one second. */
export function runName(environment: RunEnvironment): string {
  const time = new Date(Number(environment.now() / 1_000_000n)).toISOString();
  return `${time.slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
}

export class RunFolder {
  readonly run: string;
  /** absolute */
  readonly path: Buffer;
  /** what new files get here */
  readonly creation: Creation;
  readonly #platform: Platform;
  readonly #stageName: Buffer;
  /** open: the folder that the stage is in, the stage, the run's own */
  readonly #opened: number[] = [];
  #journal: JournalWriter | undefined;

  /**
   * Makes the folder, private to this user.
   * @param folder absolute; the folder in which the stage `name` is, or is made
   * @throws REFUSED when the stage is somebody else's, and errno errors
   */
  constructor(platform: Platform, folder: Buffer, name: Buffer, owner: RunOwner) {
    const { run } = owner;
    this.#platform = platform;
    this.#stageName = name;
    this.run = run;
    this.path = joinPath(joinPath(folder, name), Buffer.from(run));
    try {
      const above = this.#open(joinPath(folder, Buffer.from('.')));
      const stage = platform.pathIn(above, name);
      makeUnlessThere(platform, stage);
      const own = platform.pathIn(this.#openStage(stage, joinPath(folder, name)), Buffer.from(run));
      makePrivate(platform, own);
      this.#open(own);
      this.#journal = new JournalWriter(platform, platform.pathIn(this.fd, JOURNAL_NAME), owner);
      this.creation = probeCreation(platform, this.fd);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
  }

  /** The run's open folder. */
  get fd(): number {
    return this.#opened[2]!;
  }

  /** Writes down what promotion is about to do. */
  journal(steps: readonly PromotionStep[]): void {
    this.#journal!.promote(steps);
  }

  /** Removes the run's folder and, if no other run has one, the stage. */
  async remove(): Promise<void> {
    const [above, stage] = this.#opened as [number, number];
    try {
      await removeTree(this.#platform, stage, Buffer.from(this.run));
      removeEmpty(this.#platform, this.#platform.pathIn(above, this.#stageName));
    } finally {
      this.#close();
    }
  }

  #open(path: Buffer): number {
    const fd = this.#platform.openFolder(path);
    this.#opened.push(fd);
    return fd;
  }

  /** In a stage that others may write to, they could swap what is in it. */
  #openStage(stage: Buffer, path: Buffer): number {
    const refuse = (why: string, cause?: unknown) => {
      throw new VaultError('REFUSED', `${path.toString()} ${why}; nothing was changed`, {
        subject: path.toString(),
        hint: 'move it away, or restore to a folder that only you can write to',
        cause,
      });
    };
    try {
      const fd = this.#open(stage);
      if (!isOurs(this.#platform.fstat(fd))) refuse('can be written by others');
      return fd;
    } catch (error) {
      if (hasCode(error, 'ENOTDIR', 'ELOOP')) refuse('is in the way: it is no folder', error);
      if (hasCode(error, 'EACCES')) refuse('belongs to somebody else', error);
      throw error;
    }
  }

  /** Removes what was made before something failed: at most two empty folders. */
  #takeBack(): void {
    const [above, stage, own] = this.#opened;
    try {
      if (own !== undefined) {
        for (const name of [JOURNAL_NAME, PROBE_NAME]) {
          const path = this.#platform.pathIn(own, name);
          if (lstatOrNone(this.#platform, path)) this.#platform.unlink(path);
        }
      }
      if (stage !== undefined)
        removeEmpty(this.#platform, this.#platform.pathIn(stage, Buffer.from(this.run)));
      if (above !== undefined && stage !== undefined && isOurs(this.#platform.fstat(stage)))
        removeEmpty(this.#platform, this.#platform.pathIn(above, this.#stageName));
    } catch {
      // what failed first is what is told; the next run removes what is left
    } finally {
      this.#close();
    }
  }

  #close(): void {
    this.#journal?.close();
    this.#journal = undefined;
    for (const fd of this.#opened.splice(0)) this.#platform.close(fd);
  }
}

/**
 * Clears what runs of processes that are gone have left in a stage: finishes a promotion that had begun, removes the
 * rest. Runs of other hosts, and of processes that live, are left alone; so is a stage that another user may have made,
 * whose journals could name any file.
 * @param folder absolute; the folder that the stage `name` is in
 * @param resume finishes a promotion
 */
export async function clearLeftovers(
  platform: Platform,
  folder: Buffer,
  name: Buffer,
  environment: RunEnvironment,
  resume: (steps: readonly PromotionStep[]) => void,
): Promise<void> {
  const path = joinPath(folder, name);
  const stat = lstatOrNone(platform, path);
  if (stat?.kind !== Kind.dir || !isOurs(stat)) return;
  const stage = platform.openFolder(path);
  try {
    if (!isOurs(platform.fstat(stage))) return;
    for (const run of namesOf(platform, platform.pathIn(stage, Buffer.from('.')))) {
      const own = platform.pathIn(stage, run);
      const stat = platform.lstat(own);
      if (stat.kind !== Kind.dir || !isOurs(stat)) continue;
      const journal = journalOf(platform, own);
      if (!isDead(platform, own, journal, environment)) continue;
      if (journal?.steps) resume(journal.steps);
      await removeTree(platform, stage, run);
    }
  } finally {
    platform.close(stage);
  }
  removeEmpty(platform, path);
}

function isOurs({ uid, mode }: Stat): boolean {
  const own = process.geteuid?.();
  return (own === undefined || uid === own) && (mode & OTHERS_WRITE) === 0;
}

function journalOf(platform: Platform, run: Buffer): Journal | undefined {
  try {
    return readJournal(platform, joinPath(run, JOURNAL_NAME));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP')) return undefined;
    throw error;
  }
}

function isDead(
  platform: Platform,
  run: Buffer,
  journal: Journal | undefined,
  { hostId, bootId, now }: RunEnvironment,
): boolean {
  const owner = journal?.owner;
  if (!owner) return Number(now() / 1_000_000_000n) - platform.lstat(run).mtimeS > MOST_YOUTH_S;
  if (owner.hostId !== hostId) return false;
  return owner.bootId !== bootId || !isAlive(owner);
}

function isAlive({ pid, startTime }: RunOwner): boolean {
  if (startTime !== '') return processStartTime(pid) === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

function namesOf(platform: Platform, path: Buffer): Buffer[] {
  const directory = platform.openDirectory(path);
  try {
    return Array.from({ length: directory.length }, (_, i) => Buffer.from(directory.name(i)));
  } finally {
    directory.close();
  }
}

function makeUnlessThere(platform: Platform, path: Buffer): void {
  try {
    makePrivate(platform, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function removeEmpty(platform: Platform, path: Buffer): void {
  try {
    platform.rmdir(path);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')) throw error;
  }
}

/** Makes a file to see what new ones get. */
function probeCreation(platform: Platform, folder: number): Creation {
  const path = platform.pathIn(folder, PROBE_NAME);
  const fd = platform.createFile(path, 0o777);
  try {
    const { uid, gid, mode } = platform.fstat(fd);
    return { uid, gid, umask: 0o777 & ~mode };
  } finally {
    platform.close(fd);
    platform.unlink(path);
  }
}
