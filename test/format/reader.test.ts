/**
 * The independent reader on vaults that the program made: everything comes back, byte for byte, and damage does not go
 * unnoticed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Environment,
  hostEnvironment,
  infoOf,
  initVault,
  openVault,
  type Repository,
  readContent,
  readSnapshot,
  resolve,
  setTag,
  storedType,
  takeSnapshot,
  walkTree,
} from '../../src/index.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { type ChunkerConfig, createConfig } from '../../src/store/config.ts';
import { ObjectType } from '../../src/store/id.ts';
import { withFolder } from '../store/temporary.ts';
import { FormatError, type ReadEntry, readRows, Store, sha256 } from './reader.mjs';
import { noise } from './samples.ts';
import vectors from './vectors.json' with { type: 'json' };

const READER = join(import.meta.dirname, 'reader.mjs');
const LINE = 'Büro/docs';
const MIB = 1024 * 1024;

/** Packages that lie here anyway: real names, real contents. */
const REAL = ['typescript', '@oclif', 'diff', '.bin'];

function environmentIn(folder: string): Environment {
  return hostEnvironment(join(folder, 'cache'));
}

async function withVault<T>(
  folder: string,
  root: string,
  body: (vault: Repository) => Promise<T>,
): Promise<T> {
  const store = join(folder, 'store');
  const environment = environmentIn(folder);
  await initVault({ store, environment });
  const vault = await openVault({ store, root: Buffer.from(root), line: LINE, environment });
  try {
    return await body(vault);
  } finally {
    await vault.close();
  }
}

/** The reader as a program of its own, so that nothing of ours is loaded. */
function run(store: string, ref: string, folder: string): Record<string, unknown> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [READER, store, ref, folder], {
    encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  return JSON.parse(stdout);
}

interface Found {
  stat: fs.BigIntStats;
  /** of files and symlinks: content, target */
  digest?: string;
}

/** All below `folder` by path (latin1), without what a restore by this reader leaves out. */
function survey(folder: string): Map<string, Found> {
  const found = new Map<string, Found>();
  const visit = (path: Buffer, relative: string) => {
    for (const name of fs.readdirSync(path, { encoding: 'buffer' })) {
      const full = Buffer.concat([path, Buffer.from('/'), name]);
      const key = relative === '' ? name.toString('latin1') : `${relative}/${name.toString('latin1')}`;
      const stat = fs.lstatSync(full, { bigint: true });
      if (stat.isDirectory()) visit(full, key);
      if (stat.isFile()) found.set(key, { stat, digest: sha256(fs.readFileSync(full)).toString('hex') });
      else if (stat.isSymbolicLink())
        found.set(key, { stat, digest: fs.readlinkSync(full, { encoding: 'buffer' }).toString('hex') });
      else found.set(key, { stat });
    }
  };
  visit(Buffer.from(folder), '');
  return found;
}

/** Fails unless both folders hold the same names, kinds, contents and permissions. */
function assertSame(source: string, copy: string): Map<string, Found> {
  const wanted = survey(source);
  const got = survey(copy);
  for (const [path, { stat }] of wanted) if (stat.isFIFO()) wanted.delete(path);
  assert.equal([...got.keys()].sort(), [...wanted.keys()].sort());
  for (const [path, { stat, digest }] of wanted) {
    const other = got.get(path)!;
    assert.is(other.stat.mode, stat.mode, path);
    assert.is(other.digest, digest, path);
  }
  return wanted;
}

function digestOf(reader: Store, entry: ReadEntry): string {
  return sha256(Buffer.concat([...reader.content(entry)])).toString('hex');
}

