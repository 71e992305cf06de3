/**
 * Puts what was staged in its place, by renames alone: first a list of steps, which the journal keeps, then the steps.
 *
 * What is replaced goes to `.vault_restore_previous_<name>_<run>` and is never in a place that anything removes: a crash
 * between any two steps leaves each thing in one of two known places, and `finishPromotion` takes the steps that are
 * missing. Where the file system can exchange two names, the destination is at no time absent.
 */

import { VaultError } from '../errors.ts';
import { Kind } from '../objects/model.ts';
import { joinPath } from '../objects/names.ts';
import { hasCode } from '../platform/errno.ts';
import type { Platform } from '../platform/platform.ts';
import { isRestoreArtifact } from './exclusions.ts';
import type { PromotionStep } from './restore-journal.ts';
import { previousName } from './restore-names.ts';
import { lastName, lstatOrNone, type Place, parentOf } from './restore-place.ts';
import { makePrivate } from './restore-private.ts';

const OWNER_WRITES = 0o200;

/** Names that one restore exchanges one by one: what fits the journal and memory. */
const MOST_STEPS = 400_000;

export interface Promotion {
  steps: PromotionStep[];
  /** where what is replaced goes; undefined when there is nothing */
  previous: Buffer | undefined;
}

/**
 * What has to be done, from what is there now. Changes nothing but for a probe in the run's folder.
 * @param staged absolute path of what was staged
 * @throws REFUSED when the destination is no longer what the place says
 */
export function planPromotion(platform: Platform, place: Place, staged: Buffer, run: string): Promotion {
  const { destination, way } = place;
  const there = lstatOrNone(platform, destination);
  if (way === 'new') {
    if (there) throw appeared(destination);
    return { steps: [move(platform, staged, destination)], previous: undefined };
  }
  if (!there) throw gone(destination);
  const folder = way === 'entries' ? destination : parentOf(destination);
  const previous = joinPath(folder, previousName(lastName(destination), run));
  const canExchange = probeExchange(platform, parentOf(staged));
  if (way === 'entries') return planEntries(platform, place, staged, previous, canExchange);
  const steps = swap(platform, staged, destination, previous, canExchange);
  if (!place.wasEmpty) return { steps, previous };
  // An empty folder is not worth keeping: exchanged, it goes with the stage.
  return { steps: canExchange ? steps.slice(0, 1) : steps, previous: canExchange ? undefined : previous };
}

/** Name by name; what is there and not restored goes to the previous ones, too. */
function planEntries(
  platform: Platform,
  { destination, kept }: Place,
  staged: Buffer,
  previous: Buffer,
  canExchange: boolean,
): Promotion {
  const isKept = (name: Buffer) => isRestoreArtifact(name) || kept.some((other) => other.equals(name));
  const steps: PromotionStep[] = [];
  let replaced = false;
  for (const name of namesOf(platform, staged)) {
    if (isKept(name)) throw inTheWay(joinPath(destination, name));
    const from = joinPath(staged, name);
    const to = joinPath(destination, name);
    if (lstatOrNone(platform, to)) {
      replaced = true;
      steps.push(...swap(platform, from, to, joinPath(previous, name), canExchange));
    } else steps.push(move(platform, from, to));
    if (steps.length > MOST_STEPS) throw tooMany(destination);
  }
  for (const name of namesOf(platform, destination)) {
    if (isKept(name) || lstatOrNone(platform, joinPath(staged, name))) continue;
    replaced = true;
    steps.push(move(platform, joinPath(destination, name), joinPath(previous, name)));
    if (steps.length > MOST_STEPS) throw tooMany(destination);
  }
  return { steps, previous: replaced ? previous : undefined };
}

function swap(
  platform: Platform,
  from: Buffer,
  to: Buffer,
  previous: Buffer,
  canExchange: boolean,
): PromotionStep[] {
  const old = { ...identity(platform, to), type: 'move' as const, to: previous };
  if (!canExchange) return [{ ...old, from: to }, move(platform, from, to)];
  return [
    { type: 'exchange', from, to, ...identity(platform, from) },
    { ...old, from },
  ];
}

function move(platform: Platform, from: Buffer, to: Buffer): PromotionStep {
  return { type: 'move', from, to, ...identity(platform, from) };
}

function identity(platform: Platform, path: Buffer): { dev: number; ino: number | bigint } {
  const { dev, ino } = platform.lstat(path);
  return { dev, ino };
}

/**
 * Takes the steps in order. When one fails, those before it are taken back, and the error is thrown.
 * @param make folders that are needed first, outermost first
 */
export function promote(platform: Platform, promotion: Promotion, make: readonly Buffer[]): void {
  const done: PromotionStep[] = [];
  try {
    makeFolders(platform, make);
    for (const step of promotion.steps) {
      takeStep(platform, step);
      done.push(step);
    }
    syncFolders(platform, promotion.steps);
  } catch (error) {
    for (const step of done.reverse()) takeBack(platform, step);
    removeMade(platform, promotion, make);
    throw error;
  }
}

