/**
 * A restored folder is the one that was taken, with all that can be told about it.
 * @time-limit 300
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Kind } from '../../../src/index.ts';
import { createPortablePlatform } from '../../../src/platform/portable.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { Kept, take, withKept } from '../kept.ts';
import { assertNoStage, assertSame, facts, restorePath } from './restored.ts';

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;
const platform = getPlatform();
const { xattrs: hasXattrs } = platform.abilities;

function testIf(able: boolean, ability: string, title: string, body: () => Promise<void>): void {
  if (able) test(title, body);
  else test.skip(`${title} (needs ${ability})`);
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Takes the folder, restores it beside, and compares everything. */
async function roundTrip(kept: Kept): Promise<void> {
  const vault = await kept.init();
  const taken = await take(vault, { threads: 2 });
  const to = join(kept.base, 'restored');
  const before = facts(kept.root);
  const result = await restorePath(vault, taken, '', to, { explicit: true });
  assert.is(result.outcome, 'restored');
  assert.is(result.failureCount, 0);
  assert.equal(result.unfaithful, []);
  assert.is(result.previous, undefined);
  assertSame(facts(to), before);
  assertNoStage(to);
}

test('contents of every size, in workers', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('many'));
    for (let i = 0; i < 1100; i++) writeFileSync(kept.at('many', `f${i}`), `${i % 700}`.repeat(i % 300));
    for (const size of [0, 1, 131_072, 512 * 1024, 2 * MIB + 1, 9 * MIB]) {
      writeFileSync(kept.at(`random-${size}`), randomBytes(size));
    }
    writeFileSync(kept.at('zeros'), Buffer.alloc(5 * MIB));
    await roundTrip(kept);
  }));

test('modes, times and names', () =>
  withKept(async (kept) => {
    for (const mode of [...(isRoot ? [0] : []), 0o400, 0o604, 0o666, 0o777, 0o1644, 0o4711, 0o2711, 0o6755]) {
      writeFileSync(kept.at(`mode-${mode.toString(8)}`), 'x');
      chmodSync(kept.at(`mode-${mode.toString(8)}`), mode);
      mkdirSync(kept.at(`dir-${mode.toString(8)}`));
      if (mode & 0o400) writeFileSync(kept.at(`dir-${mode.toString(8)}`, 'in it'), 'y');
    }
    platform.mkdir(Buffer.concat([Buffer.from(kept.root), bytes('/d\xff\xfe')]), 0o700);
    writeFileSync(Buffer.concat([Buffer.from(kept.root), bytes('/d\xff\xfe/\x01\n\\ \x80')]), 'odd');
    symlinkSync(bytes('nowhere/\xff'), kept.at('link'));
    symlinkSync('mode-666', kept.at('link-to-file'));
    execFileSync('mkfifo', [kept.at('fifo')]);
    const times: [string, number, number][] = [
      ['mode-666', -2, 999_999_999],
      ['mode-400', 1, 1],
      ['link', 1_234_567_890, 123_456_789],
      ['fifo', 4_294_967_296, 5],
      ['dir-777', 1_700_000_000, 987_654_321],
    ];
    for (const [name, s, ns] of times) platform.setTimes(Buffer.from(kept.at(name)), s, ns);
    for (const mode of [0o400, 0o604, 0o666, 0o777, 0o1644, 0o2711]) {
      // Without the right to search it, only root can tell what is in a folder.
      chmodSync(kept.at(`dir-${mode.toString(8)}`), isRoot ? mode : mode | 0o500);
    }
    chmodSync(kept.root, 0o711);
    platform.setTimes(Buffer.from(kept.root), 1_600_000_000, 7);
    await roundTrip(kept);
    for (const folder of [kept.root, join(kept.base, 'restored')])
      execFileSync('chmod', ['-R', 'u+rwx', folder]);
  }));

test('names of one file, of every kind', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('a'));
    mkdirSync(kept.at('b'));
    writeFileSync(kept.at('a', 'one'), 'shared');
    linkSync(kept.at('a', 'one'), kept.at('b', 'two'));
    linkSync(kept.at('a', 'one'), kept.at('three'));
    writeFileSync(kept.at('a', 'large'), randomBytes(3 * MIB));
    linkSync(kept.at('a', 'large'), kept.at('large too'));
    writeFileSync(kept.at('a', 'alone'), 'shared');
    symlinkSync('x', kept.at('a', 'link'));
    linkSync(kept.at('a', 'link'), kept.at('b', 'link'));
    execFileSync('mkfifo', [kept.at('fifo')]);
    linkSync(kept.at('fifo'), kept.at('b', 'fifo'));
    await roundTrip(kept);
  }));

