/**
 * Says what is wrong with the contents of a storage: of what counts (`docs/format.md`, "Refs" and "Transactions and gc") something lies in no pack, or the records are
 * not those that the protocol makes. It reads records and packs by itself, not through the code that gc and writers use.
 */
import { references } from '../../../src/objects/references.ts';
import { MemoryBackend } from '../../../src/store/backend/memory.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../../src/store/id.ts';
import { gcKey, parseGcKey, parsePackKey, parseRefKey, parseTxnKey } from '../../../src/store/layout.ts';
import { openBlock } from '../../../src/store/pack/block.ts';
import { readContents } from '../../../src/store/pack/pack-reader.ts';
import { decodeRecord } from '../../../src/store/record.ts';
import { PackKind } from '../../../src/store/space.ts';
import type { ObjectReader } from '../../../src/store/store.ts';
import { placesIn } from '../../../src/vault/packs/pack-listing.ts';
import type { Acknowledged } from './instance.ts';
import { type Contents, changedKeys, type Operation, type Storage } from './storage.ts';

/** An object by its space and hex id: `m` or `c` before it. */
type Name = string;

interface Pack {
  objects: readonly Name[];
}

/** What the fields that matter here are called in any record. */
interface AnyRecord {
  outcome?: 'commit' | 'abort';
  objects?: string[];
  ref?: string;
  takesBack?: number;
  target?: string;
  type?: string;
  dropped?: string[];
  kept?: string[];
  packs?: string[];
}

/** The records of some contents. */
interface Records {
  /** ref → number → record */
  refs: Map<string, Map<number, AnyRecord>>;
  commits: AnyRecord[];
  condemns: Map<number, AnyRecord>;
  sweeps: Map<number, AnyRecord>;
  packs: Map<string, number>;
}

const FORGOTTEN_LOG = 'forgotten/log';

export class Judge {
  readonly #storage: Storage;
  readonly #packs = new Map<number, Pack>();
  readonly #records = new Map<number, AnyRecord>();
  /** of every object that was ever stored: what it names */
  readonly #names = new Map<Name, readonly Name[]>();
  readonly #bytes = new Map<Name, { type: ObjectType; bytes: Buffer }>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** What is wrong with contents, whatever anybody was told; undefined when nothing is. */
  async wrongWith(contents: Contents): Promise<string | undefined> {
    const records = await this.#recordsOf(contents);
    const there = this.#objectsIn(records);
    return wrongNumbers(records) ?? this.#brokenRoot(records, there);
  }

  /** Of what one was told is done, something does not hold. To be asked after `wrongWith`. */
  async brokenPromise(contents: Contents, promise: Acknowledged): Promise<string | undefined> {
    const records = await this.#recordsOf(contents);
    if (promise.what === 'tag') {
      const current = newest(records.refs.get(`tags/${promise.name}`));
      return current?.target === promise.id ? undefined : `tag ${promise.name} is lost`;
    }
    if (promise.what === 'kept') {
      const log = [...(records.refs.get(FORGOTTEN_LOG)?.values() ?? [])];
      const isWritten = log.some(({ kept }) => kept!.includes(promise.id));
      const takesBack = ({ objects, takesBack }: AnyRecord) =>
        takesBack !== undefined && objects!.includes(promise.id);
      if (!isWritten && !records.commits.some(takesBack)) return `that ${promise.id} was taken back is lost`;
    }
    const heads = [...records.refs].filter(([ref]) => ref.startsWith('heads/'));
    const named = heads.some(([, line]) => [...line.values()].some(({ target }) => target === promise.id));
    const committed = records.commits.some(({ objects }) => objects!.includes(promise.id));
    if (!named && !committed) return `snapshot ${promise.id} was acknowledged, and no line names it`;
    return undefined;
  }

  /** Why an operation must not be: what is removed is a pack that a sweep names, or goes in the order of the protocol. */
  async wrongOperation(contents: Contents, operation: Operation): Promise<string | undefined> {
    const [key] = changedKeys(operation);
    const pack = key === undefined ? undefined : parsePackKey(key);
    if (pack === undefined) return undefined;
    const { sweeps } = await this.#recordsOf(contents);
    const isSwept = [...sweeps.values()].some(({ packs }) => packs!.includes(pack));
    if (operation.kind === 'create') return isSwept ? `the swept pack ${pack} is created` : undefined;
    return isSwept ? undefined : `pack ${pack} is removed, which no sweep names`;
  }

  /** Packs that a sweep names and that are there. */
  async sweptAndPresent(contents: Contents): Promise<string[]> {
    const { sweeps, packs } = await this.#recordsOf(contents);
    return [...sweeps.values()].flatMap(({ packs: swept }) => swept!).filter((pack) => packs.has(pack));
  }

