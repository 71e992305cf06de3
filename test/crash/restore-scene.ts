/**
 * A vault, a folder in use, and every way in which a restore, an undo or a prune changes that: what a process that is killed at
 * any call may leave, and what the next command must make of it.
 */
import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { isVaultError, listRestores, type Repository, type RunRecord, undoRestore } from '../../src/index.ts';
import { type Kept, take } from '../vault/kept.ts';
import { assertNoStage, assertSame, facts } from '../vault/restore/restored.ts';
import { mutationsOf } from './mutations.ts';
import { type Act, perform } from './restore-act.ts';

const sha256Of = (text: string) => hash('sha256', text);
const VICTIM = join(import.meta.dirname, 'restore-victim.ts');
const OLD = 1_000_000_000;
/** What is made by restores, beside or in a destination. */
const ARTIFACT = /^\.vault_restore|\.vault_stage$/;

export interface Way {
  name: string;
  /** from the scene's base */
  destination: string;
  /** what makes the new state of the old one, without `to` */
  act: Act;
  /** one name changes, so nothing half is seen at any moment; otherwise each of these is old or new */
  unit: 'all' | 'top name' | 'path';
  /** acted upon before, so that it can be undone or pruned */
  followUp?: 'undo' | 'prune';
}

const REPLACED: Way = {
  name: 'a folder by exchange',
  destination: 'here/folder',
  act: { verb: 'restore', revision: 'wanted', options: { replace: true, artifacts: 'record' } },
  unit: 'all',
};
const BY_NAME: Way = {
  name: 'a folder that holds the store, name by name',
  destination: 'root',
  act: { verb: 'restore', revision: 'wanted', options: { replace: true } },
  unit: 'top name',
};
const MERGED: Way = {
  name: 'a merge that deletes',
  destination: 'here/folder',
  act: { verb: 'restore', revision: 'wanted', options: { conflict: 'overwrite', deletes: true } },
  unit: 'path',
};
const FILE: Way = {
  name: 'a version of a file in its place',
  destination: 'root/a',
  act: { verb: 'restore', version: { path: 'a', sha256: sha256Of('the first') }, options: { inPlace: true } },
  unit: 'all',
};
/** Needs the right to mount: the destination is made one before. */
export const MOUNTED: Way = { ...BY_NAME, name: 'a mount point, name by name', destination: 'mount' };
/** Needs a user whom permissions hold back: the folder around the destination is closed before. */
export const LOCKED: Way = {
  ...BY_NAME,
  name: 'a folder whose parent cannot be written, name by name',
  destination: 'locked/folder',
};

export const WAYS: readonly Way[] = [
  ...[REPLACED, BY_NAME, MERGED, FILE],
  ...[REPLACED, BY_NAME, MERGED, FILE].map(
    (way): Way => ({ ...way, name: `${way.name}, undone`, followUp: 'undo' }),
  ),
  ...[REPLACED, MERGED, FILE].map(
    (way): Way => ({ ...way, name: `what ${way.name} replaced, pruned`, followUp: 'prune' }),
  ),
];

/** The restore to its own place, refused since that is in use. */
export const RESTORE_AGAIN = 2;

/** Where a process dies. */
export interface Death {
  /** of the calls that change the disk, from 1 */
  nth: number;
  when: 'before' | 'half' | 'after';
}

type State = Map<string, object>;

export class Scene {
  readonly kept: Kept;
  readonly vault: Repository;
  readonly way: Way;
  readonly records: Buffer;
  readonly destination: string;
  readonly #bystanders: string[];
  #seen: State = new Map();
  #old: State = new Map();
  #new: State = new Map();

  private constructor(kept: Kept, vault: Repository, way: Way) {
    this.kept = kept;
    this.vault = vault;
    this.way = way;
    this.records = Buffer.from(join(kept.base, 'state'));
    this.destination = join(kept.base, way.destination);
    this.#bystanders = [join(kept.base, 'outside'), join(kept.base, 'here'), kept.root];
  }

  /** @param vault made by `makeVault`; one scene at a time */
  static async make(kept: Kept, vault: Repository, way: Way): Promise<Scene> {
    const scene = new Scene(kept, vault, way);
    await scene.reset();
    scene.#old = scene.#state();
    await scene.act();
    scene.#new = scene.#state();
    return scene;
  }

