/** Hashing by the runtime's OpenSSL: eight messages side by side, from where they lie; one beside the thread. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asideSha256, multiBlockSha256 } from '../../src/platform/hashing.ts';
import { createAsideSha256, useAside } from '../../src/store/hash/aside.ts';
import { sha256 } from '../../src/store/hash/hash.ts';
import { sha256All, sha256OfAll } from '../../src/store/hash/many.ts';
import { LANES, Sha256Eight } from '../../src/store/hash/sha256-eight.ts';
import { hashFaster } from '../../src/workers/hash-faster.ts';

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
  hashFaster();
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

test('a content that is hashed beside this thread has the same hash, and so has one where nothing offers that', async () => {
  const { platform, config } = process;
  const isBuiltIn = !(config.variables as { node_shared_openssl?: boolean }).node_shared_openssl;
  assert.ok(asideSha256() !== undefined || platform !== 'linux' || !isBuiltIn);
  const parts = [...Array(40).keys()].map((i) => Buffer.alloc((i * 7919) % 300_000, i));
  const expected = sha256(Buffer.concat(parts)).toString('hex');
  for (const offer of [() => undefined, asideSha256]) {
    useAside(offer);
    const [one, other] = [createAsideSha256(), createAsideSha256()];
    for (const part of parts) await Promise.all([one.update(part), other.update(part)]);
    assert.is(one.digest().toString('hex'), expected);
    assert.is(other.digest().toString('hex'), expected);
    const nothing = createAsideSha256();
    assert.is(nothing.digest().toString('hex'), sha256(Buffer.alloc(0)).toString('hex'));
    for (const hasher of [one, other, nothing]) hasher.free();
  }
});

test('a thread that is ended while it has a content hashed ends in order', async () => {
  const source = `
    import { hashFaster } from ${JSON.stringify(new URL('../../src/workers/hash-faster.ts', import.meta.url).href)};
    import { createAsideSha256 } from ${JSON.stringify(new URL('../../src/store/hash/aside.ts', import.meta.url).href)};
    import { parentPort } from 'node:worker_threads';
    hashFaster();
    const bytes = Buffer.alloc(64 * 1024 * 1024, 'x');
    void createAsideSha256().update(bytes);
    parentPort.postMessage('hashing');
  `;
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
    await once(worker, 'message');
    assert.is(await worker.terminate(), 1);
  }
});

test.run();
