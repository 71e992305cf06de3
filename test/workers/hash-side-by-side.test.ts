/** Hashing by the runtime's OpenSSL: eight messages side by side, from where they lie. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { multiBlockSha256 } from '../../src/platform/multi-block.ts';
import { sha256 } from '../../src/store/hash.ts';
import { sha256All } from '../../src/store/hash-many.ts';
import { LANES, Sha256Eight } from '../../src/store/sha256-eight.ts';
import { hashSideBySide } from '../../src/workers/hash-side-by-side.ts';

const runtime = multiBlockSha256();

test('the Node that is installed with vault has the function, on the processors it is for', () => {
  const { config, arch, platform } = process;
  const isBuiltIn = !(config.variables as { node_shared_openssl?: boolean }).node_shared_openssl;
  assert.is(runtime !== undefined, platform === 'linux' && arch === 'x64' && isBuiltIn);
});

test('messages of any length and place in memory have the hashes that each has alone', () => {
  if (!runtime) return;
  const eight = new Sha256Eight(runtime);
  // Arrays of a few bytes may lie on V8's own heap, and views begin anywhere.
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(63), fc.nat(70_000), fc.nat(255))
      .map(([start, size, byte]) => Buffer.alloc(start + size, byte).subarray(start)),
    fc
      .tuple(fc.nat(63), fc.nat(130))
      .map(([start, size]) => Buffer.from('vault'.repeat(40)).subarray(start, start + size)),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: LANES }), (messages) => {
      const digests = eight.hash(messages);
      assert.is(digests.length, messages.length);
      messages.forEach((bytes, i) => {
        assert.is(digests[i]!.toString('hex'), sha256(bytes).toString('hex'));
      });
    }),
  );
});

test('before and after it is known how fast this machine hashes', () => {
  hashSideBySide();
  for (let round = 0; round < 12; round++) {
    const messages = [...Array(60).keys()].map((i) => Buffer.alloc((i * 7919) % 90_000, round + i));
    messages.push(Buffer.alloc(1_000_000, round));
    const digests = sha256All(messages);
    messages.forEach((bytes, i) => {
      assert.ok(digests[i]!.equals(sha256(bytes)));
    });
  }
  assert.equal(sha256All([]), []);
  assert.equal(sha256All([Buffer.from('abc')]), [sha256(Buffer.from('abc'))]);
});

test.run();