test('one name of a file with several', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('a'));
    writeFileSync(kept.at('a', 'one'), 'shared');
    linkSync(kept.at('a', 'one'), kept.at('three'));
    const vault = await kept.init();
    const taken = await take(vault);
    await restorePath(vault, taken, 'a', join(kept.base, 'a'));
    assert.is(platform.lstat(Buffer.from(join(kept.base, 'a', 'one'))).nlink, 1);
  }));

test('holes', () =>
  withKept(async (kept) => {
    const fd = openSync(kept.at('sparse'), 'w');
    writeSync(fd, 'begin', 0);
    writeSync(fd, 'middle', 3 * MIB + 77);
    ftruncateSync(fd, 7 * MIB + 5);
    closeSync(fd);
    const only = openSync(kept.at('only a hole'), 'w');
    ftruncateSync(only, MIB);
    closeSync(only);
    await roundTrip(kept);
    const stat = platform.lstat(Buffer.from(join(kept.base, 'restored', 'sparse')));
    assert.ok(stat.allocated < MIB, `${stat.allocated} bytes`);
  }));

test('a long file with holes, which is read again while it is written', () =>
  withKept(async (kept) => {
    const fd = openSync(kept.at('image'), 'w');
    for (const at of [0, 20, 33]) writeSync(fd, randomBytes(3 * MIB), 0, 3 * MIB, at * MIB + 5);
    ftruncateSync(fd, 40 * MIB);
    closeSync(fd);
    await roundTrip(kept);
  }));

test('a socket', () =>
  withKept(async (kept) => {
    const server = createServer().listen(kept.at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      await roundTrip(kept);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }));

testIf(isRoot, 'root', 'owners and devices', () =>
  withKept(async (kept) => {
    platform.mknod(Buffer.from(kept.at('null')), Kind.char, 0o666, 1, 3);
    platform.mknod(Buffer.from(kept.at('disk')), Kind.block, 0o640, 259, 300_000);
    mkdirSync(kept.at('theirs'));
    writeFileSync(kept.at('theirs', 'file'), 'x');
    writeFileSync(kept.at('theirs', 'setuid'), 'x');
    symlinkSync('x', kept.at('theirs', 'link'));
    for (const name of ['theirs/file', 'theirs/setuid', 'theirs']) chownSync(kept.at(name), 12_345, 54_321);
    platform.chown(Buffer.from(kept.at('theirs', 'link')), 12_345, 0);
    chmodSync(kept.at('theirs', 'setuid'), 0o6755);
    chmodSync(kept.at('theirs'), 0o2750);
    await roundTrip(kept);
  }),
);

testIf(isRoot, 'root', 'owners go by name where the name is known here', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    writeFileSync(kept.at('file'), 'x');
    const taken = await take(vault);
    const { root } = taken.snapshot;
    const other = { ...taken, snapshot: { ...taken.snapshot, root: { ...root, uid: 7777, user: 'daemon' } } };
    const to = join(kept.base, 'restored');
    await restorePath(vault, other, '', to);
    assert.is(platform.lstat(Buffer.from(to)).uid, platform.userId('daemon'));
    const unknown = { ...root, uid: 7777, user: 'nobody-of-that-name' };
    await restorePath(vault, { ...taken, snapshot: { ...taken.snapshot, root: unknown } }, '', `${to}2`);
    assert.is(platform.lstat(Buffer.from(`${to}2`)).uid, 7777);
  }),
);

/** POSIX 1003.1e draft 17 lists as the kernel takes them: version 2, then tag, permissions and id of each entry. */
function accessList(...entries: [tag: number, permissions: number, id?: number][]): Buffer {
  const list = Buffer.alloc(4 + entries.length * 8);
  list.writeUInt32LE(2, 0);
  entries.forEach(([tag, permissions, id = 0xffff_ffff], i) => {
    list.writeUInt16LE(tag, 4 + i * 8);
    list.writeUInt16LE(permissions, 6 + i * 8);
    list.writeUInt32LE(id, 8 + i * 8);
  });
  return list;
}

const LIST = accessList([1, 6], [2, 4, 1234], [4, 4], [0x10, 6], [0x20, 0]);

