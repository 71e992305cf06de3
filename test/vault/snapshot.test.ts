/** Everything that a folder may hold is in its snapshot, exactly. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkQuick, EMPTY_CONTENT, Kind } from '../../src/index.ts';
import { Flag } from '../../src/objects/model.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { assertHolds } from './inventory.ts';
import { changesOf, contentOf, entriesOf, pathsOf, take, treeOf, withKept } from './kept.ts';

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;
const platform = getPlatform();

/** A test that needs an ability; skipped by name without it. */
function testIf(able: boolean, ability: string, title: string, body: () => Promise<void>): void {
  if (able) test(title, body);
  else test.skip(`${title} (needs ${ability})`);
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

test('files of every size that the engine tells apart', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const { min, max } = vault.config.chunker;
    const sizes = [0, 1, min - 1, min, min + 1, max, max + 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 21 * MIB];
    for (const size of sizes) writeFileSync(kept.at(`random-${size}`), randomBytes(size));
    for (const size of [min, 4 * MIB + 1, 9 * MIB])
      writeFileSync(kept.at(`zeros-${size}`), Buffer.alloc(size));
    const taken = await take(vault, { threads: 2 });
    await assertHolds(vault, taken);
    const entries = await entriesOf(vault, taken);
    assert.equal(entries.get('random-0')?.id, EMPTY_CONTENT);
    assert.equal(entries.get('random-1')?.id, entries.get('random-1')?.sha256);
    assert.ok((entries.get(`random-${21 * MIB}`)!.flags ?? 0) & Flag.list);
    assert.is(taken.snapshot.stats.files, sizes.length + 3);
    assert.equal((await checkQuick(vault)).findings, []);
  }));

test('equal contents are stored once', () =>
  withKept(async (kept) => {
    const small = randomBytes(30_000);
    const large = randomBytes(6 * MIB);
    for (let i = 0; i < 20; i++) writeFileSync(kept.at(`small-${i}`), small);
    for (let i = 0; i < 4; i++) writeFileSync(kept.at(`large-${i}`), large);
    linkSync(kept.at('small-1'), kept.at('linked'));
    const vault = await kept.init();
    const taken = await take(vault, { threads: 2 });
    await assertHolds(vault, taken);
    const { stats } = taken.snapshot;
    assert.is(stats.newBytes, small.length + large.length);
    assert.is(stats.files, 25);
    assert.is(stats.bytes, 21 * small.length + 4 * large.length);
    const entries = await entriesOf(vault, taken);
    assert.is(entries.get('linked')?.nlink, 2);
    assert.is(entries.get('linked')?.ino, entries.get('small-1')?.ino);
    writeFileSync(kept.at('again'), small);
    assert.is((await take(vault)).snapshot.stats.newBytes, 0);
  }));

test('metadata to the nanosecond', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('file'), 'x');
    mkdirSync(kept.at('folder'));
    symlinkSync('file', kept.at('link'));
    platform.setTimes(bytes(kept.at('file')), 1_234_567_890, 123_456_789);
    platform.setTimes(bytes(kept.at('folder')), -1_000_000, 1);
    utimesSync(kept.at('folder'), 4_294_967_296 + 17.5, 4_294_967_296 + 17.5);
    lutimesSync(kept.at('link'), 1, 1);
    for (const [name, mode] of Object.entries({ setuid: 0o4755, sticky: 0o1777, none: 0o000, odd: 0o2461 })) {
      writeFileSync(kept.at(name), name);
      chmodSync(kept.at(name), mode);
    }
    writeFileSync(kept.at('before 1970'), '');
    platform.setTimes(bytes(kept.at('before 1970')), -5, 999_999_999);
    const vault = await kept.init();
    const taken = await take(vault);
    await assertHolds(vault, taken);
    const file = (await entriesOf(vault, taken)).get('file')!;
    if (platform.abilities.nanoseconds) assert.is(file.mtimeNs, 123_456_789);
    assert.is(file.user, platform.userName(process.getuid!()));
    assert.is(file.fs, 0);
  }));

