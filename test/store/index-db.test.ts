import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Level } from 'level';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { IndexDb, prefixRange } from '../../src/store/index/db.ts';
import { BrokenIndex } from '../../src/store/index/folder.ts';
import { seal, unseal } from '../../src/store/index/value.ts';
import { rejects, throws } from './backend-suite.ts';
import { VAULT_ID } from './store-rig.ts';
import { withFolder } from './temporary.ts';

function open(folder: string, patience = 30_000): IndexDb {
  return new IndexDb({
    places: [{ path: `${folder}/index`, tmp: `${folder}/tmp` }],
    vaultId: VAULT_ID,
    patience,
  });
}

const key = (text: string) => Buffer.from(text);

test('what a slice writes, later ones read, also after it was closed', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    await db.write((writer) => {
      writer.put(key('k1'), Buffer.from('one'));
      writer.put(key('k2'), Buffer.alloc(0));
      writer.put(key('k3'), Buffer.alloc(10_000, 'long'));
      assert.is(writer.get(key('k1')), undefined, 'a slice does not see its own changes');
    });
    await db.write((writer) => writer.del(key('k2')));
    await db.release();
    await db.read((reader) => {
      assert.is(String(reader.get(key('k1'))), 'one');
      assert.is(reader.get(key('k2')), undefined);
      assert.is(reader.get(key('k3'))?.length, 10_000);
      assert.is(reader.get(key('k4')), undefined);
    });
    await db.close();
  }));

test('an index that cannot be made on a full disk leaves neither files nor an open LevelDB behind', () =>
  withFolder(async (folder) => {
    const { put } = Level.prototype;
    Level.prototype.put = () => Promise.reject(new Error('IO error: No space left on device'));
    const db = open(folder);
    try {
      await rejects(
        db.read(() => undefined),
        'NO_SPACE',
      );
    } finally {
      Level.prototype.put = put;
    }
    assert.equal(await readdir(`${folder}/tmp`), []);
    assert.equal(await openFiles(`${folder}/tmp`), []);
    assert.is(await db.read((reader) => reader.get(key('k'))), undefined, 'a later try makes it');
    await db.close();
  }));

/** Files below a folder that this process has open, as Linux tells; also those that were removed. */
async function openFiles(folder: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}

test('a slice that throws changes nothing', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    const failing = db.write((writer) => {
      writer.put(key('k'), Buffer.from('v'));
      throw new VaultError('USAGE', 'changed its mind');
    });
    await rejects(failing, 'USAGE');
    assert.is(await db.read((reader) => reader.get(key('k'))), undefined);
    await db.close();
  }));

test('writing slices of one process come one after the other', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    const increment = () =>
      db.write(async (writer) => {
        const before = Number(writer.get(key('n')) ?? 0);
        await delay(1);
        writer.put(key('n'), Buffer.from(String(before + 1)));
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    assert.is(await db.read((reader) => String(reader.get(key('n')))), '20');
    await db.close();
  }));

test('entries of a range: bounds, order, limit, and more than a buffer of LevelDB holds', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    await db.write((writer) => {
      for (let i = 0; i < 3000; i++) writer.put(key(`s${String(i).padStart(4, '0')}`), Buffer.alloc(1000, i));
      writer.put(key('r'), key('before'));
      writer.put(key('t'), key('after'));
    });
    await db.read(async (reader) => {
      const all = await reader.entries(prefixRange(key('s')), 10_000);
      assert.is(all.length, 3000);
      assert.is(String(all[0]![0]), 's0000');
      assert.ok(all[77]![1].equals(Buffer.alloc(1000, 77)));
      const last = await reader.entries({ gte: key('s0100'), lt: key('s0200') }, 2, true);
      assert.equal(
        last.map(([k]) => String(k)),
        ['s0199', 's0198'],
      );
      assert.is((await reader.entries(prefixRange(key('s')), 2500)).length, 2500);
      assert.equal(await reader.entries(prefixRange(key('x')), 10), []);
    });
    await db.close();
  }));

