/**
 * Puts back what a restore has replaced or removed, and takes away what it has made: a run like any other, with a journal of its
 * own, whose stage is what the first one has kept. Nothing is lost: what the undone run had put there, with all that has been
 * changed in it since, is kept in turn.
 */
import { VaultError } from '../../errors.ts';
import { joinPath } from '../../objects/names.ts';
import { hasCode } from '../../platform/errno.ts';
import type { Platform } from '../../platform/platform.ts';
import { processOf } from '../../platform/processes.ts';
import { getPlatform } from '../../platform/select.ts';
import { diskError } from './journal/errors.ts';
import {
  type Change,
  type Identity,
  JOURNAL_FILE,
  JournalWriter,
  type Promotion,
  readChanges,
  readJournal,
} from './journal/journal.ts';
import { setOwnMetadata } from './metadata/own.ts';
import { mountsBelow } from './place/mounts.ts';
import { previousName } from './place/names.ts';
import { below, lastName, lstatOrNone, parentOf } from './place/paths.ts';
import { Reach } from './place/reach.ts';
import { probeRenames } from './promotion/changes.ts';
import { promote, tidyUndone } from './promotion/promote.ts';
import {
  addToRecord,
  endFields,
  findRun,
  type ListRunsOptions,
  listRestores,
  type RunRecord,
  removeRecord,
} from './records/records.ts';
import { RunFolder, runName } from './records/run.ts';

const NOTHING = Buffer.alloc(0);

export interface UndoOptions extends ListRunsOptions {
  /** the whole name or how it begins or ends; undefined: the last one that has changed something and was not undone */
  run?: string;
  dryRun?: boolean;
}

export interface UndoResult {
  /** the run that was undone */
  undone: string;
  run: string;
  destination: Buffer;
  /** names that were put back or taken away */
  changes: number;
  /** where what the restore had put there is kept now */
  previous: Buffer | undefined;
}

/**
 * @throws NOT_FOUND when there is no such run; REFUSED when it cannot be undone, or a later one must be first; errors of the
 *   disk, after which everything is as it was
 */
export async function undoRestore(options: UndoOptions): Promise<UndoResult> {
  const { platform = getPlatform() } = options;
  const runs = await listRestores(options);
  const record = chooseRun(runs, options.run);
  checkOrder(runs, record);
  const { destination } = record.owner;
  try {
    return await undo(platform, options, record);
  } catch (error) {
    throw diskError(error, 'undo the restore to', destination, 'nothing was changed');
  }
}

function chooseRun(runs: readonly RunRecord[], name: string | undefined): RunRecord {
  // Never an earlier one where the last cannot be undone: that is another folder, which nobody thinks of.
  const stands = ({ outcome, changes, owner }: RunRecord) =>
    outcome === 'restored' && changes > 0 && owner.undoes === undefined;
  const record = name === undefined ? runs.find(stands) : findRun(runs, name);
  if (!record) {
    throw new VaultError('NOT_FOUND', 'there is no restore to undo', {
      hint: '`vault restore --list` shows the restores of this vault on this host',
    });
  }
  const reason = whyNot(record);
  if (reason === undefined) return record;
  throw new VaultError('REFUSED', `${record.run} cannot be undone: ${reason}`, {
    hint: '`vault restore --list` shows what can be: `vault restore --undo RUN`',
    subject: record.run,
  });
}

/** Why a run cannot be undone; undefined when it can. */
export function whyNot(record: RunRecord): string | undefined {
  const { outcome, changes, pruned, owner, undoneBy, buriedBy } = record;
  if (owner.undoes !== undefined) return 'it is itself an undo; restore again instead';
  if (outcome === 'undone') return `${undoneBy} has done so`;
  if (outcome !== 'restored') return 'it has not restored anything';
  if (changes === 0) return 'it has changed nothing';
  if (pruned) return 'what it replaced has been removed';
  return buriedBy && `${buriedBy} came after it, to the same place, and what that replaced has been removed`;
}

/** @throws REFUSED when a later restore went to the same place */
function checkOrder(runs: readonly RunRecord[], { run, time, owner }: RunRecord): void {
  const later = runs.find(
    (other) =>
      other.time > time && other.owner.destination.equals(owner.destination) && whyNot(other) === undefined,
  );
  if (!later) return;
  throw new VaultError(
    'REFUSED',
    `${later.run} came after ${run}, and to the same place; nothing was changed`,
    {
      hint: `undo that one first: \`vault restore --undo ${later.run}\``,
      subject: run,
    },
  );
}

