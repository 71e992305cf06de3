import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { metadataChanges } from '../../src/vault/diff/metadata-diff.ts';

const base: Entry = {
  name: Buffer.from('a'),
  kind: Kind.file,
  id: Buffer.alloc(32),
  mode: 0o644,
  uid: 1000,
  gid: 100,
  user: 'alice',
  group: 'users',
  mtimeS: 1_000_000_000,
  mtimeNs: 5,
};

const fields = (next: Partial<Entry>, old: Partial<Entry> = {}): string[] =>
  metadataChanges({ ...base, ...old }, { ...base, ...next }).map(({ field }) => field);

test('equal entries have none', () => {
  assert.equal(fields({}), []);
  assert.equal(fields({ ctimeS: 7, ino: 3, nlink: 2, size: 99, id: Buffer.alloc(32, 1) }), []);
});

test('mode, owner, group, time', () => {
  assert.equal(metadataChanges(base, { ...base, mode: 0o600 }), [{ field: 'mode', old: 0o644, new: 0o600 }]);
  assert.equal(metadataChanges(base, { ...base, uid: 0, user: 'root' }), [
    { field: 'owner', old: 'alice', new: 'root' },
  ]);
  assert.equal(metadataChanges(base, { ...base, uid: 1001 }), [{ field: 'owner', old: '1000', new: '1001' }]);
  assert.equal(fields({ gid: 0, group: 'root', mtimeNs: 6 }), ['group', 'mtime']);
  assert.equal(fields({ mtimeNs: 6, kind: Kind.dir }, { kind: Kind.dir }), []);
});

test('attributes, each by its name', () => {
  const xattr = (name: string, value: string) => ({ name: Buffer.from(name), value: Buffer.from(value) });
  const changes = metadataChanges(
    { ...base, xattrs: [xattr('user.a', '1'), xattr('user.b', '1'), xattr('user.d', '1')] },
    { ...base, xattrs: [xattr('user.b', '2'), xattr('user.c', '1'), xattr('user.d', '1')] },
  );
  assert.equal(
    changes.map((change) => change.field === 'xattr' && `${change.letter} ${change.name}`),
    ['D user.a', 'M user.b', 'A user.c'],
  );
});

test.run();
