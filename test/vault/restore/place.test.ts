/** Where a restore goes, what it replaces, and what it refuses to touch. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initVault, Kind, type Repository, restoreRevision } from '../../../src/index.ts';
import { codeError } from '../../../src/platform/errno.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { mountsBelow } from '../../../src/vault/restore/place/mounts.ts';
import { findPlace } from '../../../src/vault/restore/place/place.ts';
import { previousOf } from '../../../src/vault/restore/promotion/changes.ts';
import { canMount, withMount } from '../../support/mount.ts';
import { type Kept, type Taken, take, withKept } from '../kept.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from './restored.ts';

const platform = getPlatform();

/** A folder with two versions of a file, and the first one's snapshot. */
async function withTaken(
  body: (kept: Kept, vault: Repository, first: Taken) => Promise<void>,
): Promise<void> {
  await withKept(async (kept) => {
    mkdirSync(kept.at('folder'));
    writeFileSync(kept.at('folder', 'a.txt'), 'first');
    writeFileSync(kept.at('top.txt'), 'top');
    const vault = await kept.init();
    const first = await take(vault);
    writeFileSync(kept.at('folder', 'a.txt'), 'second');
    await body(kept, vault, first);
  });
}

/** `first` as `sha256sum` has it: a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e */
const ID8 = 'a7937b64';