/** Fails unless the entry says what `lstat` does. */
function assertMetadata(entry: ReadEntry, { stat }: Found, path: string): void {
  const ns = BigInt(entry.mtimeS!) * 1_000_000_000n + BigInt(entry.mtimeNs!);
  assert.is(ns, stat.mtimeNs, path);
  assert.is(entry.mode, Number(stat.mode & 0o7777n), path);
  assert.is(entry.uid, Number(stat.uid), path);
  assert.is(entry.gid, Number(stat.gid), path);
  assert.is(BigInt(entry.ino!), stat.ino, path);
  assert.is(entry.nlink, Number(stat.nlink), path);
  assert.is(entry.size, stat.isFile() || stat.isSymbolicLink() ? Number(stat.size) : undefined, path);
}

function fillSource(source: string): void {
  fs.mkdirSync(source);
  for (const name of REAL) {
    const from = join(import.meta.dirname, '../../node_modules', name);
    if (fs.existsSync(from)) fs.cpSync(from, join(source, name), { recursive: true, verbatimSymlinks: true });
  }
  fs.mkdirSync(join(source, 'many'));
  for (let i = 0; i < 1500; i++)
    fs.writeFileSync(join(source, 'many', `file-${i}`), i % 7 ? `${i % 50}` : '');
  fs.writeFileSync(join(source, 'large'), noise(9 * MIB));
  fs.copyFileSync(join(source, 'large'), join(source, 'large again'));
  fs.mkdirSync(join(source, 'empty'), { mode: 0o700 });
  const sparse = fs.openSync(join(source, 'sparse'), 'w');
  fs.ftruncateSync(sparse, 5 * MIB);
  fs.writeSync(sparse, 'data', 3 * MIB);
  fs.closeSync(sparse);
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat([Buffer.from(`${source}/`), ...parts.map((part) => Buffer.from(part as string))]);
  fs.mkdirSync(bytes('bytes ', [0xff, 0xfe]));
  fs.writeFileSync(bytes('bytes ', [0xff, 0xfe], '/', [0x80, 0x0a, 0x22]), 'not UTF-8');
  fs.symlinkSync(Buffer.from([0x2e, 0x2f, 0xff]), bytes('link to ', [0xff]));
  fs.symlinkSync('empty', join(source, 'link to a folder'));
  fs.writeFileSync(join(source, 'run'), '#!/bin/sh\n', { mode: 0o755 });
  fs.linkSync(join(source, 'run'), join(source, 'run too'));
  execFileSync('mkfifo', [join(source, 'fifo')]);
}