test('a range of a prefix holds what begins with it, and nothing else', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(bytes, bytes, (prefix, other) => {
      if (prefix.every((byte) => byte === 255)) return;
      const { gte, lt } = prefixRange(Buffer.from(prefix));
      const inside = Buffer.compare(gte, other) <= 0 && Buffer.compare(Buffer.from(other), lt) < 0;
      assert.is(inside, Buffer.from(other).subarray(0, prefix.length).equals(prefix));
    }),
  );
  throws(() => prefixRange(Buffer.of(255, 255)), 'BUG');
});

test('a sealed value opens under its own key only, unchanged', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(),
      (v, k, n) => {
        const sealed = Buffer.from(seal(Buffer.from(k), Buffer.from(v)));
        assert.ok(unseal(Buffer.from(k), sealed)?.equals(v));
        const changed = Buffer.from(sealed);
        changed[n % changed.length]! ^= 1 << (n % 8);
        assert.is(unseal(Buffer.from(k), changed), undefined);
        const otherKey = Buffer.from(k);
        otherKey[n % otherKey.length]! ^= 1 << (n % 8);
        assert.is(unseal(otherKey, sealed), undefined);
      },
    ),
  );
  assert.is(unseal(key('k'), Buffer.alloc(3)), undefined);
});

test('`now` works while the index is open, and only then', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    const look = () => db.now((reader) => reader.generation);
    assert.is(look(), undefined);
    const generation = await db.read((reader) => reader.generation);
    assert.is(look(), generation);
    await db.release();
    assert.is(look(), undefined);
    assert.is(await db.read((reader) => reader.generation), generation);
    await db.close();
    assert.is(look(), undefined);
    await rejects(
      db.read(() => 1),
      'BUG',
    );
  }));

test('it is closed when idle', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    await db.read(() => 1);
    await delay(500);
    assert.is(
      db.now(() => 1),
      undefined,
    );
    await db.close();
  }));

test('a new index is incomplete until it is said to be complete, for this generation', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    const first = await db.read((reader) => reader.generation);
    assert.is(await db.markComplete('other'), false);
    assert.is(await db.read((reader) => reader.complete), false);
    assert.is(await db.markComplete(first), true);
    await db.release();
    assert.is(await db.read((reader) => reader.complete), true);
    await db.replace('other');
    assert.is(await db.read((reader) => reader.generation), first);
    await db.replace(first);
    await db.read((reader) => {
      assert.is.not(reader.generation, first);
      assert.is(reader.complete, false);
    });
    await db.close();
  }));

test('a damaged value replaces the index, and the slice runs again on the new one', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    await db.write((writer) => writer.put(key('k'), key('value')));
    const first = await db.read((reader) => reader.generation);
    await db.release();
    const level = new Level<Buffer, Buffer>(`${folder}/index`, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    const stored = await level.get(key('k'));
    stored![0]! ^= 1;
    await level.put(key('k'), stored!);
    await level.close();
    let runs = 0;
    const value = await db.read((reader) => {
      runs++;
      return reader.get(key('k'));
    });
    assert.is(value, undefined);
    assert.is(runs, 2);
    assert.is.not(await db.read((reader) => reader.generation), first);
    assert.equal(await readdir(`${folder}/tmp`), []);
    await db.close();
  }));

test('`now` meets damage silently: `read` comes after', () =>
  withFolder(async (folder) => {
    const db = open(folder);
    await db.read(() => 1);
    const broken = () => {
      throw new BrokenIndex('as if a value were damaged');
    };
    assert.is(db.now(broken), undefined);
    throws(
      () =>
        db.now(() => {
          throw new VaultError('USAGE', 'else');
        }),
      'USAGE',
    );
    await db.close();
  }));

test('an aborted command does not go on waiting', () =>
  withFolder(async (folder) => {
    const holder = open(folder);
    await holder.read(async () => {
      const controller = new AbortController();
      const place = { path: `${folder}/index`, tmp: `${folder}/tmp` };
      const db = new IndexDb({ places: [place], vaultId: VAULT_ID, signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      await rejects(
        db.read(() => 1),
        'ABORTED',
      );
      await db.close();
    });
    await holder.close();
  }));

test.run();
