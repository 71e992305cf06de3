import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as native from '../../src/store/hash/hash.ts';
import { plainIds, verifyId } from '../../src/store/hash/ids.ts';
import * as portable from '../../src/store/hash/portable.ts';
import { EMPTY_CONTENT, ObjectType } from '../../src/store/id.ts';
import { throws } from './backend-suite.ts';

/** FIPS 180-4 (NIST's examples). */
const VECTORS: [string, string][] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

const hash = suite('hash');

for (const [name, { sha256, createSha256 }] of Object.entries({ native, portable })) {
  hash(`${name}: standard vectors, at once and in parts`, () => {
    for (const [text, hex] of VECTORS) {
      const bytes = Buffer.from(text);
      assert.is(sha256(bytes).toString('hex'), hex);
      const parts = createSha256();
      parts.update(bytes.subarray(0, bytes.length >> 1));
      parts.update(bytes.subarray(bytes.length >> 1));
      const digest = parts.digest();
      assert.ok(Buffer.isBuffer(digest));
      assert.is(digest.toString('hex'), hex);
    }
  });
}

hash('the twins agree', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.ok(native.sha256(bytes).equals(portable.sha256(bytes)));
      assert.is(native.sha256Start(bytes), native.sha256(bytes).readUInt32BE(0));
      assert.is(portable.sha256Start(bytes), native.sha256Start(bytes));
    }),
  );
});

hash.run();

const ids = suite('ids');

ids('a chunk has the id that sha256sum prints, and empty content the well-known one', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  assert.is(plainIds.chunk(Buffer.from('abc')).toString('hex'), abc);
  assert.ok(plainIds.chunk(Buffer.alloc(0)).equals(EMPTY_CONTENT));
  assert.is(plainIds.chunkIsSha256, true);
});

ids('any other object has the id of its type, a version and its bytes', () => {
  const types = [ObjectType.list, ObjectType.tree, ObjectType.snapshot, ObjectType.changes];
  const names = ['list', 'tree', 'snapshot', 'changes'];
  // Around the length at which the way of hashing changes.
  for (const length of [1, 100, 8191, 8192, 8193, 100_000]) {
    const bytes = Buffer.alloc(length, 'x');
    types.forEach((type, i) => {
      const framed = Buffer.concat([Buffer.from(`vault ${names[i]} 1\0`), bytes]);
      assert.ok(plainIds.meta(type, bytes).equals(native.sha256(framed)));
    });
  }
});

ids('bytes that are not those of the id are damage', () => {
  const bytes = Buffer.from('content');
  const id = plainIds.chunk(bytes);
  verifyId(plainIds, id, ObjectType.chunk, bytes, 'here');
  throws(() => verifyId(plainIds, id, ObjectType.tree, bytes, 'here'), 'DAMAGED');
  throws(() => verifyId(plainIds, id, ObjectType.chunk, Buffer.from('Content'), 'here'), 'DAMAGED');
});

ids.run();
