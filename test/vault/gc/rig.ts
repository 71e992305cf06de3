/** A vault in memory for tests of gc: snapshots of names and contents, without a folder and without threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  appendForgotten,
  checkQuick,
  type Entry,
  type Environment,
  formatTime,
  type Id,
  isLive,
  RefStore,
  type Repository,
  readContent,
  readForgotten,
  readSnapshot,
  type Snapshot,
  type WriterClock,
  walkTree,
} from '../../../src/index.ts';
import { Flag, Kind } from '../../../src/objects/model.ts';
import type { Backend } from '../../../src/store/backend/backend.ts';
import { FaultBackend, type FaultHook } from '../../../src/store/backend/fault.ts';
import { MemoryBackend } from '../../../src/store/backend/memory.ts';
import { createConfig, readConfig } from '../../../src/store/config.ts';
import { plainIds } from '../../../src/store/hash/ids.ts';
import { IndexDb } from '../../../src/store/index/db.ts';
import { ObjectIndex } from '../../../src/store/index/object-index.ts';
import { ObjectStore } from '../../../src/store/object-store/object-store.ts';
import { guarded } from '../../../src/store/transaction/guarded-backend.ts';
import { storeContent } from '../../../src/vault/contents/store-content.ts';
import { setContent } from '../../../src/vault/scan/stat-entry.ts';
import { bytesOf } from '../../store/store-rig.ts';
import { FAST_FOLDER } from '../../support/fast-folder.ts';
import { makeSnapshot } from '../made-snapshot.ts';

const ROOT = Buffer.from('/kept');

/** Name → what its content is made of. */
export type Files = Record<string, string>;

export interface Kept {
  id: Id;
  snapshot: Snapshot;
  files: Files;
}

/** Several processes on one storage and in one host's clock. */
export class GcRig {
  readonly storage = new MemoryBackend();
  readonly base = mkdtempSync(join(FAST_FOLDER, 'vault-gc-'));
  /** seconds since 1970 */
  now = 1_767_225_600;
  monotonic = 0n;
  /** pids of processes that have died */
  readonly dead = new Set<number>();
  readonly kept = new Map<string, Kept>();
  readonly #indexes = new Map<number, IndexDb>();
  #ticks = 0n;
  #pids = 100;

  readonly clock: WriterClock = {
    monotonic: () => this.monotonic,
    isRunning: (pid) => !this.dead.has(pid),
  };

  static async make(): Promise<GcRig> {
    const rig = new GcRig();
    await createConfig(rig.storage, { now: () => BigInt(rig.now) * 1_000_000_000n, shared: false });
    return rig;
  }

  /**
   * A vault as another process opens it, with its own pid.
   * @param options.place processes that share an index; each has its own unless given
   * @param options.skew seconds that its clock is ahead
   * @param options.host on which it runs: gc tells dead processes of its own host only
   */
  async open(
    hook?: FaultHook,
    wrap: (backend: Backend) => Backend = (backend) => backend,
    { place, skew = 0, host = 'laptop' }: { place?: number; skew?: number; host?: string } = {},
  ): Promise<Repository> {
    const pid = ++this.#pids;
    const inner = hook ? new FaultBackend(this.storage, hook) : this.storage;
    const backend = guarded(wrap(inner));
    const config = await readConfig(this.storage);
    const db = this.#indexOf(place ?? pid, config.vaultId);
    const settings = { ...config, pack: { target: 4096 }, block: { target: 1024 } };
    const store = new ObjectStore({ backend, index: new ObjectIndex(db, backend), ids: plainIds, settings });
    const environment: Environment = {
      host,
      hostId: 'h',
      bootId: 'boot',
      user: 'ada',
      pid,
      pidNamespace: 'pid:[1]',
      startTime: '1',
      // Finer than the clock of the test, so that no two snapshots are equal.
      now: () => BigInt(this.now + skew) * 1_000_000_000n + this.#ticks++,
      zone: () => 0,
      cacheFolder: join(this.base, 'cache', host),
    };
    const vault: Repository = {
      backend,
      config,
      store,
      refs: new RefStore(backend),
      environment,
      spec: { type: 'memory' },
      folder: undefined,
      root: ROOT,
      embedded: false,
      line: 'main',
      close: () => (place === undefined ? store.close() : Promise.resolve()),
    };
    return vault;
  }

