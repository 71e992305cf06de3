/**
 * The runs of one vault's restores on this host, `<records>/<run>/execution_journal.jsonl`: what there was, what has become of
 * it, and what it takes to undo it.
 */
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { VaultError } from '../../../errors.ts';
import { nameFields, nameFrom } from '../../../objects/json-names.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { HostProcess } from '../../../platform/processes.ts';
import { getPlatform } from '../../../platform/select.ts';
import { formatTime } from '../../../refs/dates.ts';
import {
  JOURNAL_FILE,
  type Journal,
  type JsonLine,
  type Outcome,
  parseLine,
  parseOwner,
  parseProcess,
  type RunOwner,
  readChanges,
  readJournal,
  readLines,
} from '../journal/journal.ts';
import { lstatOrNone, namesIn } from '../place/paths.ts';
import { removePath } from '../place/remove.ts';
import type { RunEnvironment } from '../plan/options.ts';
import { isMade, tidyUndone } from '../promotion/promote.ts';
import { clearLeftovers, isGone, isYoung, setOwn } from './run.ts';

/** The newest runs that are looked at. */
const MOST_RUNS = 10_000;
/** The newest runs that every command looks at for interrupted ones: some 30 µs each. */
const MOST_RECOVERED = 500;
/** The end of a journal: what comes after its changes. */
const TAIL_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

export interface RunRecord {
  run: string;
  owner: RunOwner;
  /** RFC 3339 */
  time: string;
  /** `running`: it works, or was interrupted on another host */
  outcome: Outcome | 'running' | 'undone';
  /** names that were changed */
  changes: number;
  /** names that it had to leave out: then it is not whole. Of one that was interrupted nobody knows */
  leftOut: number;
  /** where it keeps what it replaced; undefined when there was nothing, and when it was removed since */
  previous: Buffer | undefined;
  /** the run that has undone this one */
  undoneBy: string | undefined;
  /** the previous state has been removed, or a part of it: it cannot be undone */
  pruned: boolean;
  /** a later run to the same place that can no longer be undone, and so this one neither */
  buriedBy: string | undefined;
  /** who removes it; undefined when it is done */
  pruner: HostProcess | undefined;
  /** of its record */
  folder: Buffer;
}

export interface ListRunsOptions {
  /** absolute; need not be there */
  records: Buffer;
  environment: RunEnvironment;
  platform?: Platform;
}

/** The runs, newest first; one that was interrupted is finished or rolled back before. */
export async function listRestores(options: ListRunsOptions): Promise<RunRecord[]> {
  const { records, environment, platform = getPlatform() } = options;
  await recoverRuns(platform, records, environment);
  return listRuns(platform, records);
}

/** The runs as their journals have them, newest first. @param records absolute; need not be there */
export function readRuns(platform: Platform, records: Buffer): RunRecord[] {
  const names = newestNames(platform, records, MOST_RUNS);
  const runs = names.flatMap((name) => readRecord(platform, joinPath(records, name)) ?? []);
  // Names tell runs of one second apart, but not in their order.
  return runs.sort((a, b) => (a.time < b.time ? 1 : -1));
}

/** The same with what is to be seen of them on the disk. */
function listRuns(platform: Platform, records: Buffer): RunRecord[] {
  const runs = readRuns(platform, records);
  const stays = new Map<string, string>();
  for (const record of runs) {
    // By a person: it is as if it had been pruned.
    if (record.previous && !lstatOrNone(platform, record.previous)) {
      record.previous = undefined;
      record.pruned = true;
    }
    const { owner, outcome, changes, pruned, run } = record;
    const place = owner.destination.toString('latin1');
    record.buriedBy = stays.get(place);
    if (pruned && outcome === 'restored' && owner.undoes === undefined && changes > 0) stays.set(place, run);
  }
  return runs;
}

function newestNames(platform: Platform, records: Buffer, limit: number): Buffer[] {
  return lstatOrNone(platform, records) ? namesIn(platform, records).reverse().slice(0, limit) : [];
}

