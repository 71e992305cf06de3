/**
 * Names that move: append-only records below `refs/<namespace>/<name>/`, numbered from 0 without gaps.
 *
 * A number is taken by create-if-absent, so of many writers exactly one gets it. Keys count downwards: the first
 * one listed is the current value, the rest is the reflog. Nothing here decides whether data is safe; a commit's
 * `outcome` does (src/store), and the ref follows it.
 */
import { randomBytes } from 'node:crypto';
import { invariant, isVaultError, VaultError } from '../errors.ts';
import type { Backend } from '../store/backend/backend.ts';
import { type RefKey, refKey } from '../store/layout.ts';
import { createRecord, plainSeal, type RecordSeal, readRecord } from '../store/record.ts';
import { parseTime } from './dates.ts';
import { checkName, checkNamespace } from './names.ts';
import { firstKeys, keysOf, namespacesIn, newestKey } from './ref-keys.ts';
import {
  asRefRecord,
  isLive,
  REF_NONCE_LENGTH,
  type RefBody,
  type RefRecord,
  wrongField,
} from './ref-record.ts';

/** Each lost attempt means that another writer got its record in. */
const MAX_ATTEMPTS = 256;
/** Records held while a namespace is sorted, about 1 KiB each. */
const MAX_NAMES = 1_000_000;
/** Records read at once. */
const READ_AHEAD = 16;

export interface RefStoreOptions {
  /** For encrypted vaults; plain unless given. */
  seal?: RecordSeal;
  /** Source of nonces; `node:crypto` unless given. */
  random?: (bytes: number) => Buffer;
}

export interface NamedRef {
  name: string;
  record: RefRecord;
}

export class RefStore {
  readonly #backend: Backend;
  readonly #seal: RecordSeal;
  readonly #random: (bytes: number) => Buffer;

  constructor(backend: Backend, options: RefStoreOptions = {}) {
    this.#backend = backend;
    this.#seal = options.seal ?? plainSeal;
    this.#random = options.random ?? randomBytes;
  }

  /**
   * The newest record, also one that removes the ref (`isLive` tells); undefined when there never was one.
   * @throws DAMAGED when the newest cannot be read as what it must be: an older one is never taken for it
   */
  async current(namespace: string, name: string): Promise<RefRecord | undefined> {
    const seq = await this.newestSeq(namespace, name);
    return seq === undefined ? undefined : this.record(namespace, name, seq);
  }

