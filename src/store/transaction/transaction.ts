/**
 * A writer's transaction (`docs/architecture.md`, "Transactions"). The order of its records is what makes writing safe beside gc and other
 * writers: `begin`, **then** the gc records are read, objects are uploaded, and `outcome` = commit is created: the
 * commit point. **Then** the ref. Whoever creates `outcome` decides; gc may abort a writer that it takes for dead.
 */
import { randomBytes } from 'node:crypto';
import { invariant, isVaultError, VaultError } from '../../errors.ts';
import { sizeOfKey } from '../backend/at-once.ts';
import type { Backend } from '../backend/backend.ts';
import { packKey, TXN_ID_LENGTH, txnKey } from '../layout.ts';
import { createRecord, encodeRecord, isRefusal, type RecordSeal, untilAnswered } from '../record.ts';
import { type GcView, packExists, readGcRecords } from './gc-records.ts';
import {
  type BeginRecord,
  isObjectId,
  type OutcomeRecord,
  pruneTransaction,
  readBegin,
  readOutcome,
  stamp,
} from './transaction-records.ts';

export { listTransactions } from './transaction-records.ts';

export interface TransactionInfo extends Omit<BeginRecord, 'time'> {
  /** nanoseconds since 1970 */
  now: () => bigint;
  seal?: RecordSeal;
  /** the id and nonces come from here; `node:crypto` unless given */
  random?: (bytes: number) => Buffer;
  /** milliseconds between heartbeats; 5 minutes unless given */
  beatEvery?: number;
}

export interface Commit {
  /** hex ids of what becomes reachable (a snapshot, a tag's target, what plumbing stored), 1 … `MAX_COMMIT_OBJECTS` */
  objects: string[];
  /** the ref that is to name it: `refs/heads/main` */
  ref?: string;
  /** the fields of the ref's record but for target, `txn` and what tells records apart: so that anybody can write it */
  record?: object;
  /** the newest record of the forgotten log that is taken back for the objects */
  takesBack?: number;
}

/** `open` until the outcome is known; `lost`: somebody else aborted it. */
export type TransactionStatus = 'open' | 'committed' | 'aborted' | 'lost';

/** Ids that fit a record. */
export const MAX_COMMIT_OBJECTS = 10_000;

const BEAT_EVERY_MS = 5 * 60 * 1000;

export class Transaction {
  readonly id: string;
  /** As read after begin: what this writer may build on. */
  readonly gcRecords: GcView;
  readonly #backend: Backend;
  readonly #info: TransactionInfo;
  readonly #beats: NodeJS.Timeout;
  #beat = 0;
  #isBeating = false;
  #beating: Promise<unknown> = Promise.resolve();
  /** of the outcomes that this writer tried to create */
  readonly #nonces = new Set<string>();
  #status: TransactionStatus = 'open';
  /** the outcome, once it is known */
  #standing: OutcomeRecord | undefined;

  /**
   * Creates the begin record, then reads the gc records.
   * @throws storage errors; DAMAGED when a gc record is
   */
  static async begin(backend: Backend, info: TransactionInfo): Promise<Transaction> {
    const id = (info.random ?? randomBytes)(TXN_ID_LENGTH).toString('hex');
    const { host, hostId, bootId, pid, pidNamespace, startTime, line } = info;
    const begin: BeginRecord = {
      time: stamp(info).time,
      host,
      ...(hostId !== undefined && { hostId }),
      bootId,
      pid,
      ...(pidNamespace !== undefined && { pidNamespace }),
      startTime,
      ...(line !== undefined && { line }),
    };
    const created = await createRecord(backend, txnKey(id, 'begin'), begin, info.seal);
    // Nobody else can know the id: what is there is our own create, sent twice. But it must be there.
    if (!created) await readBegin(backend, id, info.seal);
    try {
      return new Transaction(backend, info, id, await readGcRecords(backend, info.seal));
    } catch (error) {
      const abort: OutcomeRecord = {
        outcome: 'abort',
        ...stamp(info),
        reason: 'could not read the gc records',
      };
      // Spares gc the wait for this process; should it fail, gc waits.
      const ended = createRecord(backend, txnKey(id, 'outcome'), abort, info.seal);
      await ended.then(() => backend.remove(txnKey(id, 'begin'))).catch(() => undefined);
      throw error;
    }
  }

