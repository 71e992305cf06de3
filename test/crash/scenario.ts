/** What a vault goes through while its disk is recorded, and what it has acknowledged when. */

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  applyForget,
  collectGarbage,
  type Environment,
  type GcResult,
  initVault,
  planForgetByName,
  type Reason,
  type Repository,
} from '../../src/index.ts';
import { type Kept, type Taken, take } from '../vault/kept.ts';
import { DiskLog, type DiskOp, opsOf } from './disk-log.ts';
import { diskAfter, writeState } from './disk-model.ts';

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
  name: string;
  ops: DiskOp[];
  /** of the operations, those that only make what was there before */
  start: number;
  /** a copy of the index as it was at the end; undefined where there was none yet */
  index: string | undefined;
  /** copies of the index and of `tmp/` as they were on the way, where those are what matters */
  indexes: string[];
  acknowledged: Acknowledged[];
}

/** What a vault goes through. */
export interface Recipe {
  name: string;
  /** comes before and is not recorded; the vault is there then */
  prepare?: (run: Scenario) => Promise<unknown>;
  steps: ((run: Scenario) => Promise<unknown>)[];
  /** keep copies of the index on the way */
  watchesIndex?: boolean;
}

/** A process that is gone after the crash. */
function crashed(environment: Environment, pid: number): Environment {
  return { ...environment, bootId: 'before the crash', pid, startTime: '1' };
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
  #log: DiskLog;
  readonly #acknowledged: Acknowledged[] = [];
  readonly #copies: string;
  readonly contents = new Map<string, string>();
  readonly snapshots: DecidedSnapshot[] = [];
  vault!: Repository;
  #pids = 4_000_000;

  constructor(kept: Kept) {
    this.#kept = kept;
    this.#log = new DiskLog(kept.root);
    this.#copies = join(kept.base, 'copies of the index');
  }

  async record({ name, prepare, steps, watchesIndex }: Recipe): Promise<Recording> {
    if (prepare) {
      await this.init();
      await prepare(this);
      await this.vault.close();
      this.#log = new DiskLog(this.#kept.root, opsOf(this.#kept.root, '.vault'));
    }
    const start = this.#log.ops.length;
    for (const one of this.#acknowledged) one.begun = one.at = start;
    const indexes: string[] = [];
    const watch = () => indexes.push(this.#copyIndex(indexes.length));
    const run = async () => {
      if (prepare) this.vault = await this.open();
      for (const step of steps) await step(this);
      await this.vault.close();
    };
    await this.#log.record(run, watchesIndex ? watch : undefined);
    const last = join(this.#copyIndex(indexes.length), 'index');
    const index = existsSync(last) ? last : undefined;
    return { name, ops: this.#log.ops, start, index, indexes, acknowledged: this.#acknowledged };
  }

  /** Carries out what decides something, and notes that from then on it holds. */
  async decide<T extends Decided | Decided[]>(body: () => Promise<T>): Promise<T> {
    const begun = this.#log.ops.length;
    const decided = await body();
    const at = this.#log.ops.length;
    this.#acknowledged.push(...[decided].flat().map((what) => ({ begun, at, what })));
    return decided;
  }

  /** A process opens the vault. */
  open(): Promise<Repository> {
    return this.#kept.open({ environment: this.#environment() });
  }

  #environment(): Environment {
    return crashed(this.#kept.environment, this.#pids++);
  }

  /** Changes the folder that is kept. */
  edit(files: Record<string, Buffer | undefined>): void {
    for (const [name, bytes] of Object.entries(files)) {
      rmSync(this.#kept.at(name), { force: true });
      this.contents.delete(name);
      if (bytes === undefined) continue;
      mkdirSync(dirname(this.#kept.at(name)), { recursive: true });
      writeFileSync(this.#kept.at(name), bytes);
      this.contents.set(name, bytes.toString('base64'));
    }
  }

  init(): Promise<Decided> {
    return this.decide(async () => {
      await initVault({ folder: this.#kept.root, environment: this.#environment() });
      this.vault = await this.open();
      return { kind: 'vault' };
    });
  }

  snapshot(vault = this.vault): Promise<DecidedSnapshot> {
    this.#kept.ahead += 1_000_000_000n;
    return this.decide(async () => {
      const contents = new Map(this.contents);
      const snapshot: DecidedSnapshot = { kind: 'kept', taken: await take(vault), contents };
      this.snapshots.push(snapshot);
      return snapshot;
    });
  }

  forget(...snapshots: DecidedSnapshot[]): Promise<Decided[]> {
    return this.decide(async () => {
      const ids = snapshots.map(({ taken }) => taken.id);
      await applyForget(this.vault, await planForgetByName(this.vault, ids));
      return snapshots.map((one) => ({ ...one, kind: 'forgotten' as const }));
    });
  }

  /**
   * Its writers are alive for it, whoever they are.
   * @param wanted a reason for which some pack goes, and how it ends
   */
  async gc({
    reason,
    state = 'done',
  }: {
    reason?: Reason;
    state?: GcResult['state'];
  } = {}): Promise<GcResult> {
    const clock = { monotonic: () => process.hrtime.bigint(), isRunning: () => true };
    const result = await collectGarbage(this.vault, { force: true, clock });
    assert.is(result.state, state);
    if (reason)
      assert.ok(
        result.plan?.condemned.some((pack) => pack.reason === reason),
        `a pack is ${reason}`,
      );
    return result;
  }

  /** Carries something out, and takes the disk back to where its process died in it: before the first such operation. */
  async dieIn(body: (run: Scenario) => Promise<unknown>, isDeath: (op: DiskOp) => boolean): Promise<void> {
    await this.vault.close();
    const { root } = this.#kept;
    const log = new DiskLog(root, opsOf(root, '.vault'));
    await log.record(async () => {
      this.vault = await this.open();
      await body(this);
      await this.vault.close();
    });
    const cut = log.ops.findIndex(isDeath);
    assert.ok(cut > 0, 'it dies');
    rmSync(join(root, '.vault'), { recursive: true });
    writeState(root, diskAfter(log.ops, cut));
    this.vault = await this.open();
  }

  #copyIndex(number: number): string {
    const copy = join(this.#copies, String(number));
    for (const name of ['index', 'tmp']) {
      const from = this.#kept.at('.vault', name);
      if (existsSync(from)) cpSync(from, join(copy, name), { recursive: true });
    }
    return copy;
  }
}
