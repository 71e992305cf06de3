/**
 * Garbage collection (`docs/architecture.md`, "Garbage collection"): condemn, wait for writers, mark again, sweep, remove. Each step is decided by a record
 * that is created once, so anybody may go on where another was killed, and any number may run at once: whoever loses a create goes
 * on with the record that stands.
 */
import { invariant, isVaultError, VaultError } from '../../errors.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import type { LiveSet } from '../../store/live-set.ts';
import { spaceOfPack } from '../../store/space.ts';
import {
  createCondemn,
  createSweep,
  type GcView,
  packExists,
  readGcRecord,
  readGcRecords,
  type StandingGcRecord,
} from '../../store/transaction/gc-records.ts';
import { type Progress, silentProgress } from '../progress.ts';
import { mark } from '../reachable/mark.ts';
import { gatherRoots, type Roots } from '../reachable/roots.ts';
import type { Repository } from '../repository.ts';
import { assertWritable } from '../transaction/transactions.ts';
import { type Copied, copyLive } from './copy.ts';
import { assertModest, assertNothingLost, type CondemnedPack, type GcPlan, planGc } from './plan.ts';
import { type Pruned, prune } from './prune.ts';
import { contentsIfWhole, eachRow, presentPacks } from './survey.ts';
import { expireTrash, type Removed, removeLeftovers, removeSwept } from './trash.ts';
import { hostClock, type OpenTransaction, type WriterClock, waitForWriters } from './writers.ts';

/** Times that a gc begins anew because others have gone on meanwhile. */
const MOST_ROUNDS = 16;

export interface GcOptions {
  /** remove also more than 30 % of the packs, or all snapshots of a line */
  force?: boolean;
  progress?: Progress;
  signal?: AbortSignal;
  /** this host's unless given */
  clock?: WriterClock;
}

export interface GcResult {
  /** `waiting`: the rest follows when the transactions in `open` have ended; `idle`: there is nothing to remove */
  state: 'done' | 'waiting' | 'idle';
  /** what was proposed by this run, if it came to that */
  plan: GcPlan | undefined;
  copied: Copied;
  /** packs that were condemned and stay, since something in them came to be used */
  spared: number;
  removed: Removed;
  expired: Removed;
  pruned: Pruned;
  /** writers that were found dead */
  aborted: number;
  open: OpenTransaction[];
}

/**
 * What `gc` would do now. Changes nothing.
 * @throws as `collectGarbage`, but for REFUSED
 */
export async function planGarbage(repository: Repository, options: GcOptions = {}): Promise<GcPlan> {
  return (await new Gc(repository, options).propose(await readGcRecords(repository.backend))).plan;
}

/**
 * @throws REFUSED when too much would go (unless `force`), DAMAGED or MISSING_OBJECT when something alive is not there, IO when a
 *   listing is not complete, READ_ONLY, NO_SPACE, ABORTED. What is kept is whole at every moment
 */
export async function collectGarbage(repository: Repository, options: GcOptions = {}): Promise<GcResult> {
  assertWritable(repository);
  const gc = new Gc(repository, options);
  try {
    return await gc.run();
  } finally {
    await repository.store.index.refresh().catch(() => undefined); // what is gone is dropped; else the next miss does it
  }
}

interface Proposal {
  plan: GcPlan;
  live: LiveSet;
  roots: Roots;
}

