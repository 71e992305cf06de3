/** Hashing by the runtime's OpenSSL: eight messages side by side, from where they lie. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { multiBlockSha256 } from '../../src/platform/multi-block.ts';
import { sha256 } from '../../src/store/hash.ts';
import { sha256All, sha256OfAll } from '../../src/store/hash-many.ts';
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

test('contents that are read in parts have the same hashes', () => {
  if (!runtime) return;
  const eight = new Sha256Eight(runtime);
  // Around what is read at once, several times it, and nothing.
  const size = fc.oneof(
    fc.nat(300),
    fc.integer({ min: 262_000, max: 262_200 }),
    fc.integer({ min: 0, max: 900_000 }),
    fc.constantFrom(0, 64, 262_016, 524_032),
  );
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: LANES }), (sizes) => {
      const contents = sizes.map((size, i) => Buffer.alloc(size, `content ${i}`));
      const at = sizes.map(() => 0);
      const digests = eight.hashRead(sizes.length, (lane, into) => {
        const bytes = contents[lane]!.copy(into, 0, at[lane]!);
        at[lane]! += bytes;
        return bytes;
      });
      contents.forEach((bytes, i) => {
        assert.is(digests[i]!.toString('hex'), sha256(bytes).toString('hex'));
      });
    }),
    { numRuns: 60 },
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
  const contents = [...Array(20).keys()].map((i) => Buffer.alloc(i * 50_000 + 1, i));
  const readers = contents.map((content) => {
    let at = 0;
    return {
      length: content.length,
      read: (into: Buffer) => {
        const bytes = content.copy(into, 0, at);
        at += bytes;
        return bytes;
      },
    };
  });
  assert.equal(sha256OfAll(readers), contents.map(sha256));
  assert.equal(sha256All([]), []);
  assert.equal(sha256All([Buffer.from('abc')]), [sha256(Buffer.from('abc'))]);
});

test.run();
