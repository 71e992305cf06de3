/** What a vault goes through while its disk is recorded, and what it has acknowledged when. */

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  applyForget,
  collectGarbage,
  deleteTag,
  type Environment,
  initVault,
  ObjectType,
  planForgetByName,
  type Repository,
  rebuildIndex,
  setTag,
  undelete,
} from '../../src/index.ts';
import { type Kept, type Taken, take } from '../vault/kept.ts';
import { DiskLog, type DiskOp } from './disk-log.ts';

/** What a step has decided. */
export type Decided = { kind: 'vault' } | DecidedSnapshot | { kind: 'tag' | 'no tag'; name: string };

export interface DecidedSnapshot {
  kind: 'kept' | 'forgotten';
  taken: Taken;
  /** path → content in base64 */
  contents: Map<string, string>;
}

/** Holds from `at` operations on; from `begun` on it may. */
export interface Acknowledged {
  begun: number;
  at: number;
  what: Decided;
}

export interface Recording {
  ops: DiskOp[];
  /** a copy of the index as it was at the end */
  index: string;
  acknowledged: Acknowledged[];
}

/** A process that is gone after the crash. */
function crashed(environment: Environment): Environment {
  return { ...environment, bootId: 'before the crash', pid: 4_000_000, startTime: '1' };
}

/** Every byte differs: nothing is deduplicated by accident. */
export function bytesOf(name: string, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; parts.length * 32 < length; i++)
    parts.push(createHash('sha256').update(`${name} ${i}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

export class Scenario {
  readonly #kept: Kept;
  readonly #log: DiskLog;
  readonly #acknowledged: Acknowledged[] = [];
  readonly contents = new Map<string, string>();
  vault!: Repository;

  constructor(kept: Kept) {
    this.#kept = kept;
    this.#log = new DiskLog(kept.root);
  }

  /** Runs the steps, each of which may have decided something when it is done. */
  async record(steps: readonly ((scenario: Scenario) => Promise<Decided[]>)[]): Promise<Recording> {
    const { ops } = this.#log;
    await this.#log.record(async () => {
      for (const step of steps) {
        const begun = ops.length;
        for (const what of await step(this)) this.#acknowledged.push({ begun, at: ops.length, what });
      }
      await this.vault.close();
    });
    const index = join(this.#kept.base, 'index-at-the-end');
    cpSync(this.#kept.at('.vault/index'), index, { recursive: true });
    return { ops, index, acknowledged: this.#acknowledged };
  }

  /** Changes the folder that is kept. */
  edit(name: string, bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      rmSync(this.#kept.at(name));
      this.contents.delete(name);
    } else {
      if (name.includes('/')) mkdirSync(this.#kept.at(name, '..'), { recursive: true });
      rmSync(this.#kept.at(name), { force: true });
      writeFileSync(this.#kept.at(name), bytes);
      this.contents.set(name, bytes.toString('base64'));
    }
  }

  async init(): Promise<Decided[]> {
    await initVault({ folder: this.#kept.root, environment: crashed(this.#kept.environment) });
    this.vault = await this.#kept.open({ environment: crashed(this.#kept.environment) });
    return [{ kind: 'vault' }];
  }

  async snapshot(): Promise<DecidedSnapshot> {
    this.#kept.ahead += 1_000_000_000n;
    return { kind: 'kept', taken: await take(this.vault), contents: new Map(this.contents) };
  }

  async forget(...snapshots: DecidedSnapshot[]): Promise<Decided[]> {
    const ids = snapshots.map(({ taken }) => taken.id);
    await applyForget(this.vault, await planForgetByName(this.vault, ids));
    return snapshots.map((one) => ({ ...one, kind: 'forgotten' }));
  }

  /** Condemns, copies what is alive of mostly dead packs, sweeps, removes. */
  async gc(): Promise<Decided[]> {
    const { state, removed } = await collectGarbage(this.vault, { force: true });
    assert.is(state, 'done');
    assert.ok(removed.packs > 0);
    return [];
  }
}

/** Init, four snapshots, a tag, forgets, an index made anew, gc with copies, an undelete, a tag deleted, gc again. */
export async function recordAll(kept: Kept): Promise<Recording> {
  let first: DecidedSnapshot;
  let second: DecidedSnapshot;
  return new Scenario(kept).record([
    (run) => run.init(),
    async (run) => {
      run.edit('a', bytesOf('a', 300));
      run.edit('sub/b', bytesOf('b', 200));
      first = await run.snapshot();
      return [first];
    },
    async (run) => {
      run.edit('a', bytesOf('a2', 400));
      run.edit('c', bytesOf('c', 100));
      second = await run.snapshot();
      return [second];
    },
    async ({ vault }) => {
      await setTag(vault, 'v1', { id: first.taken.id, stored: ObjectType.snapshot });
      return [{ kind: 'tag', name: 'v1' }];
    },
    async (run) => {
      run.edit('a', bytesOf('a3', 120));
      run.edit('sub/b', undefined);
      run.edit('sub/d', bytesOf('d', 150));
      return [await run.snapshot()];
    },
    (run) => run.forget(second),
    async ({ vault }) => {
      await rebuildIndex(vault);
      return [];
    },
    async (run) => {
      run.edit('a', bytesOf('a', 300));
      return [await run.snapshot()];
    },
    (run) => run.gc(),
    async ({ vault }) => {
      await undelete(vault, [second.taken.id]);
      return [second];
    },
    async ({ vault }) => {
      await deleteTag(vault, 'v1');
      return [{ kind: 'no tag', name: 'v1' }];
    },
    (run) => run.forget(second, first),
    (run) => run.gc(),
  ]);
}
