/**
 * The private folder of one run, `<stage>/<run>/`, beside its destination: it holds the journal and the tree that is
 * being made. It goes when the run ends, whatever happens; what a killed run leaves, the next command removes, or finishes
 * where promotion had begun.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { VaultError } from '../../../errors.ts';
import { Kind } from '../../../objects/model.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';
import { endOf, type HostProcess, isWithinReach } from '../../../platform/processes.ts';
import { recordTime } from '../../../store/record.ts';
import {
  JOURNAL_FILE,
  type Journal,
  type JournalWriter,
  type RunOwner,
  readChanges,
  readJournal,
} from '../journal/journal.ts';
import { type Creation, PROBE_NAMES, probeCreation } from '../metadata/creation.ts';
import { setOwnMetadata } from '../metadata/own.ts';
import { lstatOrNone, namesIn } from '../place/paths.ts';
import { areAlike, isPrivate, makePrivate, makeUnlessThere } from '../place/private.ts';
import { removeTree } from '../place/remove.ts';
import type { RunEnvironment } from '../plan/options.ts';
import { finishPromotion } from '../promotion/promote.ts';
import { STAGED_NAME } from './artifacts.ts';

const HERE = Buffer.from('.');

/**
 * A run without a journal is one that is just being made, unless it has been like that for an hour; and one whose process cannot be
 * asked for is at work, unless its journal has not been touched for so long.
 */
const MOST_YOUTH_S = 3600;