testIf(hasXattrs, 'attributes', 'attributes and access lists', () =>
  withKept(async (kept) => {
    const set = (name: string, attribute: string, value: Buffer) =>
      platform.setXattr(Buffer.from(kept.at(name)), Buffer.from(attribute), value);
    mkdirSync(kept.at('folder'));
    mkdirSync(kept.at('folder', 'below'));
    for (const name of ['file', 'readonly', 'folder/file']) writeFileSync(kept.at(name), 'x');
    set('file', 'user.empty', Buffer.alloc(0));
    set('file', 'user.bytes', Buffer.from([0, 255, 10]));
    set('readonly', 'user.a', Buffer.from('1'));
    chmodSync(kept.at('readonly'), 0o444);
    set('folder', 'user.folder', Buffer.from('2'));
    set('folder', 'system.posix_acl_default', LIST);
    set('folder/file', 'system.posix_acl_access', LIST);
    chmodSync(kept.at('folder', 'below'), 0o2770);
    set('folder/below', 'system.posix_acl_access', LIST);
    if (isRoot) set('file', 'trusted.secret', Buffer.from('3'));
    await roundTrip(kept);
  }),
);

testIf(hasXattrs && isRoot, 'root and attributes', 'an attribute of more than 4 KiB', async () => {
  // tmpfs takes trusted attributes of any size; ext4 has one block for all of a file's.
  const kept = new Kept('/dev/shm');
  try {
    writeFileSync(kept.at('file'), 'x');
    mkdirSync(kept.at('folder'));
    const value = randomBytes(20_000);
    for (const name of ['file', 'folder']) {
      platform.setXattr(Buffer.from(kept.at(name)), Buffer.from('trusted.long'), value);
    }
    await roundTrip(kept);
  } finally {
    await kept.dispose();
  }
});

testIf(hasXattrs, 'attributes', 'nothing is inherited from where it is restored to', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('folder'));
    writeFileSync(kept.at('folder', 'file'), 'x');
    const vault = await kept.init();
    const taken = await take(vault);
    const into = join(kept.base, 'into');
    mkdirSync(into);
    platform.setXattr(Buffer.from(into), Buffer.from('system.posix_acl_default'), LIST);
    if (isRoot) chownSync(into, 0, 4242);
    chmodSync(into, 0o2770);
    await restorePath(vault, taken, 'folder', join(into, 'folder'));
    assertSame(facts(join(into, 'folder')), facts(kept.at('folder')));
  }),
);

test('without metadata: contents, and the modes of new files', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('folder'));
    writeFileSync(kept.at('folder', 'file'), 'content');
    chmodSync(kept.at('folder', 'file'), 0o4700);
    platform.setTimes(Buffer.from(kept.at('folder', 'file')), 1, 1);
    const vault = await kept.init();
    const taken = await take(vault);
    const to = join(kept.base, 'restored');
    await restorePath(vault, taken, '', to, { noMetadata: true });
    const file = platform.lstat(Buffer.from(join(to, 'folder', 'file')));
    assert.is(file.mode, 0o666 & ~process.umask());
    assert.is(platform.lstat(Buffer.from(join(to, 'folder'))).mode, 0o777 & ~process.umask());
    assert.ok(file.mtimeS > 1);
  }));

test('facts that are absent are left alone', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('file'), 'content');
    chmodSync(kept.at('file'), 0o4777);
    const vault = await kept.init();
    const taken = await take(vault);
    const { name, kind, id } = taken.snapshot.root;
    const bare = { ...taken, snapshot: { ...taken.snapshot, root: { name, kind, id } } };
    const to = join(kept.base, 'restored');
    await restorePath(vault, bare, '', to);
    assert.is(platform.lstat(Buffer.from(join(to, 'file'))).mode, 0o4777);
    assert.is(platform.lstat(Buffer.from(to)).mode, 0o700);
  }));

test('folders as deep as they come', () =>
  withKept(async (kept) => {
    const name = Buffer.from('n'.repeat(200));
    let folder = platform.openFolder(Buffer.from(kept.root));
    for (let depth = 0; depth < 60; depth++) {
      platform.mkdir(platform.pathIn(folder, name), 0o755);
      const below = platform.openFolder(platform.pathIn(folder, name));
      platform.close(folder);
      folder = below;
    }
    const fd = platform.createFile(platform.pathIn(folder, Buffer.from('file')), 0o644);
    platform.write(fd, Buffer.from('deep'));
    platform.close(fd);
    platform.close(folder);
    await roundTrip(kept);
    // Node's own removal does not reach so far.
    for (const top of ['root', 'restored']) execFileSync('rm', ['-rf', join(kept.base, top)]);
  }));

