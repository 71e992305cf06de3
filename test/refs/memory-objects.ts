/** Objects in memory, with any ids: what the tests of revisions and of history read from. */
import { VaultError } from '../../src/errors.ts';
import { type Entry, Kind, type Snapshot } from '../../src/objects/model.ts';
import { encodeSnapshot } from '../../src/objects/snapshot.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { type Id, ObjectType } from '../../src/store/id.ts';
import type { Location, ObjectReader } from '../../src/store/store.ts';

interface Stored {
  id: Id;
  type: ObjectType;
  bytes: Buffer;
}

export class MemoryObjects implements ObjectReader {
  readonly #meta = new Map<string, Stored>();
  readonly #chunks = new Map<string, Stored>();
  /** metadata objects read */
  reads = 0;

  /** Stores under `id` what need not have that id. */
  plant(id: Id, type: ObjectType, bytes: Uint8Array): Id {
    const space = type === ObjectType.chunk ? this.#chunks : this.#meta;
    space.set(id.toString('hex'), { id, type, bytes: Buffer.from(bytes) });
    return id;
  }

  put = async (type: ObjectType, encoding: Uint8Array): Promise<Id> => {
    const id = type === ObjectType.chunk ? plainIds.chunk(encoding) : plainIds.meta(type, encoding);
    return this.plant(id, type, encoding);
  };

  async readMeta(id: Id, type: ObjectType): Promise<Buffer> {
    this.reads++;
    const found = this.#meta.get(id.toString('hex'));
    if (!found) throw new VaultError('MISSING_OBJECT', `no pack has ${id.toString('hex')}`);
    if (found.type !== type) throw new VaultError('WRONG_TYPE', `${id.toString('hex')} is something else`);
    return found.bytes;
  }

  async readChunk(id: Id): Promise<Buffer> {
    const found = this.#chunks.get(id.toString('hex'));
    if (!found) throw new VaultError('MISSING_OBJECT', `no pack has ${id.toString('hex')}`);
    return found.bytes;
  }

  async locate(id: Id, space?: 'meta' | 'chunk'): Promise<Location | undefined> {
    const hex = id.toString('hex');
    const found = (space === 'chunk' ? undefined : this.#meta.get(hex)) ?? this.#chunks.get(hex);
    if (!found || (space === 'meta' && found.type === ObjectType.chunk)) return undefined;
    const length = found.bytes.length;
    const block = { blockOffset: 0, blockLength: length, blockRawLength: length };
    return { pack: '00'.repeat(32), type: found.type, ...block, offset: 0, length };
  }

  async complete(prefix: string, limit: number): Promise<{ id: Id; type: ObjectType }[]> {
    const found = [...this.#meta.values(), ...this.#chunks.values()]
      .filter(({ id }) => id.toString('hex').startsWith(prefix))
      .map(({ id, type }) => ({ id, type }));
    return found.sort((a, b) => a.id.compare(b.id) || b.type - a.type).slice(0, limit);
  }

  /** A tree of files (`name: content`) and folders (`name: {…}`). */
  async tree(content: TreeContent): Promise<Id> {
    const builder = new TreeBuilder(this.put);
    const names = Object.keys(content).map((name) => Buffer.from(name, 'latin1'));
    for (const name of names.sort(Buffer.compare)) {
      const value = content[name.toString('latin1')]!;
      const isFile = typeof value === 'string';
      const id = isFile ? await this.put(ObjectType.chunk, Buffer.from(value)) : await this.tree(value);
      await builder.add({ name, kind: isFile ? Kind.file : Kind.dir, id });
    }
    return (await builder.finish()).id;
  }

  async snapshot(fields: Partial<Snapshot> = {}, id?: Id): Promise<Id> {
    const encoding = encodeSnapshot(await this.snapshotOf(fields));
    return id ? this.plant(id, ObjectType.snapshot, encoding) : this.put(ObjectType.snapshot, encoding);
  }

  async snapshotOf(fields: Partial<Snapshot>): Promise<Snapshot> {
    const tree = fields.tree ?? (await this.tree({}));
    const root: Entry = { name: Buffer.alloc(0), kind: Kind.dir, id: tree };
    return {
      tree,
      root,
      parents: [],
      generation: fields.parents?.length ? 1 : 0,
      timeS: 1_767_225_600,
      timeNs: 0,
      host: 'laptop',
      user: 'ada',
      rootPath: Buffer.from('/home/ada'),
      mounts: [Buffer.alloc(0)],
      message: '',
      labels: [],
      problemCount: 0,
      problems: [],
      stats: { files: 0, dirs: 0, others: 0, bytes: 0, newBytes: 0, storedBytes: 0, durationMs: 0 },
      ...fields,
    };
  }
}

export interface TreeContent {
  [name: string]: string | TreeContent;
}

/** The id of that many hex digits, and zeros. */
export function idOf(hex: string): Id {
  return Buffer.from(hex.padEnd(64, '0'), 'hex');
}
