/** What a vault goes through while its disk is recorded, and what it has acknowledged when. */

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyForget,
  type Environment,
  initVault,
  ObjectType,
  planForgetByName,
  type Repository,
  rebuildIndex,
  setTag,
} from '../../src/index.ts';
import { type Kept, type Taken, take } from '../vault/kept.ts';
import { DiskLog, type DiskOp } from './disk-log.ts';

/** From this many operations on it holds. */
export interface Acknowledged {
  at: number;
  what:
    | { kind: 'vault' }
    | { kind: 'snapshot'; taken: Taken; contents: Map<string, string> }
    | { kind: 'tag'; name: string; taken: Taken }
    | { kind: 'forgotten'; taken: Taken };
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

  /** Runs the steps, each of which may acknowledge something when it is done. */
  async record(
    steps: readonly ((scenario: Scenario) => Promise<Acknowledged['what'] | undefined>)[],
  ): Promise<Recording> {
    await this.#log.record(async () => {
      for (const step of steps) {
        const what = await step(this);
        if (what) this.#acknowledged.push({ at: this.#log.ops.length, what });
      }
      await this.vault.close();
    });
    const index = join(this.#kept.base, 'index-at-the-end');
    cpSync(this.#kept.at('.vault/index'), index, { recursive: true });
    return { ops: this.#log.ops, index, acknowledged: this.#acknowledged };
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

  async init(): Promise<Acknowledged['what']> {
    await initVault({ folder: this.#kept.root, environment: crashed(this.#kept.environment) });
    this.vault = await this.#kept.open({ environment: crashed(this.#kept.environment) });
    return { kind: 'vault' };
  }

  async snapshot(): Promise<Acknowledged['what'] & { kind: 'snapshot' }> {
    this.#kept.ahead += 1_000_000_000n;
    return { kind: 'snapshot', taken: await take(this.vault), contents: new Map(this.contents) };
  }
}

/** Init, three snapshots, a tag, a forget, an index made anew. */
export async function recordAll(kept: Kept): Promise<Recording> {
  let first: Taken;
  let second: Taken;
  const scenario = new Scenario(kept);
  return scenario.record([
    (run) => run.init(),
    async (run) => {
      run.edit('a', bytesOf('a', 300));
      run.edit('sub/b', bytesOf('b', 200));
      const done = await run.snapshot();
      first = done.taken;
      return done;
    },
    async (run) => {
      run.edit('a', bytesOf('a2', 400));
      run.edit('c', bytesOf('c', 100));
      const done = await run.snapshot();
      second = done.taken;
      return done;
    },
    async ({ vault }) => {
      await setTag(vault, 'v1', { id: first.id, stored: ObjectType.snapshot });
      return { kind: 'tag', name: 'v1', taken: first };
    },
    async (run) => {
      run.edit('sub/b', undefined);
      run.edit('sub/d', bytesOf('d', 150));
      return run.snapshot();
    },
    async ({ vault }) => {
      await applyForget(vault, await planForgetByName(vault, [second.id]));
      return { kind: 'forgotten', taken: second };
    },
    async ({ vault }) => {
      await rebuildIndex(vault);
      return undefined;
    },
    async (run) => {
      run.edit('a', bytesOf('a', 300));
      return run.snapshot();
    },
  ]);
}