test('a folder in use is kept unless it is to be replaced', () =>
  withTaken(async (kept, vault, first) => {
    const to = kept.at('folder');
    writeFileSync(kept.at('folder', 'mine.txt'), 'never taken');
    const before = facts(kept.root);
    const error = await refuses(restorePath(vault, first, 'folder', to), 'REFUSED', /is in use/);
    assert.match(error.hint ?? '', /--replace/);
    assertSame(facts(kept.root), before);

    const result = await restorePath(vault, first, 'folder', to, { replace: true });
    assert.is(readFileSync(join(to, 'a.txt'), 'utf8'), 'first');
    assert.equal(readdirSync(to), ['a.txt']);
    const previous = result.previous!.toString();
    assert.match(basename(previous), /^\.vault_restore_previous_folder_\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    assert.is(readFileSync(join(previous, 'a.txt'), 'utf8'), 'second');
    assert.is(readFileSync(join(previous, 'mine.txt'), 'utf8'), 'never taken');
    assertNoStage(to);
  }));

test('folders that may not be written to', () =>
  withTaken(async (kept, vault) => {
    chmodSync(kept.at('folder'), 0o555);
    const taken = await take(vault);
    const folder = await restorePath(vault, taken, 'folder', kept.at('folder'), { replace: true });
    const whole = await restorePath(vault, taken, '', kept.root, { replace: true });
    for (const path of [kept.at('folder'), folder.previous!, join(whole.previous!.toString(), 'folder')]) {
      assert.is(lstatSync(path).mode & 0o777, 0o555);
      chmodSync(path, 0o755);
    }
    assertNoStage(kept.at('folder'));
  }));

test('an empty folder is as good as none', () =>
  withTaken(async (kept, vault, first) => {
    const to = join(kept.base, 'empty');
    mkdirSync(to, 0o700);
    const result = await restorePath(vault, first, 'folder', to);
    assert.is(result.previous, undefined);
    assert.equal(readdirSync(to), ['a.txt']);
    assert.equal(
      readdirSync(kept.base).sort(),
      ['cache', 'empty', 'root'].filter((n) => existsSync(join(kept.base, n))),
    );
  }));

test('folders on the way are made', () =>
  withTaken(async (kept, vault, first) => {
    const to = join(kept.base, 'x', 'y', 'z');
    await restorePath(vault, first, 'folder', to);
    assert.equal(readdirSync(to), ['a.txt']);
    assertNoStage(join(kept.base, 'x'));
    assertNoStage(to);
  }));

test('a file in place of a folder, and the reverse', () =>
  withTaken(async (kept, vault, first) => {
    writeFileSync(join(kept.base, 'busy'), 'a file');
    await refuses(restorePath(vault, first, 'folder', join(kept.base, 'busy')), 'REFUSED', /no folder/);
    const result = await restorePath(vault, first, 'folder', join(kept.base, 'busy'), { replace: true });
    assert.is(readFileSync(result.previous!, 'utf8'), 'a file');
    const options = { explicit: true, replace: true };
    await restorePath(vault, first, 'top.txt', join(kept.base, 'busy'), options);
    assert.is(readFileSync(join(kept.base, 'busy', 'top.txt'), 'utf8'), 'top');
    await refuses(restorePath(vault, first, 'top.txt', join(kept.base, 'busy', 'a.txt', 'no')), 'BAD_PATH');
    await refuses(
      restorePath(vault, first, 'top.txt', kept.at('folder'), { inPlace: true }),
      'REFUSED',
      /is a folder/,
    );
  }));

test('a symlink in the place of the destination is never followed', () =>
  withTaken(async (kept, vault, first) => {
    const to = join(kept.base, 'link');
    symlinkSync(kept.root, to);
    const before = facts(kept.root);
    await refuses(restorePath(vault, first, 'folder', to), 'REFUSED', /no folder/);
    const result = await restorePath(vault, first, 'folder', to, { replace: true });
    assert.ok(lstatSync(result.previous!).isSymbolicLink());
    assert.ok(lstatSync(to).isDirectory());
    assertSame(facts(kept.root), before);
  }));

test('a symlink on the way to the destination is followed', () =>
  withTaken(async (kept, vault, first) => {
    mkdirSync(join(kept.base, 'real', 'below'), { recursive: true });
    symlinkSync('real', join(kept.base, 'link'));
    await restorePath(vault, first, 'folder', join(kept.base, 'link', 'to'));
    await restorePath(vault, first, 'folder', join(kept.base, 'link', 'below', 'to'));
    await restorePath(vault, first, 'top.txt', join(kept.base, 'link', 'top.txt'), { explicit: true });
    for (const name of ['to/a.txt', 'below/to/a.txt', 'top.txt'])
      assert.ok(existsSync(join(kept.base, 'real', name)));
    const { previous } = await restorePath(vault, first, 'folder', join(kept.base, 'link', 'to'), {
      replace: true,
    });
    assert.is(dirname(previous!.toString()), join(kept.base, 'link'));
  }));

test('a folder that holds the store is replaced name by name', () =>
  withTaken(async (kept, vault, first) => {
    writeFileSync(kept.at('extra'), 'never taken');
    platform.setTimes(Buffer.from(kept.root), 1_500_000_000, 3);
    await refuses(restorePath(vault, first, '', kept.root), 'REFUSED', /is in use/);
    const store = lstatSync(kept.at('.vault')).ino;
    const result = await restorePath(vault, first, '', kept.root, { replace: true });
    assert.is(lstatSync(kept.at('.vault')).ino, store);
    const previous = result.previous!.toString();
    const left = ['.vault', basename(previous)];
    const other = join(kept.base, 'other');
    await restorePath(vault, first, '', other);
    assertSame(facts(kept.root, left), facts(other));
    assert.equal(readdirSync(previous).sort(), ['extra', 'folder', 'top.txt']);
    assert.is(readFileSync(join(previous, 'folder', 'a.txt'), 'utf8'), 'second');
    assertNoStage(kept.root);

    // Again: the previous ones stay where they are.
    const again = await restorePath(vault, first, '', kept.root, { replace: true });
    assert.equal(
      readdirSync(kept.root)
        .filter((name) => name.startsWith('.vault_restore'))
        .sort(),
      [basename(previous), basename(again.previous!.toString())].sort(),
    );
  }));

test('a folder with nothing but its vault is as good as empty', () =>
  withTaken(async (kept, vault, first) => {
    for (const name of ['folder', 'top.txt']) renameSync(kept.at(name), join(kept.base, name));
    const result = await restorePath(vault, first, '', kept.root);
    assert.is(result.previous, undefined);
    assert.equal(readdirSync(kept.root).sort(), ['.vault', 'folder', 'top.txt']);
  }));

test('the link to a vault stays, too', () =>
  withTaken(async (kept, vault, first) => {
    const linked = join(kept.base, 'linked');
    mkdirSync(linked);
    await initVault({ folder: linked, store: kept.at('.vault'), line: 'x', environment: kept.environment });
    writeFileSync(join(linked, 'mine'), 'x');
    await restorePath(vault, first, '', linked, { replace: true });
    assert.ok(lstatSync(join(linked, '.vault')).isFile());
    assert.is(readFileSync(join(linked, 'top.txt'), 'utf8'), 'top');
    assert.not.ok(existsSync(join(linked, 'mine')));
  }));

test('a user’s own folder that is called .vault is not the vault', () =>
  withTaken(async (kept, vault, first) => {
    const to = join(kept.base, 'to');
    mkdirSync(join(to, '.vault'), { recursive: true });
    writeFileSync(join(to, '.vault', 'mine'), 'x');
    await refuses(restorePath(vault, first, '', to), 'REFUSED', /is in use/);
    const { previous } = await restorePath(vault, first, '', to, { replace: true });
    assert.equal(readdirSync(previous!), ['.vault']);
  }));

test('neither in the store nor around it', () =>
  withTaken(async (kept, vault, first) => {
    const inStore = ['.vault', '.vault/new', '.vault/objects', '.vault/a/b/c'];
    for (const path of inStore) {
      await refuses(
        restorePath(vault, first, '', kept.at(path), { replace: true }),
        'REFUSED',
        /in the store/,
      );
    }
    symlinkSync(kept.at('.vault'), join(kept.base, 'way in'));
    await refuses(restorePath(vault, first, '', join(kept.base, 'way in', 'x')), 'REFUSED', /in the store/);
    const error = await refuses(restorePath(vault, first, '', kept.base, { replace: true }), 'REFUSED');
    assert.match(error.message, /holds the vault's store/);
    assert.not.ok(existsSync(kept.at('.vault', 'new')));
  }));

test('a file goes to its place, or beside what is there', () =>
  withTaken(async (kept, vault, first) => {
    const place = kept.at('folder', 'a.txt');
    const result = await restorePath(vault, first, 'folder/a.txt', place);
    assert.is(result.destination.toString(), `${place}.${ID8}`);
    assert.is(readFileSync(`${place}.${ID8}`, 'utf8'), 'first');
    assert.is(readFileSync(place, 'utf8'), 'second');

    const again = await restorePath(vault, first, 'folder/a.txt', place);
    assert.is(again.outcome, 'already there');
    writeFileSync(`${place}.${ID8}`, 'edited');
    await refuses(restorePath(vault, first, 'folder/a.txt', place), 'REFUSED', /another content/);

    renameSync(place, join(kept.base, 'away'));
    const free = await restorePath(vault, first, 'folder/a.txt', place);
    assert.is(free.destination.toString(), place);
    assert.is(readFileSync(place, 'utf8'), 'first');
    assertNoStage(place);
  }));

test('a symlink on the way to its own place is not followed', () =>
  withTaken(async (kept, vault) => {
    const outside = join(kept.base, 'outside');
    renameSync(kept.at('folder'), outside);
    symlinkSync(outside, kept.at('folder'));
    const before = facts(outside);
    for (const options of [{}, { inPlace: true }, { replace: true, dryRun: true }]) {
      const run = restoreRevision(vault, { revision: 'HEAD:folder/a.txt', threads: 1, ...options });
      const error = await refuses(run, 'REFUSED', /folder is a symlink now/);
      assert.match(error.hint ?? '', /--to/);
    }
    assertSame(facts(outside), before);
    const to = Buffer.from(kept.at('folder', 'named'));
    await restoreRevision(vault, { revision: 'HEAD:folder/a.txt', threads: 1, to });
    assert.is(readFileSync(join(outside, 'named'), 'utf8'), 'first');
  }));

test('folders around a file that are gone come back as they were recorded, with that file alone', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('private', 'deep'), { recursive: true });
    for (const name of ['private/other', 'private/deep/key', 'private/deep/other'])
      writeFileSync(kept.at(name), name);
    for (const folder of ['private/deep', 'private']) chmodSync(kept.at(folder), 0o700);
    const vault = await kept.init();
    await take(vault);
    const before = facts(kept.root);
    rmSync(kept.at('private'), { recursive: true });
    const options = { revision: 'HEAD:private/deep/key', threads: 1 };
    await restoreRevision(vault, { ...options, dryRun: true });
    assert.not.ok(existsSync(kept.at('private')));
    const { destination, isFolder, plan } = await restoreRevision(vault, options);
    assert.equal([destination.toString(), isFolder], [kept.at('private', 'deep', 'key'), false]);
    assert.equal([plan.files, plan.dirs], [1, 2]);
    const after = facts(kept.root);
    for (const name of ['private', 'private/deep', 'private/deep/key'])
      assert.equal(after.get(name), before.get(name));
    assert.is(after.size, before.size - 2);
  }));

