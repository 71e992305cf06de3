/** Extended attributes and ACLs. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as assert from 'uvu/assert';
import type { Platform } from '../../src/platform/platform.ts';
import { codeOf, withFolder } from './folder.ts';
import type { Test } from './suite.ts';

export function defineXattrs(test: Test, platform: Platform): void {
  const name = Buffer.from('user.vault');
  const value = Buffer.from([0, 1, 0xff]);

  if (!platform.abilities.xattrs) {
    test('attributes are none to see, and refused', () => {
      withFolder(({ at }) => {
        const fd = platform.createFile(at('file'), 0o600);
        assert.equal(platform.listXattrs(at('file')), []);
        assert.equal(platform.listXattrsFd(fd), []);
        assert.is(
          codeOf(() => platform.setXattr(at('file'), name, value)),
          'ENOTSUP',
        );
        assert.is(
          codeOf(() => platform.setXattrFd(fd, name, value)),
          'ENOTSUP',
        );
        assert.is(
          codeOf(() => platform.removeXattr(at('file'), name)),
          'ENOTSUP',
        );
        platform.close(fd);
      });
    });
    return;
  }

  for (const parent of new Set([tmpdir(), '/dev/shm'])) {
    const title = `attributes under ${parent}`;
    if (holds(platform, parent, name, value))
      test(title, () => withFolder(({ at }) => attributes(platform, at), parent));
    else test.skip(`${title}: no user attributes there`, () => {});
  }

  test('attributes of a symlink are its own', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '');
      fs.symlinkSync('file', at('link'));
      // xattr(7): user attributes are for files and folders, so a symlink that was followed would take it.
      assert.is(
        codeOf(() => platform.setXattr(at('link'), name, value)),
        'EPERM',
      );
      assert.equal(platform.listXattrs(at('link')), []);
      assert.is(
        codeOf(() => platform.listXattrs(at('none'))),
        'ENOENT',
      );
    });
  });

  test('a file system without attributes has none', () => {
    assert.equal(platform.listXattrs(Buffer.from('/proc/self/status')), []);
    const fd = platform.openForRead(Buffer.from('/proc/self/status'));
    assert.equal(platform.listXattrsFd(fd), []);
    platform.close(fd);
    assert.is(
      codeOf(() => platform.listXattrsFd(fd)),
      'EBADF',
    );
  });

  const acl = 'ACLs as setfacl makes them';
  if (takesAcls()) test(acl, () => withFolder(({ at }) => acls(platform, at)));
  else test.skip(`${acl}: no setfacl, or a file system without ACLs`, () => {});
}

/** Whether the file system of a folder takes user attributes. */
function holds(platform: Platform, parent: string, name: Buffer, value: Buffer): boolean {
  if (!fs.existsSync(parent)) return false;
  return withFolder(({ path }) => codeOf(() => platform.setXattr(path, name, value)), parent) === undefined;
}

function takesAcls(): boolean {
  return withFolder(({ path }) => spawnSync('setfacl', ['-m', 'u:1234:r', path.toString()])).status === 0;
}

type At = (...names: string[]) => Buffer;

function attributes(platform: Platform, at: At): void {
  const pair = (name: string, value: string | Buffer) => ({
    name: Buffer.from(name),
    value: Buffer.from(value),
  });
  const large = Buffer.alloc(3000, 0xa5);
  const fd = platform.createFile(at('file'), 0o600);
  assert.equal(platform.listXattrs(at('file')), []);
  assert.equal(platform.listXattrsFd(fd), []);
  platform.setXattrFd(fd, Buffer.from('user.b'), Buffer.from('old'));
  platform.setXattrFd(fd, Buffer.from('user.b'), Buffer.from('new'));
  platform.setXattr(at('file'), Buffer.from('user.a'), Buffer.alloc(0));
  platform.setXattr(at('file'), Buffer.from('user.large'), large);
  platform.setXattr(at('file'), Buffer.concat([Buffer.from('user.'), Buffer.from([0xff])]), Buffer.from('x'));
  const expected = [
    pair('user.a', ''),
    pair('user.b', 'new'),
    pair('user.large', large),
    { name: Buffer.concat([Buffer.from('user.'), Buffer.from([0xff])]), value: Buffer.from('x') },
  ];
  assert.equal(platform.listXattrs(at('file')), expected);
  assert.equal(platform.listXattrsFd(fd), expected);
  platform.removeXattr(at('file'), Buffer.from('user.large'));
  assert.is(platform.listXattrsFd(fd).length, 3);
  assert.is(
    codeOf(() => platform.removeXattr(at('file'), Buffer.from('user.large'))),
    'ENODATA',
  );
  assert.is(
    codeOf(() => platform.setXattrFd(fd, Buffer.from('nonsense'), large)),
    'ENOTSUP',
  );
  assert.is(
    codeOf(() => platform.setXattrFd(fd, Buffer.from('user.a\0b'), large)),
    'EINVAL',
  );
  assert.is(
    codeOf(() => platform.setXattrFd(fd, Buffer.alloc(300, 'user.'), large)),
    'ERANGE',
  );
  platform.close(fd);
  platform.mkdir(at('folder'), 0o700);
  platform.setXattr(at('folder'), Buffer.from('user.a'), Buffer.from('folder'));
  assert.equal(platform.listXattrs(at('folder')), [pair('user.a', 'folder')]);
}

/** An ACL is read from one file, set on another, and getfacl finds them equal. */
function acls(platform: Platform, at: At): void {
  fs.mkdirSync(at('folder'));
  fs.mkdirSync(at('copy'));
  execFileSync('setfacl', ['-m', 'u:1234:rwx,d:g:4321:rx', at('folder').toString()]);
  const found = platform.listXattrs(at('folder'));
  const names = found.map(({ name }) => name.toString());
  assert.equal(
    names.filter((name) => name.startsWith('system.')),
    ['system.posix_acl_access', 'system.posix_acl_default'],
  );
  for (const { name, value } of found) platform.setXattr(at('copy'), name, value);
  const getfacl = (name: string) =>
    execFileSync('getfacl', ['-cn', at(name).toString()], { stdio: ['ignore', 'pipe', 'ignore'] });
  assert.is(getfacl('copy').toString(), getfacl('folder').toString());
  assert.match(getfacl('copy').toString(), 'user:1234:rwx');
}