  /** The number of the newest record, without reading it. */
  async newestSeq(namespace: string, name: string): Promise<number | undefined> {
    checkRef(namespace, name);
    return (await newestKey(this.#backend, namespace, name))?.seq;
  }

  /** One record, of a number up to the newest. @throws DAMAGED, also when it is not there */
  async record(namespace: string, name: string, seq: number): Promise<RefRecord> {
    checkRef(namespace, name);
    return this.#read({ namespace, name, seq });
  }

  /** All records, newest first. @throws DAMAGED on reaching one that is, or is missing */
  async *history(namespace: string, name: string): AsyncGenerator<RefRecord, void, undefined> {
    checkRef(namespace, name);
    let expected: number | undefined;
    for await (const record of this.#readAll(keysOf(this.#backend, namespace, name))) {
      if (expected !== undefined && record.seq !== expected) throw missing(namespace, name, expected);
      yield record;
      expected = record.seq - 1;
    }
    if (expected !== undefined && expected >= 0) throw missing(namespace, name, expected);
  }

  /**
   * The record that was current at `time` (nanoseconds since 1970): one no later than it whose successor is later.
   * Undefined when the first is later. Reads a logarithmic number of records; where clocks went backwards between
   * two records there may be several such, and which is taken is not promised.
   */
  async valueAt(namespace: string, name: string, time: bigint): Promise<RefRecord | undefined> {
    const newest = await this.current(namespace, name);
    if (!newest || timeOf(newest) <= time) return newest;
    let found: RefRecord | undefined;
    let low = 0;
    let high = newest.seq;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const record = await this.record(namespace, name, middle);
      if (timeOf(record) <= time) {
        found = record;
        low = middle + 1;
      } else high = middle;
    }
    return found;
  }

  /**
   * Sets the ref, if its newest number still is `expectedSeq` (undefined: it has none).
   * @throws LOST_RACE with the record that is there now in `details.current`
   */
  async append(
    namespace: string,
    name: string,
    body: RefBody,
    expected: { expectedSeq: number | undefined },
  ): Promise<RefRecord> {
    const seq = expected.expectedSeq === undefined ? 0 : expected.expectedSeq + 1;
    const newest = await this.newestSeq(namespace, name);
    if (newest === expected.expectedSeq) {
      const record = await this.#create({ namespace, name, seq }, body);
      if (record) return record;
    }
    throw await this.#lostRace(namespace, name, expected.expectedSeq);
  }

  /**
   * Sets the ref whatever is there: takes the next free number. For a commit, whose outcome has already decided that
   * the record is to be. Anybody may carry it out: a record of the same `txn` newer than `sinceSeq` (the number that
   * was current before the commit; undefined: none) is returned instead of a second one.
   * @throws LOST_RACE after 256 lost numbers
   */
  async appendRetry(
    namespace: string,
    name: string,
    body: RefBody,
    since: { sinceSeq: number | undefined },
  ): Promise<RefRecord> {
    let seen = since.sinceSeq ?? -1;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const newest = (await this.newestSeq(namespace, name)) ?? -1;
      const done =
        body.txn === undefined ? undefined : await this.#findTxn({ namespace, name }, body.txn, seen, newest);
      const record = done ?? (await this.#create({ namespace, name, seq: newest + 1 }, body));
      if (record) return record;
      seen = Math.max(seen, newest);
    }
    throw await this.#lostRace(namespace, name, seen);
  }

  /**
   * Removes the ref by a record without target.
   * @throws NOT_FOUND when there is none, LOST_RACE as `append`
   */
  async remove(
    namespace: string,
    name: string,
    body: Omit<RefBody, 'target' | 'type'>,
    expected: { expectedSeq: number },
  ): Promise<RefRecord> {
    const current = await this.current(namespace, name);
    if (!isLive(current)) {
      throw new VaultError('NOT_FOUND', `there is no refs/${namespace}/${name}`, {
        hint: '`vault for-each-ref` lists the refs',
        subject: `refs/${namespace}/${name}`,
      });
    }
    return this.append(namespace, name, { ...body, type: current.type }, expected);
  }

  /** The newest record of each ref, also of removed ones, in no promised order. @throws DAMAGED */
  async *each(namespace: string): AsyncGenerator<RefRecord, void, undefined> {
    checkNamespace(namespace);
    yield* this.#readAll(firstKeys(this.#backend, namespace));
  }

  /** The namespaces in which a ref is or was (`heads`, `tags`, …), in the order of their keys. @throws DAMAGED for a key that is none */
  namespaces(): AsyncGenerator<string, void, undefined> {
    return namespacesIn(this.#backend);
  }

  /** The refs of a namespace by the bytes of their names; removed ones only when asked for. @throws DAMAGED */
  async *list(
    namespace: string,
    options: { removed?: boolean } = {},
  ): AsyncGenerator<NamedRef, void, undefined> {
    const found: { sort: Buffer; record: RefRecord }[] = [];
    for await (const record of this.each(namespace)) {
      if (!isLive(record) && !options.removed) continue;
      if (found.length === MAX_NAMES)
        throw new VaultError('REFUSED', `refs/${namespace} has over ${MAX_NAMES} names`);
      found.push({ sort: Buffer.from(record.name), record });
    }
    found.sort((a, b) => Buffer.compare(a.sort, b.sort));
    for (const { record } of found) yield { name: record.name, record };
  }

  /** The record if this call made it; undefined when the number was taken. */
  async #create(at: RefKey, body: RefBody): Promise<RefRecord | undefined> {
    const key = refKey(at.namespace, at.name, at.seq);
    const nonce = this.#random(REF_NONCE_LENGTH).toString('hex');
    const fields = { ...at, ...body, nonce };
    invariant(wrongField(fields) === undefined, `${key} would have no valid ${wrongField(fields)}`);
    if (await createRecord(this.#backend, key, fields, this.#seal)) return { version: 1, key, ...fields };
    // A create that was sent again after a lost answer finds its own record there.
    const there = await this.#readUnlessDamaged(at);
    return there?.nonce === nonce ? there : undefined;
  }

  /** The record that carries out `txn`, of the numbers above `after` up to `newest`. */
  async #findTxn(
    ref: Omit<RefKey, 'seq'>,
    txn: string,
    after: number,
    newest: number,
  ): Promise<RefRecord | undefined> {
    for (let seq = newest; seq > after; seq--) {
      // Damage is passed over: a second record of one commit does no harm, a commit that cannot reach its ref does.
      const record = await this.#readUnlessDamaged({ ...ref, seq });
      if (record?.txn === txn) return record;
    }
    return undefined;
  }

  async #lostRace(namespace: string, name: string, expectedSeq: number | undefined): Promise<VaultError> {
    const current = await this.current(namespace, name);
    const ref = `refs/${namespace}/${name}`;
    return new VaultError(
      'LOST_RACE',
      `${ref} ${describe(current)}: another writer was first; nothing was changed`,
      {
        hint: 'look at what is there now and try again',
        subject: ref,
        details: { expectedSeq: expectedSeq ?? null, current: current ?? null },
      },
    );
  }

  async #read(at: RefKey): Promise<RefRecord> {
    try {
      const key = refKey(at.namespace, at.name, at.seq);
      return asRefRecord(await readRecord(this.#backend, key, this.#seal), at);
    } catch (error) {
      if (isVaultError(error, 'NOT_FOUND')) throw missing(at.namespace, at.name, at.seq, error);
      throw error;
    }
  }

  async #readUnlessDamaged(at: RefKey): Promise<RefRecord | undefined> {
    return this.#read(at).catch((error: unknown) => {
      if (isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) return undefined;
      throw error;
    });
  }

  /** Reads in the order of the keys, a growing number at once, so that whoever wants one does not pay for many. */
  async *#readAll(keys: AsyncIterable<RefKey>): AsyncGenerator<RefRecord, void, undefined> {
    let size = 1;
    let batch: RefKey[] = [];
    for await (const key of keys) {
      batch.push(key);
      if (batch.length < size) continue;
      yield* await Promise.all(batch.map((at) => this.#read(at)));
      batch = [];
      size = Math.min(size * 2, READ_AHEAD);
    }
    yield* await Promise.all(batch.map((at) => this.#read(at)));
  }
}

function checkRef(namespace: string, name: string): void {
  checkNamespace(namespace);
  checkName(name);
}

/** Nothing ever removes a record of a ref. */
function missing(namespace: string, name: string, seq: number, cause?: unknown): VaultError {
  const key = refKey(namespace, name, seq);
  return new VaultError('DAMAGED', `the record ${key} is missing: refs/${namespace}/${name} has newer ones`, {
    hint: 'run `vault check` to see what else is affected',
    subject: key,
    cause,
  });
}

function timeOf(record: RefRecord): bigint {
  return parseTime(record.time)!;
}

function describe(record: RefRecord | undefined): string {
  if (!record) return 'does not exist';
  const value = isLive(record) ? record.target.slice(0, 8) : 'removed';
  return `is at number ${record.seq} now (${value}, ${record.time}, ${record.host})`;
}