test('a file in place of what is there, which is kept', () =>
  withTaken(async (kept, vault, first) => {
    const place = kept.at('folder', 'a.txt');
    const result = await restorePath(vault, first, 'folder/a.txt', place, { inPlace: true });
    assert.is(readFileSync(place, 'utf8'), 'first');
    assert.is(readFileSync(result.previous!, 'utf8'), 'second');
    assert.match(basename(result.previous!.toString()), /^\.vault_restore_previous_a\.txt_/);
  }));

test('a file to where it was asked for', () =>
  withTaken(async (kept, vault, first) => {
    const options = { explicit: true };
    await restorePath(vault, first, 'folder/a.txt', join(kept.base, 'b.txt'), options);
    assert.is(readFileSync(join(kept.base, 'b.txt'), 'utf8'), 'first');
    await refuses(
      restorePath(vault, first, 'folder/a.txt', join(kept.base, 'b.txt'), options),
      'REFUSED',
      /there already/,
    );
    const into = await restorePath(vault, first, 'folder/a.txt', kept.base, options);
    assert.is(into.destination.toString(), join(kept.base, 'a.txt'));
  }));

test('names as long as they may be', () =>
  withKept(async (kept) => {
    const name = 'n'.repeat(255);
    mkdirSync(kept.at(name));
    writeFileSync(kept.at(name, name), 'x');
    const vault = await kept.init();
    const taken = await take(vault);
    const result = await restorePath(vault, taken, name, kept.at(name), { replace: true });
    assert.is(readFileSync(join(result.previous!.toString(), name), 'utf8'), 'x');
    await restorePath(vault, taken, `${name}/${name}`, kept.at(name, name), { inPlace: true });
  }));