  private constructor(backend: Backend, info: TransactionInfo, id: string, gcRecords: GcView) {
    this.id = id;
    this.gcRecords = gcRecords;
    this.#backend = backend;
    this.#info = info;
    this.#beats = setInterval(() => this.#sendBeat(), info.beatEvery ?? BEAT_EVERY_MS);
    this.#beats.unref();
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Asserts that objects may be uploaded, and where a pack is named that it is not one that gc removed. */
  assertUploadAllowed(pack?: string): void {
    invariant(this.#status === 'open', `upload in transaction ${this.id}, which is ${this.#status}`);
    invariant(
      pack === undefined || !this.gcRecords.swept.has(pack),
      `pack ${pack} was removed by gc: its name is spent`,
    );
  }

  /** Asserts that a ref may be set: only after the commit. */
  assertRefAllowed(): void {
    invariant(this.#status === 'committed', `ref set in transaction ${this.id}, which is ${this.#status}`);
  }

  /** A pack that this transaction may build on: present, and not one that gc has removed or means to. */
  mayRelyOn(pack: string, present: boolean): boolean {
    return packExists(this.gcRecords, pack, present);
  }

  /**
   * The check before the commit: every pack that it relies on is there.
   * @throws MISSING_OBJECT when one is not
   */
  async assertPacks(packs: Iterable<string>): Promise<void> {
    for (const pack of packs) {
      invariant(
        this.mayRelyOn(pack, true),
        `transaction ${this.id} relies on pack ${pack}, which gc removes`,
      );
      const key = packKey(pack);
      const size = await sizeOfKey(this.#backend, key);
      if (size !== undefined) continue;
      throw new VaultError('MISSING_OBJECT', `pack ${pack} has vanished; nothing was recorded`, {
        hint: 'run the command again, which stores what is missing anew; then run `vault check`',
        subject: key,
      });
    }
  }

  /**
   * Commits. When it resolves, `what` is reachable for good, with or without its ref.
   * @throws LOST_RACE when gc has aborted the transaction: begin a new one. After any other error the outcome is not
   *   known; `abort` finds out
   */
  async commit(what: Commit): Promise<void> {
    invariant(this.#status === 'open', `commit of transaction ${this.id}, which is ${this.#status}`);
    invariant(this.#nonces.size === 0, `second commit of transaction ${this.id}: the first may stand`);
    const { objects, ref, record, takesBack } = what;
    const ok = objects.length > 0 && objects.length <= MAX_COMMIT_OBJECTS && objects.every(isObjectId);
    invariant(ok, `transaction ${this.id} commits ${objects.length} ids`);
    const status = await this.#decide({
      outcome: 'commit',
      ...stamp(this.#info),
      objects,
      ...(ref !== undefined && { ref }),
      ...(record !== undefined && { record }),
      ...(takesBack !== undefined && { takesBack }),
    });
    if (status === 'committed') return;
    throw new VaultError('LOST_RACE', `transaction ${this.id} was aborted: gc took this process for dead`, {
      hint: 'run the command again; what was uploaded is used again',
      subject: txnKey(this.id, 'outcome'),
    });
  }

  /**
   * Gives the transaction up, unless it has ended already; of an abort the outcome stays for ever. `status` tells how it ended: `committed` when an earlier
   * `commit` whose answer was lost had taken effect.
   */
  async abort(reason: string): Promise<void> {
    if (this.#status !== 'open') return;
    const status = await this.#decide({ outcome: 'abort', ...stamp(this.#info), reason });
    if (status === 'aborted') await this.#prune();
  }

  /**
   * Removes the records of a committed transaction that nothing needs any more: call it when the ref is there.
   * `begin` goes first: a commit without begin counts for nothing, while a begin without outcome would be a live writer.
   * Storage errors end it; gc prunes what is left.
   * @param refKey where given, asserted to be there
   */
  async finish(refKey?: string): Promise<void> {
    this.assertRefAllowed();
    if (refKey !== undefined) {
      invariant(
        (await this.#backend.size(refKey)) !== undefined,
        `transaction ${this.id} ends without ${refKey}`,
      );
    }
    await this.#prune();
  }

  async #prune(): Promise<void> {
    await this.#beating;
    try {
      await pruneTransaction(this.#backend, { id: this.id, beat: this.#beat, outcome: this.#standing! });
    } catch (error) {
      if (!isVaultError(error)) throw error;
    }
  }

  /**
   * Creates the outcome, or learns which one stands. A create whose answer was lost is tried again: it then finds the
   * name taken, which also says that what is there is durable, and the nonce tells whose it is.
   */
  async #decide(own: OutcomeRecord): Promise<TransactionStatus> {
    const key = txnKey(this.id, 'outcome');
    const bytes = encodeRecord(key, own, this.#info.seal);
    this.#nonces.add(own.nonce);
    try {
      return await untilAnswered(async () => {
        const created = await this.#backend.create(key, [bytes]);
        return this.#end(created ? own : await readOutcome(this.#backend, this.id, this.#info.seal));
      });
    } catch (error) {
      throw isVaultError(error) && !isRefusal(error) ? unknownOutcome(this.id, error) : error;
    }
  }

  #end(standing: OutcomeRecord): TransactionStatus {
    const mine = this.#nonces.has(standing.nonce);
    invariant(mine || standing.outcome === 'abort', `somebody else committed transaction ${this.id}`);
    if (standing.outcome === 'commit') this.#status = 'committed';
    else this.#status = mine ? 'aborted' : 'lost';
    this.#standing = standing;
    clearInterval(this.#beats);
    return this.#status;
  }

  /** A lost beat is made good by the next; were all lost, gc would abort this transaction and `commit` would say so. */
  #sendBeat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#beat++;
    const beat = createRecord(
      this.#backend,
      txnKey(this.id, `beat-${this.#beat}`),
      stamp(this.#info),
      this.#info.seal,
    );
    this.#beating = beat
      .catch(() => undefined)
      .finally(() => {
        this.#isBeating = false;
      });
  }
}

function unknownOutcome(id: string, failure: VaultError): VaultError {
  return new VaultError(
    failure.code,
    `whether transaction ${id} is committed is not known: ${failure.message}`,
    {
      hint: 'when the storage answers again, `vault log` shows it; what was stored before is safe',
      subject: txnKey(id, 'outcome'),
      cause: failure,
    },
  );
}
