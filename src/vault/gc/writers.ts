/**
 * The writers that gc waits for (`docs/architecture.md`, "Garbage collection"). gc ends a transaction in a writer's stead only when it is known to be dead: its
 * process or its boot is gone from this host, or its heartbeat has not advanced for an hour of this host's monotonic clock. That is
 * for gc to come to an end; should the writer live after all, its commit is refused and it begins anew.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endOf, isRunning, isWithinReach } from '../../platform/processes.ts';
import { replaceCacheFile } from '../../store/cache-file.ts';
import {
  abortTransaction,
  type BeginRecord,
  listTransactions,
  stamp,
  type TransactionState,
} from '../../store/transaction/transaction-records.ts';
import type { Environment } from '../environment.ts';
import type { Repository } from '../repository.ts';

/** Silence after which a writer counts as dead: twelve beats. */
const SILENCE_NS = 3_600_000_000_000n;
/** As the record of an abort says them. */
const REASONS = { boot: 'its host was started anew since', process: 'its process is gone' };
/** Writers that are watched; more than this never write at once. */
const MOST_WATCHED = 10_000;

export interface OpenTransaction {
  id: string;
  host: string;
  pid: number;
  line?: string;
  /** RFC 3339: when it began, by its own clock */
  time: string;
}

export interface WriterClock {
  /** nanoseconds of a clock that only goes forward, the same for all processes since this host was started */
  monotonic(): bigint;
  /** whether a process of this host runs */
  isRunning(pid: number, startTime: string): boolean;
}

export const hostClock: WriterClock = { monotonic: () => process.hrtime.bigint(), isRunning };

export interface Waited {
  /** transactions that are open still */
  open: OpenTransaction[];
  aborted: number;
}

/**
 * Looks at every transaction of a listing made now, and ends those of dead writers. To be called when the condemn is there.
 * @throws DAMAGED, storage errors
 */
export async function waitForWriters(repository: Repository, clock: WriterClock): Promise<Waited> {
  const { backend, environment } = repository;
  const watch = await BeatWatch.load(repository, clock.monotonic());
  const waited: Waited = { open: [], aborted: 0 };
  for await (const state of listTransactions(backend)) {
    const { id, begin, outcome } = state;
    if (!begin || outcome) continue;
    const reason = reasonDead(begin, environment, clock) ?? watch.reasonSilent(state);
    if (reason === undefined) {
      const { host, pid, line, time } = begin;
      waited.open.push({ id, host, pid, time, ...(line !== undefined && { line }) });
      continue;
    }
    const { time, nonce } = stamp(environment);
    const standing = await abortTransaction(backend, id, { time, reason, nonce });
    if (standing?.outcome === 'abort') waited.aborted++;
  }
  await watch.save();
  return waited;
}

/** Why a writer of this host is known to be dead; undefined for others and for those that live. */
function reasonDead(begin: BeginRecord, here: Environment, clock: WriterClock): string | undefined {
  if (!isWithinReach(begin, here)) return undefined;
  const end = endOf(begin, here.bootId, (pid, startTime) => clock.isRunning(pid, startTime));
  return end && REASONS[end];
}

interface Seen {
  beat: number;
  /** monotonic nanoseconds at which this beat was seen first */
  since: bigint;
}

/** When the beat of each writer was last seen to advance; kept in the cache folder from one gc to the next. */
class BeatWatch {
  readonly #file: string;
  readonly #bootId: string;
  readonly #now: bigint;
  readonly #before: ReadonlyMap<string, Seen>;
  readonly #seen = new Map<string, Seen>();

  private constructor(file: string, bootId: string, now: bigint, before: ReadonlyMap<string, Seen>) {
    this.#file = file;
    this.#bootId = bootId;
    this.#now = now;
    this.#before = before;
  }

  static async load({ config, environment }: Repository, now: bigint): Promise<BeatWatch> {
    const { cacheFolder, bootId } = environment;
    const file = join(cacheFolder, config.vaultId, 'writers.json');
    return new BeatWatch(file, bootId, now, parseSeen(await readFile(file, 'utf8').catch(() => ''), bootId));
  }

  reasonSilent({ id, beat }: TransactionState): string | undefined {
    const before = this.#before.get(id);
    const since = before?.beat === beat && before.since <= this.#now ? before.since : this.#now;
    if (this.#seen.size < MOST_WATCHED) this.#seen.set(id, { beat, since });
    return this.#now - since >= SILENCE_NS ? 'no sign of life for an hour' : undefined;
  }

  /** Lost, it only makes gc wait longer. */
  async save(): Promise<void> {
    if (this.#seen.size === 0 && this.#before.size === 0) return;
    const seen = [...this.#seen].map(([id, { beat, since }]) => [id, beat, String(since)]);
    try {
      await replaceCacheFile(this.#file, JSON.stringify({ bootId: this.#bootId, seen }));
    } catch {
      // the next gc begins to watch anew
    }
  }
}

/** The monotonic clock begins anew at each start of the host. */
function parseSeen(text: string, bootId: string): Map<string, Seen> {
  try {
    const { bootId: of, seen } = JSON.parse(text) as { bootId: string; seen: [string, number, string][] };
    if (of !== bootId) return new Map();
    return new Map(seen.map(([id, beat, since]) => [id, { beat, since: BigInt(since) }]));
  } catch {
    return new Map();
  }
}