async function undo(platform: Platform, options: UndoOptions, record: RunRecord): Promise<UndoResult> {
  const { environment, records } = options;
  const before = readJournal(platform, joinPath(record.folder, JOURNAL_FILE)).promotion;
  if (!before) {
    throw new VaultError('DAMAGED', `the journal of ${record.run} is not whole`, { subject: record.run });
  }
  const run = runName(environment);
  const { destination } = before;
  const inverse = () => inverseChanges(platform, before, joinPath(record.folder, JOURNAL_FILE));
  const result = { undone: record.run, run, destination };
  if (options.dryRun) return { ...result, changes: count(inverse()), previous: undefined };
  const { snapshot, path, stageFolder, stageName } = record.owner;
  const inside = stageFolder.equals(destination) ? platform.lstat(destination) : undefined;
  const journal = new JournalWriter(platform, () => environment.now(), {
    ...{ run, undoes: record.run, snapshot, path, destination, stageFolder, stageName, dryRun: false },
    ...(inside && { timeBefore: [inside.mtimeS, inside.mtimeNs] }),
    ...processOf(environment),
  });
  const own = joinPath(records, Buffer.from(run));
  platform.mkdir(own, 0o700);
  try {
    journal.addCopy(joinPath(own, JOURNAL_FILE));
    for (const folder of [own, records]) platform.fsyncDirectory(folder);
    // With the folder that all of it lay in, nothing is left to be taken away.
    const { changes, previous } = lstatOrNone(platform, stageFolder)
      ? await putBack(platform, journal, record, before, run, inverse)
      : { changes: count(inverse()), previous: undefined };
    addToRecord(record.folder, environment.now(), 'undone', { by: run });
    journal.line('end', endFields('restored', changes, previous));
    return { ...result, changes, previous };
  } catch (error) {
    await removeRecord(platform, records, run);
    throw error;
  } finally {
    journal.close();
  }
}

async function putBack(
  platform: Platform,
  journal: JournalWriter,
  { owner: { stageFolder, stageName } }: RunRecord,
  before: Promotion,
  run: string,
  inverse: () => Iterable<Change>,
): Promise<{ changes: number; previous: Buffer | undefined }> {
  const { destination, previous: kept } = before;
  const previous = joinPath(parentOf(kept), previousName(lastName(destination), run));
  const folder = new RunFolder(platform, stageFolder, stageName, run, journal);
  let promotion: Promotion;
  let changes = 0;
  let isKept = false;
  try {
    promotion = {
      ...{ destination, staged: kept, previous, missing: [], wasEmpty: false },
      ...probeRenames(platform, folder.path),
      own: before.own && { fresh: before.own.old, old: before.own.fresh },
    };
    journal.promotion(promotion);
    for (const change of inverse()) {
      journal.change(change);
      changes++;
      isKept ||= change.type !== 'create';
    }
    journal.ready(changes);
    folder.settle();
    promote(platform, promotion, changes, () => readChanges(platform, joinPath(folder.path, JOURNAL_FILE)));
  } finally {
    await folder.remove();
  }
  tidyUndone(platform, before);
  setOwnMetadata(platform, promotion);
  return { changes, previous: isKept ? previous : undefined };
}

function count(changes: Iterable<unknown>): number {
  let found = 0;
  for (const _ of changes) found++;
  return found;
}

/**
 * What takes the changes of a run back, from what is there now: what the user has put in a place since goes where what the
 * run had put there goes.
 * @throws REFUSED when something that was replaced is no longer kept, the folder is gone that it lay in, or something is mounted
 *   in what would move
 */
function* inverseChanges(
  platform: Platform,
  { destination, previous, wasEmpty, byPlace }: Promotion,
  journal: Buffer,
): Generator<Change, void, undefined> {
  const there = new Reach(platform, destination);
  const kept = new Reach(platform, previous);
  const mounts = [destination, previous].map((folder) => ({ folder, inside: mountsBelow(platform, folder) }));
  try {
    for (const { type, path, old } of readChanges(platform, journal)) {
      for (const { folder, inside } of mounts) checkNoneMounted(folder, inside, path);
      const now = identityAt(platform, there, path);
      if (type === 'create' || wasEmpty) {
        if (now) yield { type: 'remove', path, fresh: undefined, old: now };
        continue;
      }
      const fresh = identityAt(platform, kept, path);
      if (!fresh || !(byPlace || fresh.ino === old?.ino)) throw lost(below(previous, path));
      if (!now) checkFolder(there, destination, path);
      yield { type: now ? 'replace' : 'create', path, fresh, old: now };
    }
  } finally {
    there.close();
    kept.close();
  }
}

/** What is mounted in something that is moved would go along, and into what is kept. @param inside mount points, from `folder` */
function checkNoneMounted(folder: Buffer, inside: readonly Buffer[], path: Buffer): void {
  const start = path.length === 0 ? path : joinPath(path, NOTHING);
  const mount = inside.find((one) => one.equals(path) || one.subarray(0, start.length).equals(start));
  if (!mount) return;
  const full = joinPath(folder, mount).toString();
  throw new VaultError(
    'REFUSED',
    `${full} is a mount point, and lies in what would move; nothing was changed`,
    {
      hint: 'unmount it, then undo again',
      subject: full,
    },
  );
}

function identityAt(platform: Platform, reach: Reach, path: Buffer): Identity | undefined {
  try {
    const stat = lstatOrNone(platform, reach.at(path));
    return stat && { dev: stat.dev, ino: stat.ino };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function checkFolder(there: Reach, destination: Buffer, path: Buffer): void {
  try {
    there.at(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const folder = parentOf(below(destination, path)).toString();
    throw new VaultError(
      'REFUSED',
      `${folder} is gone, which something lay in that was replaced; nothing was changed`,
      {
        hint: 'make that folder, then undo again',
        subject: folder,
        cause: error,
      },
    );
  }
}

function lost(path: Buffer): VaultError {
  return new VaultError(
    'REFUSED',
    `${path.toString()}, which was replaced, is no longer kept; nothing was changed`,
    {
      hint: 'restore the version you want instead',
      subject: path.toString(),
    },
  );
}
