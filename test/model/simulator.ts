/**
 * A seeded simulation of the real protocol code: writers, gcs, forgets, undeletes, tags and readers on one storage and in virtual time, with
 * processes that die anywhere, sleep and wake up late, are taken for dead while they live, and have clocks days off, and with requests
 * that arrive twice or not at all.
 * Whatever is kept must be whole at every moment that it is looked at.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import {
  collectGarbage,
  isVaultError,
  ObjectType,
  type Repository,
  readForgotten,
  setTag,
  undelete,
} from '../../src/index.ts';
import type { Backend } from '../../src/store/backend/backend.ts';
import { GcRig, type Kept } from '../vault/gc/rig.ts';
import { Random, SimulatedProcess, SteppedBackend, type Verdict } from './scheduler.ts';
import { VirtualTime } from './virtual-time.ts';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const HOSTS = 4;
/** Turns of the event loop in which no process moves: some seconds. */
const MOST_IDLE = 100_000;
/** Of twenty processes the first are writers, then come gcs, one undelete, one tag; the rest forget. */
const WRITERS = 9;
const GCS = 14;
const LINES = ['main', 'other'];

/** A rule of the protocol that a simulation breaks on purpose, by what it shows to or changes for processes. */
export interface Sabotage {
  name: string;
  /** the storage as a writer sees it */
  writer?: (backend: Backend) => Backend;
  /** the storage as gc sees it */
  gc?: (backend: Backend) => Backend;
}

export interface SimulationOptions {
  seed: number;
  /** processes that are begun in all */
  processes?: number;
  /** at most so many of them at once; 6 unless given */
  living?: number;
  sabotage?: Sabotage;
}

export interface Simulated {
  steps: number;
  /** processes that ended by themselves */
  ended: number;
  killed: number;
}

