/**
 * The last guard before the storage: refuses what no step of the protocol ever does (`docs/architecture.md`, "Garbage
 * collection"). A pack that gc removed never comes again under its name, and nothing is taken away but packs that a sweep names,
 * what lies in `tmp/` and `trash/`, and records of transactions in the one order in which they are finished.
 */
import { invariant, isVaultError } from '../../errors.ts';
import type { Backend } from '../backend/backend.ts';
import { BackendWrapper } from '../backend/wrapper.ts';
import {
  GC_PREFIX,
  gcKey,
  isAsideKey,
  parseGcKey,
  parsePackKey,
  parseTrashKey,
  parseTxnKey,
  type TxnPart,
  txnKey,
} from '../layout.ts';
import { readGcRecord } from './gc-records.ts';
import { readOutcome } from './transaction-records.ts';

class GuardedBackend extends BackendWrapper {
  readonly #swept = new Set<string>();
  /** all sweeps up to this number are in `#swept` */
  #last = 0;

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const pack = parsePackKey(key);
    if (pack !== undefined) {
      invariant(!(await this.#isSwept(pack)), `pack ${pack} was removed by gc: its name is spent`);
    }
    return this.inner.create(key, parts);
  }

  async remove(key: string): Promise<void> {
    await this.#assertRemovable(key);
    return this.inner.remove(key);
  }

  get move(): Backend['move'] {
    const { move } = this.inner;
    if (!move) return undefined;
    return async (key, to) => {
      const pack = parsePackKey(key);
      invariant(pack !== undefined && parseTrashKey(to)?.pack === pack, `${key} is not to become ${to}`);
      await this.#assertRemovable(key);
      return move.call(this.inner, key, to);
    };
  }

  async #assertRemovable(key: string): Promise<void> {
    const pack = parsePackKey(key);
    const txn = parseTxnKey(key);
    let may = isAsideKey(key) || parseTrashKey(key) !== undefined;
    if (pack !== undefined) may = await this.#isSwept(pack);
    else if (txn) may = await this.#mayPrune(txn.id, txn.part);
    invariant(may, `${key} is not to be removed`);
  }

  async #mayPrune(id: string, part: TxnPart): Promise<boolean> {
    const has = async (part: TxnPart) => (await this.inner.size(txnKey(id, part))) !== undefined;
    // Where there is no outcome any more somebody else has pruned the transaction, and its begin before that.
    if (part === 'begin') return (await has('outcome')) || !(await has('begin'));
    if (part !== 'outcome') return true;
    if (await has('begin')) return false;
    try {
      return (await readOutcome(this.inner, id)).outcome === 'commit';
    } catch (error) {
      if (isVaultError(error, 'NOT_FOUND')) return true; // somebody else was as fast
      throw error;
    }
  }

  /** Reads the sweeps made since the last look: one listing, in which older numbers are passed over. */
  async #isSwept(pack: string): Promise<boolean> {
    const options = this.#last === 0 ? {} : { after: gcKey(this.#last, 'sweep') };
    for await (const { key } of this.inner.list(GC_PREFIX, options)) {
      const parsed = parseGcKey(key);
      if (parsed?.part !== 'sweep') continue;
      for (const name of (await readGcRecord(this.inner, parsed.n, 'sweep')).packs) this.#swept.add(name);
      // A listing may miss what is made while it runs, and show what was made after that.
      if (parsed.n === this.#last + 1) this.#last = parsed.n;
    }
    return this.#swept.has(pack);
  }
}

/** The storage with its guard; one that has it already is left as it is. */
export function guarded(backend: Backend): Backend {
  return backend instanceof GuardedBackend ? backend : new GuardedBackend(backend);
}