  /** Puts everything as it was before anything died. */
  async reset(): Promise<void> {
    const { kept, destination, way } = this;
    rmSync(this.records, { recursive: true, force: true });
    const stays = way.unit === 'top name' ? [destination] : [];
    for (const folder of new Set([join(kept.base, 'here'), kept.root, ...stays])) clear(folder);
    makeFolder(kept.root, { a: 'the second', other: 'other' });
    symlinkSync('../outside', kept.at('planted'));
    lutimesSync(kept.at('planted'), OLD, OLD);
    if (way.destination !== 'root/a') {
      mkdirSync(destination, { recursive: true });
      chmodSync(destination, 0o755); // one that stays keeps what the last restore has made of it
      makeFolder(destination, { a: 'mine', same: 'same', 'docs/extra': 'mine', 'docs/deep/c': 'mine' });
      for (const name of ['docs/deep', 'docs', '']) utimesSync(join(destination, name), OLD + 5, OLD + 5);
    }
    if (way.followUp) await perform(this.vault, this.records, this.#restore());
    this.lookAround();
  }

  #restore(): Act {
    const { act } = this.way;
    return act.version ? act : { ...act, to: this.destination };
  }

  #victimAct(): Act {
    return this.way.followUp ? { verb: this.way.followUp } : this.#restore();
  }

  /** What the victim does, here, by a process that is dead afterwards. */
  async act(): Promise<void> {
    const environment = { ...this.kept.environment, startTime: '1' };
    await perform({ ...this.vault, environment }, this.records, this.#victimAct());
  }

  /** The calls of the victim, in order. */
  async calls(): Promise<string[]> {
    await this.reset();
    return mutationsOf(() => this.act());
  }

  /** A process dies there. False when it came to its end before. */
  async kill({ nth, when }: Death, act = this.#victimAct()): Promise<boolean> {
    const { base, ahead } = this.kept;
    const args = [VICTIM, base, String(ahead), JSON.stringify(act), String(nth), when];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') return true;
    assert.is(code, 0, `it ended by itself, with ${code ?? signal}`);
    return false;
  }

  /** At any moment: everything, each name or each path is the old one or the new one, and nothing else has changed. */
  assertNothingHalf(): void {
    const now = this.#state();
    if (this.way.followUp !== 'prune') {
      for (const unit of new Set(
        [...now.keys(), ...this.#old.keys(), ...this.#new.keys()].map((path) => this.#unitOf(path)),
      )) {
        const part = (state: State) => [...state].filter(([path]) => this.#unitOf(path) === unit);
        const found = JSON.stringify(part(now));
        const is = [this.#old, this.#new].some((state) => JSON.stringify(part(state)) === found);
        assert.ok(is, `${unit || 'the destination'} is half old, half new: ${found}`);
      }
    } else assertSame(now, this.#new);
    assertSame(this.#world(), this.#seen, 'which is somewhere else');
  }

  /** Everything is as it was, whatever has come beside it. */
  assertOld(story: string): void {
    assertSame(this.#state(), this.#old, story);
  }

  /** One of the commands that clear up. @param which any number; `RESTORE_AGAIN` knows of a stage also without a record of it */
  async next(which: number): Promise<void> {
    // A folder without a journal counts as one that is being made for an hour.
    this.kept.ahead += 2n * 3600n * 1_000_000_000n;
    const vault = { ...this.vault, environment: this.kept.environment };
    const commands = [
      () => perform(vault, this.records, { verb: 'list' }),
      () => take(vault, { restores: this.records }),
      () => perform(vault, this.records, { ...this.#restore(), to: this.destination, options: {} }),
      () => perform(vault, this.records, { verb: 'prune' }),
    ];
    try {
      await commands[which % (this.way.followUp === 'prune' ? 4 : 3)]!();
    } catch (error) {
      // What was restored is in use now.
      if (!isVaultError(error, 'REFUSED')) throw error;
    }
  }

  /**
   * After the next command: all is old or all is new, as the listing says, and nothing is left; what was done can be undone.
   * @param isLossy the record of a run that had not come to its end may be lost: then nobody can undo it
   */
  async assertCleared(isLossy = false): Promise<'old' | 'new'> {
    const runs = await this.#runs(isLossy);
    const { followUp } = this.way;
    if (followUp === 'prune') return this.#assertPruned(runs[0]!);
    assertNoStage(this.destination);
    const state = this.#state();
    const isUnknown = isLossy && runs.length === (followUp ? 1 : 0);
    const saysNew = followUp ? runs.at(-1)!.outcome === 'undone' : runs[0]?.outcome === 'restored';
    const outcome = (isUnknown ? isSame(state, this.#new) : saysNew) ? 'new' : 'old';
    assertSame(state, outcome === 'new' ? this.#new : this.#old);
    if (isUnknown) return outcome;
    this.#assertNothingLeft(runs);
    if (outcome === (followUp ? 'new' : 'old')) return outcome;
    await undoRestore({ records: this.records, environment: this.kept.environment });
    assertSame(this.#state(), followUp ? this.#new : this.#old, 'undone');
    this.#assertNothingLeft(await this.#runs(isLossy));
    return outcome;
  }

  #assertPruned({ previous, pruned }: RunRecord): 'old' | 'new' {
    assertSame(this.#state(), this.#new);
    assert.is(previous === undefined, pruned);
    const left = this.#besides().filter((name) => name.startsWith('.vault_restore'));
    assert.equal(left, previous ? [basename(previous.toString())] : []);
    return pruned ? 'new' : 'old';
  }

  async #runs(isLossy = false): Promise<RunRecord[]> {
    const runs = await listRestores({ records: this.records, environment: this.kept.environment });
    for (const { outcome, run } of runs) assert.is.not(outcome, 'running', run);
    const folders = existsSync(this.records.toString()) ? readdirSync(this.records.toString()) : [];
    if (!isLossy) assert.is(folders.length, runs.length, 'every record is listed');
    return runs;
  }

  #assertNothingLeft(runs: readonly RunRecord[]): void {
    assertNoStage(this.destination);
    const kept = runs.flatMap(({ previous }) => (previous ? [basename(previous.toString())] : []));
    const left = this.#besides().filter((name) => ARTIFACT.test(name));
    assert.equal(left.sort(), kept.sort(), 'what is kept is what is listed');
  }

  /** Names beside the destination, and in it where it stays. */
  #besides(): string[] {
    const folders = [dirname(this.destination), ...(this.way.unit === 'top name' ? [this.destination] : [])];
    return folders.flatMap((folder) => readdirSync(folder));
  }

  #unitOf(path: string): string {
    const { unit } = this.way;
    if (unit === 'all') return '';
    return unit === 'path' ? path : path.split('/')[0]!;
  }

  /** All of the destination; of folders that names come and go in not the time, which follows from that. */
  #state(): State {
    const { unit } = this.way;
    const found = facts(this.destination, ['.vault']);
    for (const [path, fact] of found) {
      if (ARTIFACT.test(path.split('/')[0]!)) found.delete(path);
      else if (!('size' in fact) && unit !== 'all') found.set(path, { ...fact, time: '' });
    }
    return found;
  }

  /** What has been done elsewhere since is as it should be. */
  lookAround(): void {
    this.#seen = this.#world();
  }

  /** Everything else: bystanders, the store but for its index, and what lies beside the destination. */
  #world(): State {
    const inside = (path: string) => path === this.destination || path.startsWith(`${this.destination}/`);
    const found: State = new Map();
    for (const folder of this.#bystanders) {
      for (const [path, fact] of facts(folder, ['.vault/index', '.vault/tmp'])) {
        const full = path === '' ? folder : join(folder, path);
        const names = path.split('/');
        if (inside(full) && !full.startsWith(this.kept.at('.vault'))) continue;
        if (names.some((name) => ARTIFACT.test(name))) continue;
        found.set(full, 'size' in fact ? fact : { ...fact, time: '' });
      }
    }
    return found;
  }
}

function isSame(one: State, other: State): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other]);
}

/** A vault with two versions of a folder, and bystanders, for scenes. */
export async function makeVault(kept: Kept): Promise<Repository> {
  const outside = join(kept.base, 'outside');
  for (const folder of [outside, join(kept.base, 'here')]) mkdirSync(folder);
  makeFolder(outside, { file: 'outside' });
  symlinkSync('a', kept.at('link'));
  lutimesSync(kept.at('link'), OLD, OLD);
  const vault = await kept.init();
  for (const [content, tag] of [['the first'], ['the second', 'wanted']] as const) {
    makeFolder(kept.root, { a: content, same: 'same', 'docs/b': content, 'docs/deep/c': content });
    await take(vault, tag === undefined ? {} : { tag });
  }
  return vault;
}

/** Files and the folders that they need, all of one time. */
function makeFolder(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path) && readFileSync(path, 'utf8') === content) continue;
    rmSync(path, { force: true });
    writeFileSync(path, content);
    utimesSync(path, OLD + content.length, OLD + content.length);
  }
  for (const path of new Set(Object.keys(files).map((name) => dirname(join(folder, name)))))
    utimesSync(path, OLD, OLD);
}

/** Removes everything in a folder but for its vault. */
function clear(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name !== '.vault') rmSync(join(folder, name), { recursive: true, force: true });
  }
}