test('a dry run says what would be, and refuses what would be refused', () =>
  withTaken(async (kept, vault, first) => {
    // The index is a cache that is let go of and opened again as others wait for it: its files are the database's own affair.
    const world = () => facts(kept.base, ['root/.vault/index']);
    const before = world();
    await refuses(restorePath(vault, first, 'folder', kept.at('folder'), { dryRun: true }), 'REFUSED');
    const result = await restorePath(vault, first, '', kept.root, { dryRun: true, replace: true });
    assert.is(result.outcome, 'planned');
    assert.is(result.plan.files, 2);
    assert.is(result.plan.dirs, 2);
    assert.is(result.plan.bytes, 8);
    assertSame(world(), before);
  }));

test('the candidates of a dry run name what gives way', () =>
  withTaken(async (kept, vault, first) => {
    writeFileSync(kept.at('extra'), 'never taken');
    const planned = async (path: string, to: string) => {
      const artifacts = { folder: Buffer.from(join(kept.base, `artifacts ${path}`)) };
      const options = { dryRun: true, replace: true, artifacts };
      const { previous } = await restorePath(vault, first, path, to, options);
      const text = readFileSync(join(artifacts.folder.toString(), 'restore_candidates.jsonl'), 'utf8');
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      return [previous !== undefined, ...lines.map((line) => `${line.action} ${line.kind} ${line.path}`)];
    };
    assert.equal(await planned('', kept.root), [
      true,
      'create file folder/a.txt',
      'replace dir folder',
      'replace file top.txt',
      'create dir ',
      'delete file extra',
    ]);
    const whole = ['create file folder/a.txt', 'replace dir folder'];
    assert.equal(await planned('folder', kept.at('folder')), [true, ...whole]);
    assert.equal(await planned('top.txt', kept.at('top.txt')), [true, 'replace file top.txt']);
  }));

test('a file system that cannot exchange names', () =>
  withTaken(async (kept, vault, first) => {
    const old: Platform = {
      ...platform,
      exchange(a, b) {
        throw codeError('EINVAL', 'rename', a, b);
      },
    };
    const options = { replace: true, platform: old };
    const result = await restorePath(vault, first, 'folder', kept.at('folder'), options);
    assert.is(readFileSync(join(result.previous!.toString(), 'a.txt'), 'utf8'), 'second');
    assert.is(readFileSync(kept.at('folder', 'a.txt'), 'utf8'), 'first');
    const whole = await restorePath(vault, first, '', kept.root, options);
    assert.equal(readdirSync(whole.previous!).sort(), ['folder', 'top.txt'].sort());
  }));

function raise(error: Error): never {
  throw error;
}

test('a file system that does not move a folder of its lower layer, and one that is read-only', () =>
  withTaken(async (kept, vault, first) => {
    const layered: Platform = {
      ...platform,
      exchange(a, b) {
        if (b.toString() === kept.at('folder')) throw codeError('EXDEV', 'rename', a, b);
        platform.exchange(a, b);
      },
    };
    const options = { platform: layered, replace: true };
    const error = await refuses(restorePath(vault, first, 'folder', kept.at('folder'), options), 'IO');
    assert.match(error.hint ?? '', /--conflict/);
    const readOnly = { ...platform, mkdir: (path: Buffer) => raise(codeError('EROFS', 'mkdir', path)) };
    const to = join(kept.base, 'to');
    const other = await refuses(restorePath(vault, first, 'folder', to, { platform: readOnly }), 'READ_ONLY');
    assert.match(other.hint ?? '', /another file system/);
    assert.is(readFileSync(kept.at('folder', 'a.txt'), 'utf8'), 'second');
  }));