  #brokenRoot(records: Records, there: ReadonlySet<Name>): string | undefined {
    for (const [ref, numbers] of records.refs) {
      if (ref === FORGOTTEN_LOG) continue;
      const current = newest(numbers);
      for (const record of numbers.values()) {
        const { target, type } = record;
        if (target === undefined) continue;
        const isLine = ref.startsWith('heads/');
        const isWhole = isLine ? !isForgotten(records, target) : record === current;
        const missing = isWhole
          ? this.#missing(target, there)
          : type === 'snapshot' && isLine && !there.has(`m${target}`);
        if (missing)
          return `${isWhole ? 'whole' : 'as an object'}, ${ref} needs ${missing === true ? target : missing}`;
      }
    }
    for (const commit of records.commits) {
      for (const id of commit.objects!) {
        const missing = isForgotten(records, id, commit) ? undefined : this.#missing(id, there);
        if (missing !== undefined) return `the commit of ${id} needs ${missing}`;
      }
    }
    return undefined;
  }

  /** Of all that an object leads to one that is in no pack. */
  #missing(id: string, there: ReadonlySet<Name>): Name | undefined {
    if (id === EMPTY_CONTENT.toString('hex')) return undefined;
    const open: Name[] = [this.#names.has(`m${id}`) ? `m${id}` : `c${id}`];
    const seen = new Set(open);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (!there.has(name)) return name;
      for (const next of this.#names.get(name) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return undefined;
  }

  #objectsIn({ packs }: Records): Set<Name> {
    const there = new Set<Name>();
    for (const blob of packs.values()) for (const name of this.#packs.get(blob)!.objects) there.add(name);
    return there;
  }

  async #recordsOf({ entries }: Contents): Promise<Records> {
    const found: Records = {
      refs: new Map(),
      commits: [],
      condemns: new Map(),
      sweeps: new Map(),
      packs: new Map(),
    };
    for (const [key, blob] of entries) {
      const pack = parsePackKey(key);
      const ref = parseRefKey(key);
      const gc = parseGcKey(key);
      const txn = parseTxnKey(key);
      if (pack !== undefined) {
        found.packs.set(pack, blob);
        if (!this.#packs.has(blob)) this.#packs.set(blob, await this.#learn(pack, key, blob));
      } else if (ref) {
        const name = `${ref.namespace}/${ref.name}`;
        const numbers = found.refs.get(name) ?? new Map<number, AnyRecord>();
        found.refs.set(name, numbers.set(ref.seq, this.#record(key, blob)));
      } else if (gc) {
        found[gc.part === 'condemn' ? 'condemns' : 'sweeps'].set(gc.n, this.#record(key, blob));
      } else if (txn?.part === 'outcome' && entries.has(key.replace(/outcome$/, 'begin'))) {
        const record = this.#record(key, blob);
        if (record.outcome === 'commit') found.commits.push(record);
      }
    }
    return found;
  }

  #record(key: string, blob: number): AnyRecord {
    let record = this.#records.get(blob);
    if (!record) {
      record = decodeRecord<AnyRecord>(key, this.#storage.bytesOf(blob));
      this.#records.set(blob, record);
    }
    return record;
  }

  /** Notes the objects of a pack and what they name. */
  async #learn(pack: string, key: string, blob: number): Promise<Pack> {
    const bytes = this.#storage.bytesOf(blob);
    const backend = new MemoryBackend();
    await backend.create(key, [bytes]);
    const contents = await readContents(backend, pack, bytes.length);
    const places = placesIn(pack, contents);
    const prefix = contents.kind === PackKind.data ? 'c' : 'm';
    for (const { id, place } of places) {
      const { blockOffset, blockLength, blockRawLength, offset, length, type } = place;
      const block = openBlock(bytes.subarray(blockOffset, blockOffset + blockLength), blockRawLength, key);
      this.#bytes.set(prefix + id.toString('hex'), { type, bytes: block.subarray(offset, offset + length) });
    }
    for (const { id, place } of places) {
      const name = prefix + id.toString('hex');
      const named = this.#names.has(name) ? [] : await references(this.#reader, { id, type: place.type });
      if (!this.#names.has(name))
        this.#names.set(
          name,
          named.map(nameOf).filter((one) => one !== EMPTY),
        );
    }
    return { objects: places.map(({ id }) => prefix + id.toString('hex')) };
  }

  readonly #reader = {
    readMeta: async (id: Id) => this.#bytes.get(`m${id.toString('hex')}`)!.bytes,
  } as unknown as ObjectReader;
}

const EMPTY = `c${EMPTY_CONTENT.toString('hex')}`;

function nameOf({ id, type }: { id: Id; type: ObjectType }): Name {
  return (type === ObjectType.chunk ? 'c' : 'm') + id.toString('hex');
}

/** Numbers that have a gap, a condemn before the sweep of the one before it, a sweep of what was not condemned. */
function wrongNumbers({ refs, condemns, sweeps }: Records): string | undefined {
  for (const [ref, numbers] of refs) {
    for (let seq = 0; seq < numbers.size; seq++) if (!numbers.has(seq)) return `${ref} has no number ${seq}`;
  }
  for (const n of condemns.keys()) {
    if (n > 1 && !sweeps.has(n - 1)) return `${gcKey(n, 'condemn')} is there before the sweep of ${n - 1}`;
  }
  for (const [n, { packs }] of sweeps) {
    const condemned = condemns.get(n)?.packs ?? [];
    if (!packs!.every((pack) => condemned.includes(pack)))
      return `${gcKey(n, 'sweep')} names what was not condemned`;
  }
  return undefined;
}

/** @param commit as which it is looked at, with what that takes back; nothing hides one without ref */
function isForgotten({ refs }: Records, id: string, commit?: AnyRecord): boolean {
  let dropped = -1;
  if (commit && commit.ref === undefined) return false;
  let takenBack = commit?.takesBack ?? -1;
  for (const [seq, record] of refs.get(FORGOTTEN_LOG) ?? []) {
    if (record.dropped!.includes(id)) dropped = Math.max(dropped, seq);
    if (record.kept!.includes(id)) takenBack = Math.max(takenBack, record.takesBack!);
  }
  return dropped > takenBack;
}

function newest(numbers: ReadonlyMap<number, AnyRecord> | undefined): AnyRecord | undefined {
  return numbers?.get(numbers.size - 1);
}