test('plain Node restores what it can, and counts the rest', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('folder'));
    writeFileSync(kept.at('folder', 'file'), 'content');
    linkSync(kept.at('folder', 'file'), kept.at('other'));
    symlinkSync('x', kept.at('link'));
    execFileSync('mkfifo', [kept.at('fifo')]);
    if (hasXattrs) platform.setXattr(Buffer.from(kept.at('other')), Buffer.from('user.a'), Buffer.from('1'));
    for (const name of ['folder', 'folder/file', 'link', '']) {
      platform.setTimes(Buffer.from(kept.at(name)), 1_700_000_000, 0);
    }
    const vault = await kept.init();
    const taken = await take(vault);
    platform.setTimes(Buffer.from(kept.root), taken.snapshot.root.mtimeS!, taken.snapshot.root.mtimeNs!);
    const to = join(kept.base, 'restored');
    const result = await restorePath(vault, taken, '', to, { platform: createPortablePlatform() });
    const notes = result.unfaithful.map(
      ({ what, code, count, example }) => `${what} ${code} ${count} ${example}`,
    );
    const expected = ['fifo ENOTSUP 1 fifo', ...(hasXattrs ? ['user attributes ENOTSUP 1 folder/file'] : [])];
    assert.equal(notes, expected);
    const there = facts(kept.root);
    there.delete('fifo');
    there.delete('');
    const restored = facts(to);
    restored.delete('');
    for (const found of [...there.values(), ...restored.values()]) Object.assign(found, { xattrs: [] });
    assertSame(restored, there);
  }));

test('restore ∘ snapshot is the folder (property)', () =>
  fc.assert(
    fc.asyncProperty(tree(), async (sketch) => {
      const kept = new Kept();
      try {
        make(Buffer.from(kept.root), sketch);
        await roundTrip(kept);
      } finally {
        rmSync(join(kept.base, 'restored'), { recursive: true, force: true });
        await kept.dispose();
      }
    }),
    { numRuns: 8 },
  ));

type Sketch =
  | { type: 'file'; content: Uint8Array; mode: number; s: number; ns: number }
  | { type: 'link'; target: Uint8Array }
  | { type: 'folder'; mode: number; entries: [name: Uint8Array, Sketch][]; s: number; ns: number };

function tree(): fc.Arbitrary<Sketch> {
  const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
  const name = fc
    .array(byte, { minLength: 1, maxLength: 12 })
    .map((values) => Buffer.from(values))
    .filter((value) => !/^\.{1,2}$|^\.vault|vault_stage$/.test(value.toString('latin1')));
  const times = {
    s: fc.integer({ min: -1_000_000, max: 5_000_000_000 }),
    ns: fc.integer({ min: 0, max: 999_999_999 }),
  };
  const { node } = fc.letrec<{ node: Sketch; folder: Sketch }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.record({
        type: fc.constant('file' as const),
        content: fc.uint8Array({ maxLength: 3000 }),
        mode: fc.integer({ min: 0, max: 0o7777 }).map((mode) => mode | 0o400),
        ...times,
      }),
      fc.record({ type: fc.constant('link' as const), target: name }),
      tie('folder'),
    ),
    folder: fc.record({
      type: fc.constant('folder' as const),
      mode: fc.integer({ min: 0, max: 0o77 }).map((mode) => mode | 0o700),
      entries: fc.uniqueArray(fc.tuple(name, tie('node')), {
        maxLength: 6,
        selector: ([key]) => Buffer.from(key).toString('latin1'),
      }),
      ...times,
    }),
  }));
  return fc
    .uniqueArray(fc.tuple(name, node), {
      maxLength: 8,
      selector: ([key]) => Buffer.from(key).toString('latin1'),
    })
    .map((entries) => ({ type: 'folder', mode: 0o755, entries, s: 1_700_000_000, ns: 1 }));
}

function make(path: Buffer, sketch: Sketch): void {
  if (sketch.type === 'link') {
    platform.symlink(Buffer.from(sketch.target), path);
    return;
  }
  if (sketch.type === 'file') writeFileSync(path, sketch.content);
  else {
    mkdirSync(path, { recursive: true });
    for (const [name, below] of sketch.entries) make(Buffer.concat([path, Buffer.from('/'), name]), below);
  }
  platform.chmod(path, sketch.mode);
  platform.setTimes(path, sketch.s, sketch.ns);
}

test('a store on another file system than the destination', async () => {
  const elsewhere = mkdtempSync('/dev/shm/vault-restore-');
  try {
    await withKept(async (kept) => {
      writeFileSync(kept.at('file'), 'x');
      const vault = await kept.init();
      const taken = await take(vault);
      await restorePath(vault, taken, '', join(elsewhere, 'restored'));
      assertSame(facts(join(elsewhere, 'restored')), facts(kept.root));
    });
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

test.run();