test('a stage of somebody else is not used', () =>
  withTaken(async (kept, vault, first) => {
    const to = join(kept.base, 'to');
    symlinkSync(kept.root, `${to}.vault_stage`);
    const before = facts(kept.root);
    await refuses(restorePath(vault, first, '', to), 'REFUSED', /in the way/);
    assertSame(facts(kept.root), before);

    const other = join(kept.base, 'other');
    mkdirSync(`${other}.vault_stage`);
    chmodSync(`${other}.vault_stage`, 0o777);
    await refuses(restorePath(vault, first, '', other), 'REFUSED', /can be written by others/);
    assert.equal(readdirSync(`${other}.vault_stage`), []);
  }));

/** A platform with something mounted on `path`, as far as the list of mounts tells. */
function mountedOn(path: string): Platform {
  const isBelow = (folder: Buffer) => path.startsWith(`${folder}/`);
  return { ...platform, mountPointsBelow: (folder) => (isBelow(folder) ? [Buffer.from(path)] : []) };
}

test('what would take a mount along is refused before anything is made', () =>
  withTaken(async (kept, vault, first) => {
    const disk = kept.at('folder', 'deep', 'disk');
    mkdirSync(disk, { recursive: true });
    symlinkSync('root', join(kept.base, 'link'));
    const before = facts(kept.base, ['root/.vault/index']);
    const noStage = (path: Buffer) => {
      if (path.toString().includes('vault_stage')) throw codeError('EIO', 'mkdir', path);
      platform.mkdir(path, 0o700);
    };
    for (const dryRun of [true, false]) {
      const options = { dryRun, replace: true, platform: { ...mountedOn(disk), mkdir: noStage } };
      const ways = [
        ['folder', kept.at('folder')],
        ['folder', join(kept.base, 'link', 'folder')],
        ['', kept.root],
      ] as const;
      for (const [path, to] of ways) {
        const error = await refuses(
          restorePath(vault, first, path, to, options),
          'REFUSED',
          /is a mount point/,
        );
        assert.match(error.subject ?? '', /\/folder(\/folder)?\/deep\/disk$/);
        assert.match(error.hint ?? '', /^unmount it, merge .*--conflict.*--to/);
      }
      assertSame(facts(kept.base, ['root/.vault/index']), before);
    }
    // Beside it, in what stays, and under a name that only begins so.
    for (const path of [
      join(kept.base, 'other', 'disk'),
      kept.at('.vault', 'objects'),
      kept.at('folder2', 'x'),
    ]) {
      const options = { replace: true, platform: mountedOn(path) };
      await restorePath(vault, first, 'folder', kept.at('folder'), options);
      if (path.includes('folder2')) continue;
      await restorePath(vault, first, '', kept.root, options);
    }
  }));

test('a place in the root of the disk has one slash', () => {
  const name = Buffer.from('no such name in the root of any disk');
  const options = {
    platform,
    name,
    explicit: true,
    replace: false,
    merge: false,
    selects: false,
    inPlace: false,
  };
  const entry = { name, kind: Kind.file, id: Buffer.alloc(32) };
  const place = findPlace({ ...options, destination: Buffer.from('/'), entry, store: undefined });
  assert.is(place.destination.toString(), `/${name}`);
  assert.is(previousOf(place, 'a-run').toString(), `/.vault_restore_previous_${name}_a-run`);
  const asked: string[] = [];
  const mountPointsBelow = (folder: Buffer) => {
    asked.push(folder.toString());
    return [Buffer.from(`${folder}/disk`)];
  };
  const [mount] = mountsBelow({ ...platform, mountPointsBelow }, Buffer.from('/tmp'));
  assert.equal([asked, mount?.toString()], [['/tmp'], 'disk']);
});

test('where a folder is exchanged as a whole, its names are not looked at one by one', () =>
  withTaken(async (kept, vault, first) => {
    const asked: string[] = [];
    const isMountPoint = (path: Buffer) => {
      asked.push(path.toString());
      return platform.isMountPoint(path);
    };
    const options = { dryRun: true, replace: true, platform: { ...platform, isMountPoint } };
    await restorePath(vault, first, 'folder', kept.at('folder'), options);
    assert.equal(asked, [kept.at('folder')]);
  }));