testIf(isRoot, 'root', 'owners, with and without a name', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('nobody'), '');
    chownSync(kept.at('nobody'), 65_534, 65_534);
    writeFileSync(kept.at('nameless'), '');
    chownSync(kept.at('nameless'), 4_000_000_000, 3_999_999_999);
    const vault = await kept.init();
    const taken = await take(vault);
    await assertHolds(vault, taken);
    const entries = await entriesOf(vault, taken);
    assert.is(entries.get('nobody')?.user, 'nobody');
    assert.is(entries.get('nameless')?.user, undefined);
  }),
);

testIf(platform.abilities.devices, 'device nodes', 'fifos, sockets, devices and links to nowhere', () =>
  withKept(async (kept) => {
    platform.mknod(bytes(kept.at('fifo')), Kind.fifo, 0o600, 0, 0);
    symlinkSync('/no/such/place', kept.at('nowhere'));
    symlinkSync('nowhere'.repeat(500), kept.at('long'));
    const server = createServer().listen(kept.at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    if (isRoot) {
      platform.mknod(bytes(kept.at('null')), Kind.char, 0o666, 1, 3);
      platform.mknod(bytes(kept.at('disk')), Kind.block, 0o660, 4095, 1_048_575);
    }
    const vault = await kept.init();
    const taken = await take(vault);
    await assertHolds(vault, taken);
    const entries = await entriesOf(vault, taken);
    assert.is(entries.get('socket')?.kind, Kind.socket);
    assert.is(entries.get('nowhere')?.target?.toString(), '/no/such/place');
    assert.is(taken.snapshot.stats.others, isRoot ? 6 : 4);
    if (isRoot) {
      const { rdevMajor, rdevMinor } = entries.get('disk')!;
      assert.equal([rdevMajor, rdevMinor], [4095, 1_048_575]);
    }
    assert.is(treeOf(await take(vault)), treeOf(taken));
    await new Promise((resolve) => server.close(resolve));
  }),
);

testIf(
  platform.abilities.xattrs,
  'extended attributes',
  'extended attributes, short, long and of folders',
  () =>
    withKept(async (kept) => {
      writeFileSync(kept.at('file'), 'x');
      mkdirSync(kept.at('folder'));
      const set = (path: string, name: string, value: Buffer): void =>
        platform.setXattr(bytes(path), Buffer.from(name), value);
      const long = randomBytes(3000);
      set(kept.at('file'), 'user.short', Buffer.from([0, 255, 10]));
      set(kept.at('file'), 'user.empty', Buffer.alloc(0));
      set(kept.at('folder'), 'user.long', long);
      set(kept.root, 'user.root', Buffer.from('root'));
      const vault = await kept.init();
      const taken = await take(vault);
      await assertHolds(vault, taken);
      const entries = await entriesOf(vault, taken);
      assert.equal(entries.get('file')?.xattrs, [
        { name: Buffer.from('user.empty'), value: Buffer.alloc(0) },
        { name: Buffer.from('user.short'), value: Buffer.from([0, 255, 10]) },
      ]);
      assert.equal(entries.get('folder')?.xattrs, [{ name: Buffer.from('user.long'), value: long }]);
      assert.equal(taken.snapshot.root.xattrs, [
        { name: Buffer.from('user.root'), value: Buffer.from('root') },
      ]);
      set(kept.at('file'), 'user.short', Buffer.from('other'));
      set(kept.at('folder'), 'user.long', Buffer.from('other'));
      const second = await take(vault);
      assert.equal(await changesOf(vault, second), ['Mm file', 'Mm folder']);
      platform.removeXattr(bytes(kept.at('file')), Buffer.from('user.short'));
      assert.equal(await changesOf(vault, await take(vault)), ['Mm file']);
    }),
);

test('sparse files are marked', () =>
  withKept(async (kept) => {
    const fd = openSync(kept.at('sparse'), 'w');
    writeSync(fd, 'begin', 0);
    ftruncateSync(fd, 6 * MIB);
    writeSync(fd, 'end', 5 * MIB);
    closeSync(fd);
    const vault = await kept.init();
    const taken = await take(vault);
    await assertHolds(vault, taken);
  }));

test('names of any bytes', () =>
  withKept(async (kept) => {
    const names = [
      'new\nline',
      '-dash',
      ' space ',
      '"quote"',
      "'",
      '\\',
      '\x01\x7f',
      'a\xff\xfe',
      '\xc3\x28',
      '...',
      '~',
      '*',
    ];
    const root = Buffer.from(kept.root);
    for (const name of names) {
      const path = Buffer.concat([root, Buffer.from('/'), bytes(name)]);
      mkdirSync(path);
      writeFileSync(Buffer.concat([path, Buffer.from('/'), bytes(name)]), name);
    }
    writeFileSync(kept.at('ü'.repeat(127)), 'long');
    const vault = await kept.init();
    const taken = await take(vault);
    await assertHolds(vault, taken);
    assert.is(taken.snapshot.stats.files, names.length + 1);
    const again = await take(vault, { paths: [bytes('a\xff\xfe/a\xff\xfe')] });
    assert.is(treeOf(again), treeOf(taken));
  }));

test('folders in folders, empty ones too', () =>
  withKept(async (kept) => {
    const deep = Array.from({ length: 300 }, (_, i) => `d${i % 10}`).join('/');
    mkdirSync(kept.at(deep), { recursive: true });
    writeFileSync(kept.at(deep, 'deepest'), 'down here');
    mkdirSync(kept.at('empty'));
    mkdirSync(kept.at('nested/empty'), { recursive: true });
    const vault = await kept.init();
    const first = await take(vault);
    await assertHolds(vault, first);
    writeFileSync(kept.at(deep, 'deepest'), 'changed');
    rmdirSync(kept.at('empty'));
    const second = await take(vault);
    await assertHolds(vault, second);
    assert.equal(await changesOf(vault, second), [`M ${deep}/deepest`, 'D empty']);
  }));

testIf(platform.abilities.longPaths, 'paths longer than PATH_MAX', 'paths longer than PATH_MAX', () =>
  withKept(async (kept) => {
    const name = 'n'.repeat(200);
    const steps = 'mkdir -p $1 && cd $1 && echo out-$i > .vaultignore && : > out-$i && : > file-$i || exit 1';
    execFileSync('bash', ['-c', `cd "$0" && for i in {1..30}; do ${steps}; done`, kept.root, name]);
    const vault = await kept.init();
    const taken = await take(vault);
    const paths = await pathsOf(vault, taken);
    assert.is(taken.problemCount, 0);
    assert.is(paths.length, 90);
    assert.ok(Math.max(...paths.map((path) => path.length)) > 6000);
    assert.is(treeOf(await take(vault)), treeOf(taken));
    execFileSync('rm', ['-rf', kept.at(name)]);
  }),
);

test('what a snapshot says of itself', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'content');
    const vault = await kept.init();
    const first = await take(vault, { message: 'one\ntwo', author: 'A', labels: [['k', 'v']] });
    const { snapshot } = first;
    assert.is(snapshot.message, 'one\ntwo');
    assert.is(snapshot.author, 'A');
    assert.equal(snapshot.labels, [['k', 'v']]);
    assert.is(snapshot.rootPath.toString(), kept.root);
    assert.equal(snapshot.mounts, [Buffer.alloc(0)]);
    assert.is(snapshot.generation, 0);
    assert.is(snapshot.changes, undefined);
    const { durationMs, storedBytes, ...counts } = snapshot.stats;
    assert.equal(counts, { files: 1, dirs: 1, others: 0, bytes: 7, newBytes: 7 });
    assert.ok(durationMs >= 0 && storedBytes > 0);
    const second = await take(vault);
    assert.is(second.snapshot.generation, 1);
    assert.equal(second.snapshot.parents, [first.id]);
    assert.equal(await changesOf(vault, second), []);
    const record = await vault.refs.current('heads', 'main');
    assert.is(record?.target, second.id.toString('hex'));
  }));

test('--if-changed takes none of an unchanged folder', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'content');
    const vault = await kept.init();
    const { takeSnapshot } = await import('../../src/index.ts');
    const first = await takeSnapshot(vault, { threads: 1, ifChanged: true });
    assert.ok(first.id);
    assert.is((await takeSnapshot(vault, { threads: 1, ifChanged: true })).id, undefined);
    writeFileSync(kept.at('a'), 'changed');
    const changed = await take(vault, { ifChanged: true });
    assert.is(changed.changed, 1);
    assert.is(await contentOf(vault, (await entriesOf(vault, changed)).get('a')!).then(String), 'changed');
  }));

test.run();
