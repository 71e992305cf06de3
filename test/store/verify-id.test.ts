/** Whether bytes have an id is asked in another way than the id is made, and answered alike. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as native from '../../src/store/hash/hash.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import * as portable from '../../src/store/hash/portable.ts';
import { ObjectType } from '../../src/store/id.ts';

const TYPES = Object.values(ObjectType);

for (const [name, { sha256, isSha256 }] of Object.entries({ native, portable })) {
  test(`property: ${name}: a digest is that of its bytes, and no other is`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), (bytes, bit) => {
        const digest = sha256(bytes);
        assert.ok(isSha256(digest, bytes));
        assert.not.ok(isSha256(digest.subarray(0, 31), bytes));
        digest[bit >> 3]! ^= 1 << (bit & 7);
        assert.not.ok(isSha256(digest, bytes));
      }),
    );
  });
}

test('bytes have the id of their type only', () => {
  // Around the length at which the way of hashing changes.
  for (const length of [1, 100, 65_535, 65_536, 65_537, 100_000]) {
    const bytes = Buffer.alloc(length, 'x');
    for (const type of TYPES) {
      const id = type === ObjectType.chunk ? plainIds.chunk(bytes) : plainIds.meta(type, bytes);
      for (const other of TYPES) assert.is(plainIds.isIdOf(id, other, bytes), other === type);
      bytes[length - 1]! ^= 1;
      assert.not.ok(plainIds.isIdOf(id, type, bytes));
      bytes[length - 1]! ^= 1;
    }
  }
});

test.run();
