import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend } from '../../src/store/backend/backend.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { ObjectType } from '../../src/store/id.ts';
import { checkPacks } from '../../src/store/index/pack-check.ts';
import { rejects } from './backend-suite.ts';
import { bytesOf, fillStore, openStore } from './store-rig.ts';
import { withFolder } from './temporary.ts';

const SCRIPT = fileURLToPath(new URL('./index-process.ts', import.meta.url));

class Peer {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;

  constructor(folder: string, act: string, argument: string | number) {
    const stdio = ['pipe', 'pipe', 'inherit'] as ['pipe', 'pipe', 'inherit'];
    this.process = spawn(process.execPath, [SCRIPT, folder, act, String(argument)], { stdio });
    this.#exited = once(this.process, 'exit');
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    assert.is((await this.#lines.next()).value, 'ready');
  }

  go(): void {
    this.process.stdin!.write('x');
  }

  /** Also when it has ended by itself. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what the script prints
  async answer(): Promise<any> {
    const { value, done } = await this.#lines.next();
    assert.not.ok(done, 'the other process ended without an answer');
    return JSON.parse(value);
  }
}

/** Begins all acts at one moment; their answers. */
// biome-ignore lint/suspicious/noExplicitAny: what the script prints
async function together(folder: string, acts: readonly [string, string | number][]): Promise<any[]> {
  const peers = acts.map(([act, argument]) => new Peer(folder, act, argument));
  await Promise.all(peers.map((peer) => peer.ready()));
  for (const peer of peers) peer.go();
  return Promise.all(peers.map((peer) => peer.answer()));
}

async function withStore(body: (folder: string, backend: Backend) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const backend = await openBackend({ type: 'fs', path: `${folder}/store` }, { create: true });
    await body(folder, backend);
    await backend.close();
  });
}

async function assertAllStored(folder: string, backend: Backend, seeds: readonly string[]): Promise<void> {
  const store = openStore(folder, { backend });
  for (const seed of seeds) {
    for (let i = 0; i < 100; i++) {
      const chunk = bytesOf(`${seed} chunk ${i}`, 500 + i);
      assert.ok((await store.readChunk(plainIds.chunk(chunk))).equals(chunk));
      const tree = bytesOf(`${seed} tree ${i}`, 500 + i);
      await store.readMeta(plainIds.meta(ObjectType.tree, tree), ObjectType.tree);
    }
  }
  assert.equal((await checkPacks(backend, store.index)).findings, []);
  await store.close();
}

test('eight processes write and read at once, from no index at all', () =>
  withStore(async (folder, backend) => {
    const seeds = Array.from({ length: 8 }, (_, i) => `seed ${i}`);
    const answers = await together(
      folder,
      seeds.map((seed) => ['fill', seed]),
    );
    for (const { stored } of answers) assert.is(stored, 200);
    await assertAllStored(folder, backend, seeds);
  }));

test('an index that vanishes while four processes use it is made again', () =>
  withStore(async (folder, backend) => {
    const seeds = Array.from({ length: 4 }, (_, i) => `seed ${i}`);
    const running = together(
      folder,
      seeds.map((seed) => ['fill', seed]),
    );
    let over = false;
    void running.finally(() => {
      over = true;
    });
    for (let i = 0; i < 20 && !over; i++) {
      await delay(100);
      await rm(`${folder}/index`, { recursive: true, force: true }).catch(() => undefined); // one may be making it
    }
    for (const { stored } of await running) assert.is(stored, 200);
    await assertAllStored(folder, backend, seeds);
  }));

test('a process that works for long lets others in', () =>
  withStore(async (folder, backend) => {
    const store = openStore(folder, { backend });
    await fillStore(store, 'first');
    const peer = new Peer(folder, 'read', 10);
    await peer.ready();
    peer.go();
    let times: number[] | undefined;
    const answered = peer.answer().then((answer) => {
      times = answer.times;
    });
    const ids = Array.from({ length: 40 }, (_, i) => plainIds.chunk(bytesOf(`first chunk ${i}`, 500 + i)));
    const end = performance.now() + 20_000;
    let reads = 0;
    while (!times && performance.now() < end) {
      for (const id of ids) await store.readChunk(id);
      reads += ids.length;
      if (reads % 4000 === 0) await delay(0); // the answer comes through the event loop
    }
    await answered;
    assert.ok(
      times!.every((ms) => ms < 2000),
      `waited ${times}`,
    );
    assert.ok(reads > 100);
    await store.close();
  }));

test('an idle process lets others in at once', () =>
  withStore(async (folder, backend) => {
    const store = openStore(folder, { backend });
    await fillStore(store, 'first');
    const peer = new Peer(folder, 'read', 5);
    await peer.ready();
    await store.index.db.read(() => undefined);
    peer.go();
    const { times } = await peer.answer();
    assert.ok(Math.max(...times) < 500, `waited ${times}`);
    await store.close();
  }));

test('an index that is held for too long is busy, and the holder is named', () =>
  withStore(async (folder, backend) => {
    const holder = new Peer(folder, 'hold', 20_000);
    await holder.ready();
    holder.go();
    await holder.answer();
    const store = openStore(folder, { backend, patience: 300 });
    const error = await rejects(store.locate(plainIds.chunk(Buffer.from('x'))), 'BUSY');
    if (process.platform === 'linux') {
      assert.equal(error.details, { pid: holder.process.pid });
      assert.match(error.message, `process ${holder.process.pid}`);
    }
    await holder.kill();
    assert.is(await store.locate(plainIds.chunk(Buffer.from('x'))), undefined);
    await store.close();
  }));

test('a writer that is killed leaves an index that works', () =>
  withStore(async (folder, backend) => {
    for (const after of [20, 60, 120]) {
      const peer = new Peer(folder, 'fill', `killed ${after}`);
      await peer.ready();
      peer.go();
      await delay(after);
      await peer.kill();
    }
    const [answer] = await together(folder, [['fill', 'alive']]);
    assert.is(answer.stored, 200);
    // A pack of which a killed writer had not told the index yet is one that the next refresh finds.
    const store = openStore(folder, { backend });
    await store.index.refresh();
    await store.close();
    await assertAllStored(folder, backend, ['alive']);
  }));

if (process.getuid?.() === 0) {
  test('who may not write the index has a private one', () =>
    withStore(async (folder, backend) => {
      const store = openStore(folder, { backend });
      await fillStore(store, 'first');
      await store.close();
      await chmod(folder, 0o755);
      await chmod(`${folder}/store`, 0o755);
      await chmod(`${folder}/index`, 0o755);
      await mkdir(`${folder}/cache`);
      await chmod(`${folder}/cache`, 0o777);
      const [answer] = await together(folder, [['stranger', `${folder}/cache`]]);
      assert.equal(answer, { path: `${folder}/cache/index`, refused: 'PERMISSION' });
      await chmod(`${folder}/index`, 0o700);
      const [hidden] = await together(folder, [['stranger', `${folder}/cache`]]);
      assert.equal(hidden, { path: `${folder}/cache/index`, refused: 'PERMISSION' });
    }));
}

test.run();
