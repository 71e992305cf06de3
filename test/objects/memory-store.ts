/** A store in memory that counts what is put and read; and what the tests of this room share. */
import * as assert from 'uvu/assert';
import { type ErrorCode, VaultError } from '../../src/errors.ts';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { type Put, TreeBuilder } from '../../src/objects/tree.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../src/store/id.ts';
import type { Location, ObjectReader } from '../../src/store/store.ts';

export class MemoryStore implements ObjectReader {
  readonly objects = new Map<string, Buffer>();
  puts = 0;
  reads = 0;
  /** the id of everything read, in order */
  readonly readIds: string[] = [];

  readonly put: Put = async (type, encoding) => {
    this.puts++;
    return this.keep(type, encoding);
  };

  keep(type: ObjectType, bytes: Uint8Array): Id {
    const id = type === ObjectType.chunk ? plainIds.chunk(bytes) : plainIds.meta(type, bytes);
    this.objects.set(keyOf(type, id), Buffer.from(bytes));
    return id;
  }

  async readMeta(id: Id, type: ObjectType): Promise<Buffer> {
    this.reads++;
    this.readIds.push(id.toString('hex'));
    const bytes = this.objects.get(keyOf(type, id));
    if (!bytes) throw new VaultError('MISSING_OBJECT', `no ${type} ${id.toString('hex')}`);
    return bytes;
  }

  async readChunk(id: Id): Promise<Buffer> {
    if (id.equals(EMPTY_CONTENT)) return Buffer.alloc(0);
    return this.readMeta(id, ObjectType.chunk);
  }

  async locate(id: Id): Promise<Location | undefined> {
    const bytes = this.objects.get(keyOf(ObjectType.chunk, id));
    if (!bytes) return undefined;
    const none = { pack: '', blockOffset: 0, blockLength: 0, blockRawLength: 0, offset: 0 };
    return { ...none, type: ObjectType.chunk, length: bytes.length };
  }

  async complete(): Promise<{ id: Id; type: ObjectType }[]> {
    return [];
  }
}

function keyOf(type: ObjectType, id: Id): string {
  return `${type} ${id.toString('hex')}`;
}

/** What a test writes for a directory: names with the content of files, or with directories. */
export type Sketch = { [name: string]: string | Sketch | Partial<Entry> };

/** A folder may hold a file called `id`. */
function isEntry({ kind, mode, id }: Sketch | Partial<Entry>): boolean {
  return typeof kind === 'number' || typeof mode === 'number' || Buffer.isBuffer(id);
}

/** Stores a directory as the sketch has it; the id of its tree. */
export async function storeTree(store: MemoryStore, sketch: Sketch): Promise<Id> {
  const builder = new TreeBuilder(store.put);
  const names = Object.keys(sketch).map((name) => Buffer.from(name));
  for (const name of names.sort(Buffer.compare)) {
    const value = sketch[name.toString()]!;
    await builder.add(await entryFor(store, name, value));
  }
  return (await builder.finish()).id;
}

async function entryFor(store: MemoryStore, name: Buffer, value: Sketch[string]): Promise<Entry> {
  if (typeof value === 'string') {
    const id = store.keep(ObjectType.chunk, Buffer.from(value));
    return { name, kind: Kind.file, id, size: value.length };
  }
  if (isEntry(value)) return { name, kind: Kind.file, id: EMPTY_CONTENT, ...value } as Entry;
  return { name, kind: Kind.dir, id: await storeTree(store, value as Sketch) };
}

export function directory(id: Id, name = ''): Entry {
  return { name: Buffer.from(name), kind: Kind.dir, id };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Fails unless `run` throws a `VaultError` with this code and a message that matches. */
export async function fails(run: () => unknown, code: ErrorCode, message = /./): Promise<void> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
    return;
  }
  assert.unreachable(`no error, but ${String(result)}`);
}

/** An id that is the same in every run. */
export function idOf(seed: string | number): Id {
  return plainIds.chunk(Buffer.from(String(seed)));
}