function readRecord(platform: Platform, folder: Buffer): RunRecord | undefined {
  const path = joinPath(folder, JOURNAL_FILE);
  try {
    const [head] = readLines(platform, path);
    const owner = head && parseOwner(head);
    if (!owner) return undefined;
    return summarize(owner, String(head.time), folder, readTail(platform, path));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function summarize(owner: RunOwner, time: string, folder: Buffer, tail: JsonLine[]): RunRecord {
  const record: RunRecord = {
    run: owner.run,
    owner,
    time,
    outcome: 'running',
    changes: 0,
    leftOut: 0,
    previous: undefined,
    undoneBy: undefined,
    pruned: false,
    buriedBy: undefined,
    pruner: undefined,
    folder,
  };
  for (const line of tail) {
    if (line.type === 'end') {
      record.outcome = line.outcome as Outcome;
      record.changes = Number(line.changes ?? 0);
      record.leftOut = Number(line.left_out ?? 0);
      record.previous = nameFrom(line, 'previous');
    } else if (line.type === 'undone') {
      record.outcome = 'undone';
      record.undoneBy = String(line.by);
      record.previous = undefined;
    } else if (line.type === 'prune') {
      record.pruned = true;
      record.pruner = parseProcess(line);
    } else if (line.type === 'pruned') {
      record.previous = undefined;
      record.pruner = undefined;
    }
  }
  return record;
}

function readTail(platform: Platform, path: Buffer): JsonLine[] {
  const fd = platform.openForRead(path);
  try {
    const { size } = platform.fstat(fd);
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const length = platform.read(fd, bytes, from);
    const lines = bytes.toString('utf8', 0, length).split('\n');
    return lines.slice(0, -1).flatMap((line): JsonLine[] => {
      const parsed = parseLine(line);
      return parsed ? [parsed] : [];
    });
  } finally {
    platform.close(fd);
  }
}

/** What a finished run says last. @param leftOut names that it had to leave out */
export function endFields(
  outcome: Outcome,
  changes: number,
  previous: Buffer | undefined,
  leftOut = 0,
): object {
  const lost = leftOut > 0 && { left_out: leftOut };
  return { outcome, changes, ...lost, ...(previous && nameFields(previous, 'previous')) };
}

/** Adds a line to the journal of a run that is over: durable when it returns. */
export function addToRecord(folder: Buffer, now: bigint, type: string, fields: object): void {
  const line = JSON.stringify({ type, time: formatTime(now), ...fields });
  const journal = joinPath(folder, JOURNAL_FILE);
  appendFileSync(journal, `${isTorn(journal) ? '\n' : ''}${line}\n`, { flush: true });
}

/** A process died in the middle of its last line. */
function isTorn(journal: Buffer): boolean {
  const fd = openSync(journal, 'r');
  try {
    const last = Buffer.alloc(1);
    const { size } = fstatSync(fd);
    return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
  } finally {
    closeSync(fd);
  }
}

/** Finishes or rolls back runs of this host that were interrupted, wherever they went. What may not be looked at is left alone. */
export async function recoverRuns(
  platform: Platform,
  records: Buffer,
  environment: RunEnvironment,
): Promise<void> {
  let names: Buffer[];
  try {
    names = newestNames(platform, records, MOST_RECOVERED);
  } catch (error) {
    // The home folder is that of somebody else: so are the runs.
    if (hasCode(error, 'EACCES')) return;
    throw error;
  }
  for (const name of names) {
    const folder = joinPath(records, name);
    const record = readRecord(platform, folder);
    if (!record) removeUnbegun(platform, folder, environment);
    else if (record.outcome === 'running') await recoverRun(platform, records, record, environment);
    else if (record.pruner) await recoverPruning(platform, record, environment);
  }
}

async function recoverRun(
  platform: Platform,
  records: Buffer,
  { owner, folder, run }: RunRecord,
  environment: RunEnvironment,
): Promise<void> {
  if (!isGone(platform, owner, environment, joinPath(folder, JOURNAL_FILE))) return;
  const isLeft = lstatOrNone(platform, joinPath(owner.stageFolder, owner.stageName)) !== undefined;
  const gone = { run, journal: joinPath(folder, JOURNAL_FILE) };
  const cleared = await clearLeftovers(platform, owner.stageFolder, owner.stageName, environment, gone);
  const own = cleared.find((one) => one.run === run);
  const { restored, changes, previous, journal } = whatHappened(platform, folder, own?.restored);
  // A run may also have died after its stage was gone, and before the last of its work.
  if (own?.restored === undefined && (restored || isLeft)) setOwn(platform, journal, restored);
  const undone = restored && owner.undoes !== undefined && joinPath(records, Buffer.from(owner.undoes));
  if (undone) {
    tidyUndone(platform, readJournal(platform, joinPath(undone, JOURNAL_FILE)).promotion);
    setOwn(platform, journal, true);
  }
  const fields = endFields(restored ? 'restored' : 'failed', changes, previous);
  if (undone) addToRecord(undone, environment.now(), 'undone', { by: run });
  addToRecord(folder, environment.now(), 'end', { ...fields, interrupted: true });
}

async function recoverPruning(
  platform: Platform,
  { folder, previous, pruner }: RunRecord,
  environment: RunEnvironment,
): Promise<void> {
  if (!previous || !pruner) return;
  if (!isGone(platform, pruner, environment, joinPath(folder, JOURNAL_FILE))) return;
  try {
    await finishPruning(platform, environment, folder, previous);
  } catch {
    // Nothing depends on it; `restore --prune-previous` says why it cannot be removed.
  }
}

/** Removes the previous state of a run whose removal has begun. */
export async function finishPruning(
  platform: Platform,
  environment: RunEnvironment,
  folder: Buffer,
  previous: Buffer,
): Promise<void> {
  await removePath(platform, previous);
  addToRecord(folder, environment.now(), 'pruned', {});
}

/** Removes a record in which a process that died has not even written down whose it is. */
function removeUnbegun(platform: Platform, folder: Buffer, environment: RunEnvironment): void {
  const journal = joinPath(folder, JOURNAL_FILE);
  if (hasHead(platform, journal) || isYoung(platform, folder, environment)) return;
  try {
    if (lstatOrNone(platform, journal)) platform.unlink(journal);
    platform.rmdir(folder);
  } catch (error) {
    // Whatever else is there is none of ours.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT')) throw error;
  }
}

/** Something is written down, by whatever version. */
function hasHead(platform: Platform, journal: Buffer): boolean {
  try {
    return readLines(platform, journal).next().done !== true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    if (hasCode(error, 'ENOTDIR', 'ELOOP')) return true;
    throw error;
  }
}

/** @param restored as who has cleared it up says; undefined when that was somebody else */
function whatHappened(
  platform: Platform,
  folder: Buffer,
  restored: boolean | undefined,
): { restored: boolean; changes: number; previous: Buffer | undefined; journal: Journal } {
  const path = joinPath(folder, JOURNAL_FILE);
  const journal = readJournal(platform, path);
  const { promotion, ready } = journal;
  if (!promotion || !ready) return { restored: false, changes: 0, previous: undefined, journal };
  let changes = 0;
  let isDone = restored;
  for (const change of readChanges(platform, path)) {
    changes++;
    isDone ??= isMade(platform, promotion, change);
  }
  const isKept = isDone === true && lstatOrNone(platform, promotion.previous) !== undefined;
  return { restored: isDone === true, changes, previous: isKept ? promotion.previous : undefined, journal };
}

/** Forgets a run. */
export function removeRecord(platform: Platform, records: Buffer, run: string): Promise<void> {
  return removePath(platform, joinPath(records, Buffer.from(run)));
}

/**
 * The run that is meant: its whole name or how it begins or ends.
 * @throws NOT_FOUND, AMBIGUOUS
 */
export function findRun(runs: readonly RunRecord[], name: string): RunRecord {
  const found = runs.filter(({ run }) => run === name || run.startsWith(name) || run.endsWith(`-${name}`));
  const exact = found.find(({ run }) => run === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact) return exact;
  const hint = '`vault restore --list` shows the runs';
  if (found.length === 0)
    throw new VaultError('NOT_FOUND', `no restore is called ${JSON.stringify(name)}`, { hint });
  throw new VaultError('AMBIGUOUS', `${found.length} restores are called ${JSON.stringify(name)}`, {
    hint,
    details: found.map(({ run }) => run),
  });
}