class Gc {
  readonly #repository: Repository;
  readonly #options: GcOptions;
  readonly #progress: Progress;
  readonly #clock: WriterClock;
  readonly #result: GcResult = {
    state: 'idle',
    plan: undefined,
    copied: { packs: [], objects: 0, bytes: 0 },
    spared: 0,
    removed: { packs: 0, bytes: 0 },
    expired: { packs: 0, bytes: 0 },
    pruned: { transactions: 0, files: 0 },
    aborted: 0,
    open: [],
  };

  constructor(repository: Repository, options: GcOptions) {
    this.#repository = repository;
    this.#options = options;
    this.#progress = options.progress ?? silentProgress;
    this.#clock = options.clock ?? hostClock;
  }

  async run(): Promise<GcResult> {
    const { backend } = this.#repository;
    this.#result.pruned = await prune(this.#repository, this.#clock);
    this.#result.expired = await expireTrash(this.#repository);
    let view: GcView | undefined;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      view = await readGcRecords(backend, undefined, view);
      await removeLeftovers(this.#repository, view);
      const isResumed = view.openCondemn;
      const condemn = isResumed
        ? await readGcRecord(backend, view.condemns.at(-1)!, 'condemn')
        : await this.#condemn(view);
      if (condemn === 'moved') continue;
      if (condemn === undefined) return this.#result;
      const ended = await this.#finish(condemn, view);
      if (ended === 'moved') continue;
      if (ended === 'waiting' || !isResumed) return this.#result;
    }
    throw new VaultError('LOST_RACE', 'others collect garbage at the same time, again and again', {
      hint: 'let only one of them run; nothing is lost',
    });
  }

  /** What could go. Only a proposal: it may be out of date when it is carried out. */
  async propose(view: GcView): Promise<Proposal> {
    const roots = await gatherRoots(this.#repository);
    const live = await this.#mark(roots);
    const present = await presentPacks(this.#repository, view.swept);
    const existing = new Map([...present].filter(([pack]) => packExists(view, pack, true)));
    return { plan: await planGc(this.#repository, existing, live), live, roots };
  }

  /** Step 1: the condemn that stands then; undefined when there is nothing to remove. */
  async #condemn(view: GcView): Promise<StandingGcRecord | 'moved' | undefined> {
    const { backend } = this.#repository;
    const proposal = await this.#unlessMoved(view, () => this.propose(view));
    if (proposal === 'moved') return proposal;
    const { plan, live } = proposal;
    this.#result.plan = plan;
    if (plan.condemned.length === 0) return undefined;
    if (!this.#options.force) {
      await this.#assertLinesStay(proposal);
      assertModest(plan);
    }
    const { copied, condemned } = await this.#copy(plan.condemned, live);
    this.#result.copied = copied;
    const names = condemned.map(({ pack }) => pack);
    if (names.length === 0) return undefined;
    const isCondemned = new Set(names);
    invariant(!copied.packs.some((pack) => isCondemned.has(pack)), 'a copy is condemned');
    // Another gc may have gone on while this one copied: then its view is no longer the one to build upon.
    if (await this.#hasMoved(view)) return 'moved';
    return createCondemn(backend, view, names);
  }

  /** On a full disk what needs no copying goes alone. */
  async #copy(
    condemned: CondemnedPack[],
    live: LiveSet,
  ): Promise<{ copied: Copied; condemned: CondemnedPack[] }> {
    const { signal } = this.#options;
    try {
      const options = { progress: this.#progress, ...(signal && { signal }) };
      return { copied: await copyLive(this.#repository, condemned, live, options), condemned };
    } catch (error) {
      const dead = condemned.filter(({ reason }) => reason === 'dead');
      if (!isVaultError(error, 'NO_SPACE') || dead.length === 0) throw error;
      this.#progress.warn(
        'no space left to copy what is alive: only packs that are dead as a whole are removed',
      );
      return { copied: this.#result.copied, condemned: dead };
    }
  }

  /** Steps 2 and 3, then the removal. */
  async #finish(condemn: StandingGcRecord, view: GcView): Promise<'done' | 'waiting' | 'moved'> {
    const { backend } = this.#repository;
    const { n } = condemn;
    const { open, aborted } = await waitForWriters(this.#repository, this.#clock);
    this.#result.aborted += aborted;
    this.#result.open = open;
    if (open.length > 0) {
      this.#result.state = 'waiting';
      return 'waiting';
    }
    const packs = await this.#unlessMoved(
      { ...view, condemns: [...view.condemns, n], openCondemn: true },
      () => this.#sweepable(condemn, view),
    );
    if (packs === 'moved') return packs;
    const sweep = await createSweep(backend, condemn, packs);
    this.#progress.phase('remove', { files: sweep.packs.length });
    const removed = await removeSwept(this.#repository, n);
    this.#result.removed.packs += removed.packs;
    this.#result.removed.bytes += removed.bytes;
    this.#result.spared += condemn.packs.length - sweep.packs.length;
    this.#result.state = 'done';
    return 'done';
  }

  /**
   * Step 3: the condemned packs whose every live object also lies in a pack that exists, by a mark and a listing made now: after
   * each transaction that was open at the condemn has ended.
   */
  async #sweepable(condemn: StandingGcRecord, view: GcView): Promise<string[]> {
    const live = await this.#mark(await gatherRoots(this.#repository));
    const condemned = new Set(condemn.packs);
    const present = await presentPacks(this.#repository, view.swept);
    for (const [pack, size] of present) {
      if (condemned.has(pack) || view.swept.has(pack)) continue;
      const contents = await contentsIfWhole(this.#repository, pack, size);
      if (contents) eachRow(contents, (at) => live.find(spaceOfPack(contents.kind), contents.objects, at));
    }
    const sweep: string[] = [];
    const spared: { pack: string; size: number }[] = [];
    for (const pack of condemned) {
      const size = present.get(pack);
      if (size === undefined) continue;
      if (await this.#isNeeded(pack, size, live)) spared.push({ pack, size });
      else sweep.push(pack);
    }
    await this.#assertNothingLost(spared, live);
    return sweep;
  }

  /** Whether something alive lies in no other pack that exists; also when what lies in it cannot be told. */
  async #isNeeded(pack: string, size: number, live: LiveSet): Promise<boolean> {
    const contents = await contentsIfWhole(this.#repository, pack, size);
    if (!contents) return true;
    const space = spaceOfPack(contents.kind);
    let isNeeded = false;
    eachRow(contents, (at) => {
      isNeeded ||= live.has(space, contents.objects, at) && !live.isFound(space, contents.objects, at);
    });
    return isNeeded;
  }

  /** @throws MISSING_OBJECT when something alive lies neither in a pack that stays nor in one that is spared */
  async #assertNothingLost(spared: { pack: string; size: number }[], live: LiveSet): Promise<void> {
    for (const { pack, size } of spared) {
      const contents = await contentsIfWhole(this.#repository, pack, size);
      if (contents) eachRow(contents, (at) => live.find(spaceOfPack(contents.kind), contents.objects, at));
    }
    assertNothingLost(live);
  }

  #mark(roots: Roots): Promise<LiveSet> {
    const { signal } = this.#options;
    return mark(this.#repository.store, roots, { progress: this.#progress, ...(signal && { signal }) });
  }

  /** What misses an object looks whether another gc has gone on: then that is why. */
  async #unlessMoved<T>(view: GcView, step: () => Promise<T>): Promise<T | 'moved'> {
    try {
      return await step();
    } catch (error) {
      if (isVaultError(error, 'MISSING_OBJECT', 'NOT_FOUND') && (await this.#hasMoved(view))) return 'moved';
      throw error;
    }
  }

  async #hasMoved(view: GcView): Promise<boolean> {
    const now = await readGcRecords(this.#repository.backend, undefined, view);
    const last = ({ condemns }: GcView) => condemns.at(-1) ?? 0;
    return last(now) !== last(view) || now.openCondemn !== view.openCondemn;
  }

  /** @throws REFUSED when the last trees of a line would go */
  async #assertLinesStay({ roots, live }: Proposal): Promise<void> {
    const { store } = this.#repository;
    for (const { name, kept, newestForgotten } of roots.lines) {
      if (kept > 0) continue;
      for (const id of newestForgotten) {
        const { tree } = await readSnapshot(store, id);
        if (live.has('meta', tree) || !(await store.index.find(tree, 'meta'))) continue;
        throw new VaultError(
          'REFUSED',
          `every snapshot of line ${name} is forgotten: gc would remove all of it`,
          {
            hint: 'take one back with `vault gc --undelete REV`; if that is meant, run `vault gc --force`',
            subject: `refs/heads/${name}`,
          },
        );
      }
    }
  }
}