test('the reader needs nothing but Node', () => {
  const imports = fs.readFileSync(READER, 'utf8').match(/(?<=\b(?:from|import\()\s*')[^']+/g);
  assert.equal(imports, ['node:crypto', 'node:fs', 'node:zlib']);
});

test('a folder of all kinds comes back, its older version by tag, too', () =>
  withFolder(async (folder) => {
    const source = join(folder, 'source');
    const store = join(folder, 'store');
    fillSource(source);
    await withVault(folder, source, async (vault) => {
      const { id } = await takeSnapshot(vault, { threads: 2 });
      await setTag(vault, 'v1.0/first', { id: id!, stored: ObjectType.snapshot });
      for (const name of ['large', 'many/file-17'])
        await setTag(vault, name, infoOf(await resolve(vault, `HEAD:${name}`)));
      const result = run(store, 'tags/v1.0/first', join(folder, 'first'));
      const found = assertSame(source, join(folder, 'first'));
      const files = [...found.values()].filter(({ stat }) => stat.isFile());
      assert.is(result.files, files.length);
      assert.is(result.bytes, Number(files.reduce((sum, { stat }) => sum + stat.size, 0n)));
      assert.equal(result.skipped, ['fifo fifo']);
      assert.ok(files.length > 2000, `${files.length}`);
      fs.rmSync(join(source, 'many', 'file-17'));
      fs.appendFileSync(join(source, 'large'), 'and more');
      await takeSnapshot(vault, { threads: 2, message: 'second' });
    });
    const after = survey(source);
    const reader = new Store(store);
    assert.is(reader.ref('tags/large').list, true);
    assert.is(reader.ref('tags/many/file-17').list, undefined);
    for (const name of ['large', 'many/file-17']) {
      const tagged = Buffer.concat([...reader.named(`tags/${name}`)]);
      assert.ok(tagged.equals(fs.readFileSync(join(folder, 'first', name))), name);
    }
    const { tree, parents, changes, message } = reader.snapshot(LINE);
    assert.is(message, 'second');
    assert.is(reader.ref('tags/v1.0/first').target, parents[0]!.toString('hex'));
    for (const { path, entry } of reader.walk(tree)) {
      const key = path.toString('latin1');
      const found = after.get(key)!;
      assertMetadata(entry, found, key);
      if (entry.kind === 1) assert.is(digestOf(reader, entry), found.digest, key);
      after.delete(key);
    }
    assert.is(after.size, 0);
    const rows = [...readRows(reader.fetch, 5, changes as Buffer)];
    assert.equal(
      rows.map(({ letter, path, metadataOnly }) => `${letter} ${path} ${metadataOnly}`),
      ['M large false', 'D many/file-17 false'],
    );
    const sparse = [...readRows(reader.fetch, 3, tree)].find((entry) =>
      entry.name.equals(Buffer.from('sparse')),
    );
    assert.is(sparse.flags & 1, 1);
    assert.is(sparse.flags & 4, 4);
  }));

test('a file of thousands of chunks, by a chunker of another size', () =>
  withFolder(async (folder) => {
    const source = join(folder, 'source');
    const store = join(folder, 'store');
    fs.mkdirSync(source);
    fs.writeFileSync(join(source, 'noise'), noise(MIB));
    fs.writeFileSync(join(source, 'zeros'), Buffer.alloc(MIB));
    const chunker: ChunkerConfig = { algorithm: 'fastcdc', min: 64, avg: 128, max: 256, normalization: 1 };
    const backend = await openBackend({ type: 'fs', path: store }, { create: true });
    const { now } = environmentIn(folder);
    await createConfig(backend, { now, chunker, packTarget: 64 * 1024, blockTarget: 4096 });
    await backend.close();
    await withVault(folder, source, (vault) => takeSnapshot(vault, { threads: 2 }));
    run(store, LINE, join(folder, 'copy'));
    assertSame(source, join(folder, 'copy'));
    const reader = new Store(store);
    assert.ok([...reader.packs()].length > 10);
    const [first, second] = [...readRows(reader.fetch, 3, reader.snapshot(LINE).tree)];
    assert.ok([...readRows(reader.fetch, 2, first.id)].length > 5000);
    assert.is([...readRows(reader.fetch, 2, second.id)].length, MIB / 256);
  }));

/** A file system that takes long attributes: tmpfs does, ext4 does not. */
function placeForAttributes(): string {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

test('extended attributes, in the entry and out of line', () =>
  withFolder(async (folder) => {
    const source = fs.mkdtempSync(join(placeForAttributes(), 'vault-test-'));
    try {
      const platform = getPlatform();
      const path = Buffer.from(join(source, 'file'));
      fs.writeFileSync(path, 'content');
      const values = [10, 4000, 4097, 60_000].map((length) => noise(length));
      const kept: { name: string; value: Buffer }[] = [];
      for (const [i, value] of platform.abilities.xattrs ? values.entries() : []) {
        const name = `user.n${i}`;
        try {
          platform.setXattr(path, Buffer.from(name), value);
        } catch {
          continue; // this file system has no room for it
        }
        kept.push({ name, value });
      }
      await withVault(folder, source, (vault) => takeSnapshot(vault, { threads: 1 }));
      const reader = new Store(join(folder, 'store'));
      const [entry] = [...readRows(reader.fetch, 3, reader.snapshot(LINE).tree)] as ReadEntry[];
      const own = entry!.xattrs.filter(({ name }) => name.toString().startsWith('user.n'));
      assert.is(own.length, kept.length);
      for (const [i, xattr] of own.entries()) {
        assert.is(xattr.name.toString(), kept[i]!.name);
        assert.ok(reader.attribute(xattr).equals(kept[i]!.value));
        assert.is(xattr.id !== undefined, kept[i]!.value.length > 4096, kept[i]!.name);
      }
    } finally {
      fs.rmSync(source, { recursive: true });
    }
  }));

// The small store of the appendix

function writeStore(path: string): void {
  for (const [key, text] of Object.entries(vectors.store)) {
    fs.mkdirSync(join(path, key, '..'), { recursive: true });
    fs.writeFileSync(join(path, key), Buffer.from(text, key.startsWith('objects/') ? 'hex' : 'utf8'));
  }
}

const SMALL = [
  ['empty', ''],
  ['hello.txt', 'hello\n'],
  ['link', 'hello.txt'],
  ['sub\xff', undefined],
  ['sub\xff/two', 'hello\nworld\n'],
] as const;

test('the small store of the appendix, by the reader', () =>
  withFolder(async (folder) => {
    const store = join(folder, 'store');
    writeStore(store);
    for (const ref of ['Laptop/docs', 'tags/v1']) {
      const copy = join(folder, ref.replace('/', ' '));
      run(store, ref, copy);
      const found = survey(copy);
      assert.equal([...found.keys()].sort(), SMALL.map(([path]) => path).sort());
      for (const [path, content] of SMALL) {
        const full = Buffer.from(`${copy}/${path}`, 'latin1');
        if (path === 'link') assert.is(fs.readlinkSync(full), content);
        else if (content !== undefined) assert.is(fs.readFileSync(full, 'utf8'), content);
      }
    }
  }));

test('the small store of the appendix, by the program', () =>
  withFolder(async (folder) => {
    const store = join(folder, 'store');
    writeStore(store);
    const vault = await openVault({ store, environment: environmentIn(folder) });
    try {
      const record = await vault.refs.current('tags', 'v1');
      assert.is(record!.message, 'größer');
      const snapshot = await readSnapshot(vault.store, Buffer.from(record!.target!, 'hex'));
      const found: [string, string | undefined][] = [];
      for await (const { path, entry } of walkTree(vault.store, snapshot.root)) {
        const type = storedType(entry);
        const parts: Buffer[] = [];
        if (type !== ObjectType.tree) {
          for await (const part of readContent(vault.store, entry.id, type === ObjectType.list))
            parts.push(part);
        }
        const content = type === ObjectType.tree ? undefined : Buffer.concat(parts).toString();
        found.push([path.toString('latin1'), content]);
      }
      assert.equal(found, SMALL);
    } finally {
      await vault.close();
    }
  }));

test('whichever byte is damaged: the reader stops, or what it gives is right', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'store');
    writeStore(path);
    const read = () => {
      const store = new Store(path);
      const found: string[] = [];
      for (const { path, entry } of store.walk(store.snapshot('tags/v1').root.id)) {
        const content = entry.kind === 2 ? '' : Buffer.concat([...store.content(entry)]).toString('hex');
        found.push(`${path.toString('latin1')} ${entry.kind} ${entry.mode} ${content}`);
      }
      return found;
    };
    const sound = read();
    let stopped = 0;
    let passed = 0;
    for (const [key, text] of Object.entries(vectors.store)) {
      const bytes = Buffer.from(text, key.startsWith('objects/') ? 'hex' : 'utf8');
      for (let at = 0; at < bytes.length; at += 7) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 1 << (at % 8);
        fs.writeFileSync(join(path, key), damaged);
        try {
          assert.equal(read(), sound, `${key} at ${at}`);
          passed++;
        } catch (error) {
          const isTold =
            error instanceof FormatError || (error as { code?: string }).code?.startsWith('ZSTD_');
          if (!isTold) throw error;
          stopped++;
        }
      }
      fs.writeFileSync(join(path, key), bytes);
    }
    assert.ok(stopped > 200 && passed > 10, `${stopped} stopped, ${passed} passed`);
  }));

test.run();