/**
 * Takes those steps that a dead run has written down and not taken; none when it had not taken the first: then the
 * destination is as it was. May be repeated.
 */
export function finishPromotion(platform: Platform, steps: readonly PromotionStep[]): void {
  if (!steps[0] || isPending(platform, steps[0])) return;
  for (const step of steps) if (isPending(platform, step)) takeStep(platform, step);
  syncFolders(platform, steps);
}

function takeStep(platform: Platform, { type, from, to }: PromotionStep): void {
  // The first of the previous entries makes the folder for them.
  const folder = parentOf(to);
  if (type === 'move' && !lstatOrNone(platform, folder)) makePrivate(platform, folder);
  rename(platform, type, from, to);
}

function takeBack(platform: Platform, { type, from, to }: PromotionStep): void {
  rename(platform, type, to, from);
}

/** rename(2) asks for the right to write to a folder that moves, for its `..`: who has none gets it for the while. */
function rename(platform: Platform, type: PromotionStep['type'], from: Buffer, to: Buffer): void {
  const act = () => (type === 'exchange' ? platform.exchange(from, to) : platform.renameNoReplace(from, to));
  try {
    act();
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    const modes = [from, to].map((path) => unlock(platform, path));
    try {
      act();
      modes.reverse();
    } finally {
      lock(platform, from, modes[0]);
      lock(platform, to, modes[1]);
    }
  }
}

/** The mode that a folder had, if it had to be changed. */
function unlock(platform: Platform, path: Buffer): number | undefined {
  const stat = lstatOrNone(platform, path);
  if (stat?.kind !== Kind.dir || (stat.mode & OWNER_WRITES) !== 0) return undefined;
  platform.chmod(path, stat.mode | OWNER_WRITES);
  return stat.mode;
}

function lock(platform: Platform, path: Buffer, mode: number | undefined): void {
  if (mode !== undefined) platform.chmod(path, mode);
}

/** What a step moves is still where it was. */
function isPending(platform: Platform, { from, dev, ino }: PromotionStep): boolean {
  const there = lstatOrNone(platform, from);
  return there?.ino === ino && there.dev === dev;
}

function makeFolders(platform: Platform, folders: readonly Buffer[]): void {
  for (const folder of folders) {
    try {
      platform.mkdir(folder, 0o777);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

function removeMade(platform: Platform, { previous }: Promotion, made: readonly Buffer[]): void {
  for (const folder of [...(previous ? [previous] : []), ...made.toReversed()]) {
    try {
      platform.rmdir(folder);
    } catch {
      // it is not empty, not a folder, or was never made
    }
  }
}

/** The renames outlive a power loss. */
function syncFolders(platform: Platform, steps: readonly PromotionStep[]): void {
  const folders = new Map<string, Buffer>();
  for (const { to } of steps) {
    const folder = parentOf(to);
    folders.set(folder.toString('latin1'), folder);
  }
  for (const folder of folders.values()) {
    platform.fsyncDirectory(folder);
    platform.fsyncDirectory(parentOf(folder));
  }
}

/** Tries an exchange of two files in the run's own folder: file systems differ. */
function probeExchange(platform: Platform, folder: Buffer): boolean {
  if (!platform.abilities.exchange) return false;
  const names = ['probe-a', 'probe-b'].map((name) => joinPath(folder, Buffer.from(name))) as [Buffer, Buffer];
  for (const name of names) platform.close(platform.createFile(name, 0o600));
  try {
    platform.exchange(...names);
    return true;
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'ENOSYS', 'ENOTSUP')) return false;
    throw error;
  } finally {
    for (const name of names) platform.unlink(name);
  }
}

function namesOf(platform: Platform, folder: Buffer): Buffer[] {
  const directory = platform.openDirectory(folder);
  try {
    return Array.from({ length: directory.length }, (_, i) => Buffer.from(directory.name(i)));
  } finally {
    directory.close();
  }
}

function appeared(path: Buffer): VaultError {
  return new VaultError('REFUSED', `${path.toString()} has appeared meanwhile; nothing was changed`, {
    subject: path.toString(),
    hint: 'restore again',
  });
}

function gone(path: Buffer): VaultError {
  return new VaultError('REFUSED', `${path.toString()} has gone meanwhile; nothing was changed`, {
    subject: path.toString(),
    hint: 'restore again',
  });
}

function tooMany(path: Buffer): VaultError {
  return new VaultError('REFUSED', `${path.toString()} holds too many names to be replaced one by one`, {
    subject: path.toString(),
    hint: 'restore elsewhere with --to',
  });
}

function inTheWay(path: Buffer): VaultError {
  return new VaultError('REFUSED', `${path.toString()} is in the way, and must stay; nothing was changed`, {
    subject: path.toString(),
    hint: 'restore elsewhere with --to',
  });
}