test('a merge goes around a mount, and takes none along', () =>
  withTaken(async (kept, vault, first) => {
    const to = join(kept.base, 'to');
    // `top.txt` is a folder here, and `extra` was not recorded.
    mkdirSync(join(to, 'top.txt', 'disk'), { recursive: true });
    mkdirSync(join(to, 'extra', 'disk'), { recursive: true });
    const merge = (mount: string, more: object) =>
      restorePath(vault, first, '', to, {
        conflict: 'overwrite',
        deletes: true,
        platform: mountedOn(join(to, mount)),
        ...more,
      });
    for (const dryRun of [true, false]) {
      for (const mount of ['top.txt/disk', 'extra/disk']) {
        const error = await refuses(
          merge(mount, { dryRun }),
          'REFUSED',
          /is a mount point, and lies in what/,
        );
        assert.is(error.subject, join(to, mount));
        assert.match(error.hint ?? '', /^unmount it, leave it out with --exclude/);
      }
    }
    assert.ok(existsSync(join(to, 'top.txt', 'disk')) && existsSync(join(to, 'extra', 'disk')));
    await merge('extra/disk', { selection: { exclude: ['extra'] } });
    assert.ok(existsSync(join(to, 'extra', 'disk')));
    await merge('extra/disk', { deletes: false });
    assert.is(readFileSync(join(to, 'top.txt'), 'utf8'), 'top');
  }));

const mountTest = canMount ? test : (title: string) => test.skip(`${title} (needs the right to mount)`);

mountTest('what is mounted deep in a folder is not carried away with it', () =>
  withTaken(async (kept, vault, first) => {
    const place = kept.at('folder', 'with a blank', 'disk');
    await withMount(['-t', 'tmpfs', 'vault-test'], place, async () => {
      writeFileSync(join(place, 'precious'), 'mine');
      for (const [path, to] of [
        ['folder', kept.at('folder')],
        ['', kept.root],
      ] as const) {
        const error = await refuses(restorePath(vault, first, path, to, { replace: true }), 'REFUSED');
        assert.match(error.message, /with a blank\/disk is a mount point/);
      }
      assert.is(readFileSync(join(place, 'precious'), 'utf8'), 'mine');
    });
    await restorePath(vault, first, 'folder', kept.at('folder'), { replace: true });
  }),
);

mountTest('a dry run to a read-only file system fails as the run does', () =>
  withTaken(async (kept, vault, first) => {
    const disk = join(kept.base, 'disk');
    await withMount(['-t', 'tmpfs', '-o', 'ro', 'vault-test'], disk, async () => {
      for (const to of [disk, join(disk, 'to')]) {
        const [run, dry] = await Promise.all(
          [{}, { dryRun: true }].map((how) =>
            refuses(
              restorePath(vault, first, '', to, how),
              'READ_ONLY',
              /EROFS: read-only file system; what/,
            ),
          ),
        );
        assert.is(dry!.message, run!.message);
      }
    });
    // Nothing is written where the copy beside it is there already.
    const place = kept.at('folder', 'a.txt');
    await restorePath(vault, first, 'folder/a.txt', place);
    const { outcome } = await restorePath(vault, first, 'folder/a.txt', place, { dryRun: true });
    assert.is(outcome, 'already there');
  }),
);

mountTest('what a folder of the same disk is mounted on stays', () =>
  withTaken(async (kept, vault, first) => {
    mkdirSync(join(kept.base, 'source'));
    const bind = (place: string) => execFileSync('mount', ['--bind', join(kept.base, 'source'), place]);
    // A name of the folder that holds the vault, and of one that is merged into.
    bind(kept.at('folder'));
    try {
      for (const how of [{ replace: true }, { conflict: 'overwrite' as const }]) {
        await refuses(restorePath(vault, first, '', kept.root, how), 'REFUSED', /folder is a mount point/);
      }
      // The destination itself is one: its names are exchanged.
      writeFileSync(kept.at('folder', 'mine'), 'x');
      const { previous } = await restorePath(vault, first, 'folder', kept.at('folder'), { replace: true });
      assert.equal(readdirSync(previous!), ['mine']);
      assert.is(readFileSync(kept.at('folder', 'a.txt'), 'utf8'), 'first');
      assertNoStage(kept.at('folder'));
    } finally {
      execFileSync('umount', [kept.at('folder')]);
    }
  }),
);

test.run();