  #indexOf(place: number, vaultId: string): IndexDb {
    const folder = join(this.base, String(place));
    const places = [{ path: join(folder, 'index'), tmp: join(folder, 'tmp') }];
    const db = this.#indexes.get(place) ?? new IndexDb({ places, vaultId });
    this.#indexes.set(place, db);
    return db;
  }

  /** The same storage once more, for a try that changes it. */
  async fork(): Promise<GcRig> {
    const rig = new GcRig();
    for await (const { key } of this.storage.list('')) {
      await rig.storage.create(key, [this.storage.readSync(key)]);
    }
    for (const [hex, kept] of this.kept) rig.kept.set(hex, kept);
    rig.now = this.now + 60;
    return rig;
  }

  async dispose(): Promise<void> {
    for (const db of this.#indexes.values()) await db.close();
    rmSync(this.base, { recursive: true, force: true });
  }

  /**
   * Takes a snapshot of one folder. Entries that are as in the newest one are taken over unread, as a scan does.
   * @param step called before the commit
   */
  async snapshot(vault: Repository, files: Files, step?: () => Promise<void>, line = 'main'): Promise<Kept> {
    const recorded = await makeSnapshot(vault, {
      line,
      names: Object.keys(files).sort(),
      step,
      entry: async (name, writer, old) => {
        const before = old && this.kept.get(old.parent.toString('hex'));
        const isReused = before?.files[name] === files[name];
        return isReused && old ? old.entry : this.#entry(vault, writer, name, files[name]!);
      },
    });
    const kept = { id: recorded.id, snapshot: recorded.snapshot, files };
    this.kept.set(kept.id.toString('hex'), kept);
    return kept;
  }

  async #entry(
    vault: Repository,
    writer: Parameters<typeof storeContent>[2],
    name: string,
    seed: string,
  ): Promise<Entry> {
    const params = { ...vault.config.chunker, min: 128, avg: 256, max: 1024 };
    const content = await storeContent(
      [bytesOf(seed, 1500)] as unknown as AsyncIterable<Uint8Array>,
      params,
      writer,
    );
    const entry: Entry = { name: Buffer.from(name), kind: Kind.file, id: content.id, size: content.size };
    setContent(entry, { ...content, xattrs: undefined }, 0);
    return entry;
  }

  /** Appends one record to the log, as `forget` does. */
  async forget(vault: Repository, ...kept: Kept[]): Promise<void> {
    const time = formatTime(vault.environment.now());
    const dropped = kept.map(({ id }) => id.toString('hex'));
    await appendForgotten(vault.backend, {
      time,
      who: 'ada',
      host: 'laptop',
      message: '',
      dropped,
      kept: [],
    });
  }

  /** Every snapshot that is named and not forgotten can be read to its last byte, and `check` finds no damage. */
  async assertWhole(vault: Repository, least: readonly Kept[] = []): Promise<void> {
    const forgotten = await readForgotten(vault.backend);
    const named = new Set<string>();
    for await (const { record } of vault.refs.list('heads')) {
      for await (const { target } of vault.refs.history('heads', record.name)) if (target) named.add(target);
    }
    for await (const { record } of vault.refs.list('tags')) if (isLive(record)) named.add(record.target);
    for (const { id } of least) assert.ok(named.has(id.toString('hex')), 'an acknowledged snapshot is named');
    const must = new Set(least.map(({ id }) => id.toString('hex')));
    for (const hex of named) if (!forgotten.has(hex)) must.add(hex);
    for (const hex of must) await this.assertReadable(vault, this.kept.get(hex));
    const { findings } = await checkQuick(vault);
    assert.equal(
      findings.filter(({ damage }) => damage),
      [],
    );
  }

  async assertReadable(vault: Repository, kept: Kept | undefined): Promise<void> {
    if (!kept) return; // it was committed by a process that died before it could say so
    const { root } = await readSnapshot(vault.store, kept.id);
    const names: string[] = [];
    for await (const { path, entry } of walkTree(vault.store, root)) {
      const name = path.toString();
      names.push(name);
      const parts: Buffer[] = [];
      for await (const part of readContent(vault.store, entry.id, ((entry.flags ?? 0) & Flag.list) !== 0))
        parts.push(part);
      assert.ok(Buffer.concat(parts).equals(bytesOf(kept.files[name]!, 1500)), `${name} is what it was`);
    }
    assert.equal(names, Object.keys(kept.files).sort());
  }

  /** Of all packs. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for await (const { size } of this.storage.list('objects/')) bytes += size;
    return bytes;
  }

  async packs(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.storage.list('objects/')) found.push(key.slice(-64));
    return found;
  }
}

export async function withRig<T>(body: (rig: GcRig) => Promise<T>): Promise<T> {
  const rig = await GcRig.make();
  try {
    return await body(rig);
  } finally {
    await rig.dispose();
  }
}

/** `count` files whose contents depend on `seed`. */
export function filesOf(seed: string, count = 6): Files {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, `${seed} ${i}`]));
}