/** `20260131T120000Z-3fa9c1d2`: sorts by time, differs between runs of one second. */
export function runName(environment: RunEnvironment): string {
  return `${recordTime(environment.now()).slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
}

export class RunFolder {
  readonly run: string;
  /** absolute */
  readonly path: Buffer;
  /** what new files get here */
  readonly creation: Creation;
  readonly #platform: Platform;
  readonly #stageName: Buffer;
  readonly #journal: JournalWriter;
  /** open: the folder that the stage is in, the stage, the run's own */
  readonly #opened: number[] = [];

  /**
   * Makes the folder, private to this user.
   * @param folder absolute; the folder in which the stage `name` is, or is made
   * @param journal gets a copy in it
   * @throws REFUSED when the stage is somebody else's, and errno errors
   */
  constructor(platform: Platform, folder: Buffer, name: Buffer, run: string, journal: JournalWriter) {
    this.#platform = platform;
    this.#stageName = name;
    this.#journal = journal;
    this.run = run;
    this.path = joinPath(joinPath(folder, name), Buffer.from(run));
    try {
      const above = this.#open(joinPath(folder, HERE));
      const stage = platform.pathIn(above, name);
      makeUnlessThere(platform, stage);
      const own = platform.pathIn(this.#openStage(stage, joinPath(folder, name)), Buffer.from(run));
      makePrivate(platform, own);
      this.#open(own);
      this.#checkOthers(joinPath(folder, name));
      journal.addCopy(platform.pathIn(this.fd, JOURNAL_FILE), true);
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

  /** The run and its journal are found again also after a power loss: their names are durable. */
  settle(): void {
    for (const fd of this.#opened.toReversed())
      this.#platform.fsyncDirectory(this.#platform.pathIn(fd, HERE));
  }

  /** Removes the run's folder and, if no other run has one, the stage. */
  async remove(): Promise<void> {
    const [above, stage, own] = this.#opened as [number, number, number];
    try {
      // The journal goes last.
      this.#journal.leaveStage();
      await removeTree(this.#platform, own, STAGED_NAME);
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

  #openStage(stage: Buffer, path: Buffer): number {
    try {
      return this.#open(stage);
    } catch (error) {
      if (hasCode(error, 'ENOTDIR', 'ELOOP')) throw refused(path, 'is in the way: it is no folder', error);
      if (hasCode(error, 'EACCES')) throw refused(path, 'belongs to somebody else', error);
      throw error;
    }
  }

  /**
   * In a stage that others may write to, they could swap what is in it. Where the file system keeps no owners and modes no folder
   * can be withheld from them, the destination neither.
   */
  #checkOthers(path: Buffer): void {
    const [stage, own] = this.#opened.slice(1).map((fd) => this.#platform.fstat(fd)) as [Stat, Stat];
    if (!isPrivate(stage) && (isPrivate(own) || !areAlike(stage, own)))
      throw refused(path, 'can be written by others');
  }

  /** Removes what was made before something failed: at most two empty folders. */
  #takeBack(): void {
    const [above, stage, own] = this.#opened;
    try {
      this.#journal.leaveStage();
      if (own !== undefined) {
        for (const name of [JOURNAL_FILE, ...PROBE_NAMES]) {
          const path = this.#platform.pathIn(own, name);
          if (lstatOrNone(this.#platform, path)) this.#platform.unlink(path);
        }
      }
      if (stage !== undefined)
        removeEmpty(this.#platform, this.#platform.pathIn(stage, Buffer.from(this.run)));
      if (above !== undefined && stage !== undefined && this.#isRemovable(stage, above))
        removeEmpty(this.#platform, this.#platform.pathIn(above, this.#stageName));
    } catch {
      // what failed first is what is told; the next run removes what is left
    } finally {
      this.#close();
    }
  }

  /** It may have been made here: by nobody else, or where all are alike. */
  #isRemovable(stage: number, above: number): boolean {
    const made = this.#platform.fstat(stage);
    return isPrivate(made) || areAlike(made, this.#platform.fstat(above));
  }

  #close(): void {
    for (const fd of this.#opened.splice(0)) this.#platform.close(fd);
  }
}

/** @throws REFUSED for a stage that a run could not use, so that a dry run refuses it, too */
export function checkStage(platform: Platform, folder: Buffer, name: Buffer): void {
  const path = joinPath(folder, name);
  const stat = lstatOrNone(platform, path);
  if (!stat) return;
  if (stat.kind !== Kind.dir) throw refused(path, 'is in the way: it is no folder');
  // Where all have the same owner and mode, making one shows whether it could be another.
  if (!isPrivate(stat) && !areAlike(stat, platform.lstat(joinPath(folder, HERE))))
    throw refused(path, 'can be written by others');
}

/**
 * Asks whether a stage could be made in a folder, and makes none: for a dry run.
 * @throws what making it would: EACCES, EPERM, EROFS
 */
export function checkWritable(folder: Buffer): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
  }
}

function refused(path: Buffer, why: string, cause?: unknown): VaultError {
  return new VaultError('REFUSED', `${path.toString()} ${why}; nothing was changed`, {
    subject: path.toString(),
    hint: 'move it away, or restore to a folder that only you can write to',
    cause,
  });
}

/** What has become of a run that was interrupted. */
export interface Cleared {
  run: string;
  /** the destination is the new one; undefined where the run's journal is not there to tell */
  restored: boolean | undefined;
}

/**
 * Clears what runs of processes that are gone have left in a stage: finishes a promotion that had begun, removes the
 * rest. Runs of other hosts, and of processes that live, are left alone; so is a stage that another user may have made or written to,
 * whose journals could name any file, but for the run `gone`.
 * @param folder absolute; the folder that the stage `name` is in
 * @param gone a run that is known to be dead, although its journal may not have been begun, and the journal among its records
 * @param left called for each run that is left alone
 */
export async function clearLeftovers(
  platform: Platform,
  folder: Buffer,
  name: Buffer,
  environment: RunEnvironment,
  gone?: { run: string; journal: Buffer },
  left?: (owner: RunOwner) => void,
): Promise<Cleared[]> {
  const path = joinPath(folder, name);
  const stat = lstatOrNone(platform, path);
  if (stat?.kind !== Kind.dir || !mayClear(platform, folder, stat, gone !== undefined)) return [];
  const cleared: Cleared[] = [];
  const owns: (() => void)[] = [];
  const stage = platform.openFolder(path);
  try {
    const held = platform.fstat(stage);
    if (!mayClear(platform, folder, held, gone !== undefined)) return [];
    for (const run of namesIn(platform, platform.pathIn(stage, HERE))) {
      const isGoneRun = run.toString() === gone?.run;
      const own = platform.pathIn(stage, run);
      const stat = platform.lstat(own);
      if (stat.kind !== Kind.dir || !(isPrivate(held) ? isPrivate(stat) : isGoneRun)) continue;
      const path = isPrivate(held) ? joinPath(own, JOURNAL_FILE) : gone!.journal;
      const journal = journalOf(platform, path);
      if (!isGoneRun && !isDead(platform, own, journal, environment)) {
        if (journal?.owner) left?.(journal.owner);
        continue;
      }
      const restored = finish(platform, path, journal);
      await removeTree(platform, stage, run);
      owns.push(() => setOwn(platform, journal, restored));
      cleared.push({ run: run.toString(), restored });
    }
  } finally {
    platform.close(stage);
  }
  removeEmpty(platform, path);
  // Only now nothing more is removed in a destination that the stage lay in.
  for (const set of owns) set();
  return cleared;
}

/** What the coming and going of the stage has changed in a destination that it lay in. */
export function setOwn(
  platform: Platform,
  journal: Journal | undefined,
  restored: boolean | undefined,
): void {
  if (!journal?.owner) return;
  const { timeBefore, destination } = journal.owner;
  if (restored) setOwnMetadata(platform, journal.promotion!);
  else if (timeBefore) platform.setTimes(destination, ...timeBefore);
}

function finish(platform: Platform, path: Buffer, journal: Journal | undefined): boolean | undefined {
  if (!journal?.owner) return undefined;
  if (!journal.promotion || !journal.ready) return false;
  return finishPromotion(platform, journal.promotion, () => readChanges(platform, path));
}

/** A stage that others may write to is looked into only for one run, and where no folder can be withheld from them. */
function mayClear(platform: Platform, folder: Buffer, stage: Stat, forOne: boolean): boolean {
  return isPrivate(stage) || (forOne && areAlike(stage, platform.lstat(joinPath(folder, HERE))));
}

function journalOf(platform: Platform, path: Buffer): Journal | undefined {
  try {
    return readJournal(platform, path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP')) return undefined;
    throw error;
  }
}

function isDead(
  platform: Platform,
  run: Buffer,
  journal: Journal | undefined,
  environment: RunEnvironment,
): boolean {
  if (!journal?.owner) return !isYoung(platform, run, environment);
  return isGone(platform, journal.owner, environment, joinPath(run, JOURNAL_FILE));
}

/** Somebody may be about to write down whose a run's folder is, or be at work still. */
export function isYoung(platform: Platform, path: Buffer, { now }: RunEnvironment): boolean {
  const stat = lstatOrNone(platform, path);
  // What is gone by now is somebody else's to clear up.
  return !stat || Number(now() / 1_000_000_000n) - stat.mtimeS <= MOST_YOUTH_S;
}

/**
 * The process of a run is no more: never known of another host. One in another container, or on a host with another name and our machine id,
 * is taken for dead when it has been silent.
 * @param journal whose time it renews while it works
 */
export function isGone(
  platform: Platform,
  owner: HostProcess,
  environment: RunEnvironment,
  journal: Buffer,
): boolean {
  if (isWithinReach(owner, environment)) return endOf(owner, environment.bootId) !== undefined;
  return owner.hostId === environment.hostId && !isYoung(platform, journal, environment);
}

function removeEmpty(platform: Platform, path: Buffer): void {
  try {
    platform.rmdir(path);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')) throw error;
  }
}