/** @throws when a promise is broken; the message says the seed */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const simulation = new Simulation(options, await GcRig.make());
  try {
    return await simulation.run();
  } catch (error) {
    throw new Error(`seed ${options.seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    await simulation.dispose();
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #rig: GcRig;
  readonly #random: Random;
  readonly #living = new Set<SimulatedProcess>();
  readonly #pids = new Map<SimulatedProcess, number>();
  readonly #again: (() => Promise<unknown>)[] = [];
  readonly #acknowledged: Kept[] = [];
  readonly #dropped = new Set<string>();
  readonly #failures: unknown[] = [];
  readonly #time = new VirtualTime();
  readonly #result: Simulated = { steps: 0, ended: 0, killed: 0 };
  #count = 0;
  #idle = 0;

  constructor(options: SimulationOptions, rig: GcRig) {
    this.#options = options;
    this.#rig = rig;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<Simulated> {
    const { processes = 30, living = 6 } = this.#options;
    const random = this.#random;
    this.#time.install();
    while (this.#count < processes || this.#living.size > 0) {
      if (
        this.#count < processes &&
        (this.#living.size === 0 || (this.#living.size < living && random.once(25)))
      ) {
        await this.#begin();
      }
      await this.#move();
      if (this.#failures.length > 0) throw this.#failures[0];
    }
    await this.#settle();
    return this.#result;
  }

  async dispose(): Promise<void> {
    for (const process of this.#living) {
      process.dead = true;
      for (const release of process.waiting.splice(0)) release('die before');
    }
    this.#time.remove();
    await this.#rig.dispose();
  }

  async #move(): Promise<void> {
    const random = this.#random;
    const able = [...this.#living].filter(({ waiting }) => waiting.length > 0);
    for (const process of this.#living) if (process.done) this.#living.delete(process);
    if (able.length === 0) {
      // They do something else than storage: with the index, say.
      await nextTurn();
      assert.ok(++this.#idle < MOST_IDLE, `${[...this.#living].map(({ name }) => name)} come to no end`);
      return;
    }
    this.#idle = 0;
    // The same one goes on for a while, or nobody would ever get far before others change things.
    const process = able[Math.min(random.below(able.length), random.below(able.length))]!;
    for (let burst = 1 + random.below(12); burst > 0 && process.waiting.length > 0; burst--) {
      await process.move(this.#verdict(), random);
      this.#result.steps++;
      if (process.dead) this.#rig.dead.add(this.#pids.get(process)!);
      if (process.done) break;
    }
    // Taken for dead while it sleeps.
    if (random.once(300)) this.#rig.dead.add(this.#pids.get(process)!);
    // A long sleep of everybody now and then: beats stay out, and the newest of them is an hour old.
    this.#pass(random.once(60) ? random.below(3 * DAY_S) : random.below(60));
    if (this.#again.length > 0 && random.once(40)) await random.pick(this.#again)();
    if (process.done) this.#living.delete(process);
  }

  #verdict(): Verdict {
    const random = this.#random;
    if (random.once(400)) return random.pick(['die before', 'die after']);
    if (random.once(400)) return random.pick(['lose request', 'lose answer']);
    return 'go';
  }

  #pass(seconds: number): void {
    this.#rig.now += seconds;
    this.#time.pass(BigInt(seconds) * 1_000_000_000n);
    this.#rig.monotonic = this.#time.now;
  }

  async #begin(): Promise<void> {
    const random = this.#random;
    const kind = random.below(20);
    const process = new SimulatedProcess(`${++this.#count}`);
    const { sabotage } = this.#options;
    const isGc = kind >= WRITERS && kind < GCS;
    const changed = (isGc ? sabotage?.gc : sabotage?.writer) ?? ((backend: Backend) => backend);
    const place = random.below(HOSTS);
    const vault = await this.#rig.open(
      undefined,
      () =>
        changed(new SteppedBackend(this.#rig.storage, process, random, (again) => this.#again.push(again))),
      { place, host: `host ${place}`, skew: random.once(3) ? (random.below(20) - 10) * DAY_S : 0 },
    );
    this.#pids.set(process, vault.environment.pid);
    this.#living.add(process);
    const body = this.#bodyOf(kind, vault);
    process.start(async () => {
      try {
        await body();
        this.#result.ended++;
      } catch (error) {
        if (process.dead) this.#result.killed++;
        else if (!isExpected(error, isGc) && !(process.hasLost && isVaultError(error, 'IO')))
          this.#failures.push(error);
      }
    });
    while (process.waiting.length === 0 && !process.done) await nextTurn();
  }

  #bodyOf(kind: number, vault: Repository): () => Promise<void> {
    const random = this.#random;
    if (kind < WRITERS) {
      const files = { a: `a ${random.below(3)}`, b: `b ${random.below(4)}`, c: `c ${this.#count}` };
      const line = random.pick(LINES);
      return async () => {
        this.#acknowledged.push(await this.#rig.snapshot(vault, files, undefined, line));
      };
    }
    if (kind < GCS) {
      return async () => {
        await collectGarbage(vault, { force: true, clock: this.#rig.clock });
      };
    }
    const kept = this.#acknowledged.length > 0 ? random.pick(this.#acknowledged) : undefined;
    if (!kept) return async () => undefined;
    if (kind === GCS) {
      return async () => {
        const forgotten = [...this.#dropped];
        const id = forgotten.length > 0 ? Buffer.from(forgotten[0]!, 'hex') : kept.id;
        await undelete(vault, [id]);
      };
    }
    if (kind === GCS + 1) {
      return async () => {
        await setTag(vault, `t${this.#count}`, { id: kept.id, stored: ObjectType.snapshot });
      };
    }
    const others = this.#acknowledged.filter(() => random.once(2));
    for (const { id } of others) this.#dropped.add(id.toString('hex'));
    return () => this.#rig.forget(vault, kept, ...others);
  }

  /** All is quiet: the rest is dead, gc comes to its end, and what is kept is whole before and after. */
  async #settle(): Promise<void> {
    for (const pid of this.#pids.values()) this.#rig.dead.add(pid);
    const vault = await this.#rig.open();
    await this.#assertWhole(vault);
    for (let i = 0; i < 4; i++) {
      const { state } = await collectGarbage(vault, { force: true, clock: this.#rig.clock });
      // The first one sees the writers of other hosts for the first time.
      assert.ok(i === 0 || state !== 'waiting', 'gc comes to an end');
      this.#pass(2 * HOUR_S);
    }
    await this.#assertWhole(await this.#rig.open());
    await this.#rig.snapshot(vault, { last: 'last' });
    await this.#assertWhole(vault);
  }

  async #assertWhole(vault: Repository): Promise<void> {
    const forgotten = await readForgotten(vault.backend);
    const kept = this.#acknowledged.filter(({ id }) => !forgotten.has(id));
    await this.#rig.assertWhole(vault, kept);
  }
}

/** What a process may run into without anything being wrong. */
function isExpected(error: unknown, isGc: boolean): boolean {
  if (isGc) return isVaultError(error, 'LOST_RACE');
  // What was forgotten meanwhile is no longer there to be built upon.
  return isVaultError(error, 'LOST_RACE', 'MISSING_OBJECT', 'NOT_FOUND');
}
