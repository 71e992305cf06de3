/** The vault of a model as one of its processes opens it, and the storage that a model begins with. */
import {
  type Entry,
  type Environment,
  type ErrorCode,
  RefStore,
  type Repository,
} from '../../../src/index.ts';
import { Kind } from '../../../src/objects/model.ts';
import type { Backend } from '../../../src/store/backend/backend.ts';
import { type Config, createConfig, readConfig } from '../../../src/store/config.ts';
import { plainIds } from '../../../src/store/hash/ids.ts';
import type { IndexDb } from '../../../src/store/index/db.ts';
import { ObjectIndex } from '../../../src/store/index/object-index.ts';
import { ObjectStore } from '../../../src/store/object-store/object-store.ts';
import { guarded } from '../../../src/store/transaction/guarded-backend.ts';
import { makeSnapshot } from '../../vault/made-snapshot.ts';
import { replacing } from '../../vault/wrapped-vault.ts';
import { type Acknowledged, Instance } from './instance.ts';
import { MemoryIndex } from './memory-index.ts';
import { type Contents, Storage } from './storage.ts';

/** One process of a configuration. */
export interface Actor {
  name: string;
  /** codes of errors with which it may end without anything being wrong */
  may?: readonly ErrorCode[];
  /**
   * @param ids what the preparation has named
   * @param wire the storage without the guard that every vault has: for requests that arrive once more
   */
  does(vault: Repository, ids: Ids, wire: Backend): Promise<readonly Acknowledged[]>;
  /** what it sends was sent before, by somebody who did as the protocol says */
  isLate?: boolean;
}

/** Hex ids by names. */
export type Ids = Readonly<Record<string, string>>;

export interface Plan {
  /** makes what is there when the processes begin */
  prepare(vault: Repository): Promise<Ids>;
  /** swept packs are put aside, as in a local store, and not removed at once */
  trash?: boolean;
}

/** Seconds since 1970: when the models take place. */
const TIME_S = 1_767_225_600n;
const DAY_S = 86_400n;

export class World {
  readonly storage: Storage;
  readonly start: Contents;
  readonly ids: Ids;
  readonly #config: Config;
  readonly #index: MemoryIndex;
  readonly #trash: boolean;

  private constructor(
    storage: Storage,
    start: Contents,
    { trash = false }: Plan,
    known: { ids: Ids; config: Config; index: MemoryIndex },
  ) {
    this.storage = storage;
    this.start = start;
    this.ids = known.ids;
    this.#config = known.config;
    this.#index = known.index;
    this.#trash = trash;
  }

  static async prepare(plan: Plan): Promise<World> {
    const storage = new Storage();
    const index = new MemoryIndex();
    let config: Config;
    let ids: Ids = {};
    const instance = await Instance.start(storage, 0, async (backend) => {
      await createConfig(backend, { now: () => TIME_S * 1_000_000_000n, shared: false });
      config = await readConfig(backend);
      ids = await plan.prepare(open(backend, 0, config, index));
      return [];
    });
    let contents = storage.contentsOf(new Map());
    for (let { operation } = instance; operation; operation = instance.operation) {
      const applied = storage.apply(contents, operation);
      contents = applied.contents;
      await instance.answer(applied.answer);
    }
    if (instance.ending?.code) throw new Error(`the preparation fails: ${instance.ending.message}`);
    return new World(storage, contents, plan, { ids, config: config!, index });
  }

  /** What a process runs, with an index that knows what was there at the beginning. */
  body(actor: Actor): (backend: Backend, number: number) => Promise<readonly Acknowledged[]> {
    return (backend, number) => {
      const seen = this.#trash ? backend : replacing(backend, 'move', undefined);
      return actor.does(open(seen, number, this.#config, this.#index.copy()), this.ids, seen);
    };
  }
}

function open(storage: Backend, number: number, config: Config, memory: MemoryIndex): Repository {
  const backend = guarded(storage);
  const index = new ObjectIndex(memory as unknown as IndexDb, backend);
  const now = (TIME_S + BigInt(number) * DAY_S) * 1_000_000_000n;
  const environment: Environment = {
    host: 'laptop',
    hostId: 'h',
    bootId: 'boot',
    user: 'ada',
    pid: 100 + number,
    startTime: '1',
    now: () => now,
    zone: () => 0,
    cacheFolder: '/',
  };
  return {
    backend,
    config,
    store: new ObjectStore({ backend, index, ids: plainIds, settings: config }),
    refs: new RefStore(backend),
    environment,
    spec: { type: 'memory' },
    folder: undefined,
    root: Buffer.from('/kept'),
    embedded: false,
    line: 'main',
    close: async () => undefined,
  };
}

/** A snapshot of files that are a few bytes; what the parent has alike is taken over unread. Gives its hex id. */
export async function smallSnapshot(
  vault: Repository,
  line: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const { id } = await makeSnapshot(vault, {
    line,
    names: Object.keys(files).sort(),
    entry: async (name, writer, old) => {
      const bytes = Buffer.from(files[name]!);
      const id = plainIds.chunk(bytes);
      if (old?.entry.id.equals(id)) return old.entry;
      const entry: Entry = { name: Buffer.from(name), kind: Kind.file, id, size: bytes.length };
      await writer.putChunk(bytes);
      return entry;
    },
  });
  return id.toString('hex');
}
