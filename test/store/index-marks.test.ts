/** Processes that end while they have the index, which LevelDB itself may bring about. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openBackend } from '../../src/store/backend/open.ts';
import type { ObjectStore } from '../../src/store/object-store/object-store.ts';
import { fillStore, openStore } from './store-rig.ts';
import { withFolder } from './temporary.ts';

const SCRIPT = fileURLToPath(new URL('./index-process.ts', import.meta.url));

/** A process that is no more. */
const DEAD = spawnSync('true').pid;

const marks = (folder: string): string[] =>
  readdirSync(`${folder}/index`).filter((name) => name.startsWith('held-'));

const generation = (store: ObjectStore): Promise<string> =>
  store.index.db.read((reader) => reader.generation);

function withStore(body: (folder: string, open: () => Promise<ObjectStore>) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    mkdirSync(`${folder}/store`);
    const backend = await openBackend({ type: 'fs', path: `${folder}/store` });
    const store = openStore(folder, { backend });
    await fillStore(store, 'first');
    await store.close();
    await body(folder, async () => openStore(folder, { backend }));
    await backend.close();
  });
}

function act(
  folder: string,
  name: string,
  argument: string,
): { status: number | null; signal: string | null } {
  return spawnSync(process.execPath, [SCRIPT, folder, name, argument], { input: 'go', timeout: 30_000 });
}

test('whoever has the index has a mark in it, and takes it away', () =>
  withStore(async (folder, open) => {
    assert.equal(marks(folder), []);
    const store = await open();
    const first = await generation(store);
    assert.is(marks(folder).length, 1);
    const other = await open();
    const waiting = generation(other);
    await store.release();
    assert.is(await waiting, first);
    await other.close();
    await store.close();
    assert.equal(marks(folder), []);
  }));

test('one that ended with the index open is nothing; after a second one the index is made anew', () =>
  withStore(async (folder, open) => {
    let store = await open();
    const first = await generation(store);
    await store.close();
    // The second mark is of an earlier process with our own pid, as in a container.
    const dead = [`held-${DEAD}-00000001`, `held-${process.pid}-00000002`];
    writeFileSync(`${folder}/index/${dead[0]}`, '');
    store = await open();
    assert.is(await generation(store), first);
    await store.close();
    assert.equal(marks(folder), [], 'a sound close ends the row');
    for (const name of dead) writeFileSync(`${folder}/index/${name}`, '');
    store = await open();
    assert.is.not(await generation(store), first);
    assert.is((await store.complete('', 1000)).length, 80);
    await store.close();
    assert.equal(marks(folder), []);
  }));

test('two processes that are aborted, and the third goes on', () =>
  withStore(async (folder, open) => {
    for (const count of [1, 2]) {
      assert.is(act(folder, 'abort', '').signal, 'SIGABRT');
      assert.is(marks(folder).length, count);
    }
    const store = await open();
    assert.is((await store.complete('', 1000)).length, 80);
    await store.close();
    assert.equal(marks(folder), []);
  }));

test('tables with changed bytes cost two processes at most', () =>
  withStore(async (folder, open) => {
    const more = await open();
    await fillStore(more, 'second', 400);
    await more.close();
    cpSync(`${folder}/index`, `${folder}/sound`, { recursive: true });
    for (const start of [3, 40, 77]) {
      rmSync(`${folder}/index`, { recursive: true });
      cpSync(`${folder}/sound`, `${folder}/index`, { recursive: true });
      assert.ok(garble(`${folder}/index`, start) > 0, 'there are tables');
      let tries = 1;
      while (act(folder, 'fill', `later ${start}`).status !== 0) assert.ok(++tries <= 3, `from ${start}`);
    }
  }));

/** Changes every 97th byte of each table; how many tables there are. */
function garble(index: string, start: number): number {
  const tables = readdirSync(index).filter(
    (name) => name.endsWith('.ldb') && statSync(`${index}/${name}`).size > 0,
  );
  for (const name of tables) {
    const bytes = readFileSync(`${index}/${name}`);
    for (let at = start; at < bytes.length; at += 97) bytes[at]! ^= 0x5a;
    writeFileSync(`${index}/${name}`, bytes);
  }
  return tables.length;
}

test.run();
