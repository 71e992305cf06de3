import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import {
  type ConfigOptions,
  createConfig,
  DEFAULT_CHUNKER,
  readConfig,
  type StoredConfig,
} from '../../src/store/config.ts';
import { encodeRecord } from '../../src/store/record.ts';
import { rejects } from './backend-suite.ts';

const NOW = 1_767_225_600_123_456_789n;
const options: ConfigOptions = { now: () => NOW, random: (bytes) => Buffer.alloc(bytes, 0xa5) };

async function stored(): Promise<StoredConfig> {
  const { config } = await createConfig(new MemoryBackend(), options);
  const { readOnly: _, ...rest } = config;
  return rest;
}

async function backendWith(config: unknown): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  await backend.create('config', [encodeRecord('config', config as object)]);
  return backend;
}

test('golden config', async () => {
  const backend = new MemoryBackend();
  assert.is((await createConfig(backend, options)).created, true);
  assert.is(
    (await backend.read('config')).toString().split('\n')[0],
    `{"version":1,"key":"config","formatVersion":1,"vaultId":"${'a5'.repeat(32)}","created":"2026-01-01T00:00:00.123Z",` +
      '"chunker":{"algorithm":"fastcdc","min":131072,"avg":524288,"max":2097152,"normalization":2},' +
      '"pack":{"target":16777216},"block":{"target":262144},"compression":{"codec":"zstd","level":3},"cipher":"plain",' +
      '"features":{"read":[],"write":[]},"shared":false}',
  );
});

test('of two that create, the first counts', async () => {
  const backend = new MemoryBackend();
  const first = await createConfig(backend, { now: () => NOW, shared: true });
  const second = await createConfig(backend, { now: () => NOW });
  assert.is(second.created, false);
  assert.equal(second.config, first.config);
  assert.is(second.config.shared, true);
  assert.is(second.config.readOnly, false);
});

test('sizes can be chosen within bounds', async () => {
  const chunker = { ...DEFAULT_CHUNKER, min: 64, avg: 256, max: 1000 };
  const small = { ...options, chunker, packTarget: 4096, blockTarget: 1024, compressionLevel: 1 };
  const { config } = await createConfig(new MemoryBackend(), small);
  assert.equal(config.chunker, chunker);
  const wrong: Partial<ConfigOptions>[] = [
    { chunker: { ...chunker, min: 63 } },
    { chunker: { ...chunker, avg: 255 } },
    { chunker: { ...chunker, max: 256 } },
    { chunker: { ...chunker, max: 2 ** 30 } },
    { chunker: { ...chunker, normalization: 9 } },
    { packTarget: 2 ** 31 },
    { blockTarget: 0 },
    { compressionLevel: 2.5 },
  ];
  for (const each of wrong)
    await rejects(createConfig(new MemoryBackend(), { ...options, ...each }), 'USAGE');
});

test('no config is no vault, a torn one is damage', async () => {
  await rejects(readConfig(new MemoryBackend()), 'NO_VAULT');
  const backend = new MemoryBackend();
  await backend.create('config', [Buffer.from('vault\n')]);
  await rejects(readConfig(backend), 'DAMAGED');
});

test('what a reader must know and does not is an unknown format', async () => {
  const config = await stored();
  const newer = [
    { ...config, formatVersion: 2 },
    { formatVersion: 3 },
    { ...config, features: { read: ['dictionaries'], write: [] } },
    { ...config, cipher: 'aes-256-gcm' },
    { ...config, chunker: { algorithm: 'rabin' } },
    { ...config, compression: { codec: 'lzma' } },
    { ...config, cipher: { toString: 'not a function' } },
  ];
  for (const each of newer) await rejects(readConfig(await backendWith(each)), 'UNKNOWN_FORMAT');
});

test('what only a writer must know makes it read-only, what nobody must know is passed over', async () => {
  const config = await stored();
  const { readOnly } = await readConfig(
    await backendWith({ ...config, features: { read: [], write: ['journal'] } }),
  );
  assert.is(readOnly, true);
  assert.equal(await readConfig(await backendWith({ ...config, colour: 'red' })), {
    ...config,
    readOnly: false,
  });
});

test('a hostile config is refused, whatever is put where', async () => {
  const config = await stored();
  const paths = leaves(config);
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(0, -1, 2 ** 31, 1e308, '', null, '16777216', [1], 2 ** 53, { toString: false }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), junk, async (path, value) => {
      const changed = structuredClone(config) as unknown as Record<string, unknown>;
      put(changed, path, value);
      const read = await readConfig(await backendWith(changed)).catch((error: unknown) => {
        assert.ok(isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT'), `${path}: ${error}`);
        return undefined;
      });
      if (!read) return;
      assert.ok(
        read.chunker.max <= 8 * 2 ** 20 && read.chunker.min >= 64 && read.pack.target <= 32 * 2 ** 20,
      );
      assert.ok(read.block.target <= 4 * 2 ** 20 && read.compression.level <= 22);
    }),
    { numRuns: 500 },
  );
});

/** Paths of all fields, inner ones and leaves. */
function leaves(value: object, prefix: string[] = []): string[][] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = [...prefix, name];
    return typeof inner === 'object' ? [path, ...leaves(inner as object, path)] : [path];
  });
}

function put(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [first, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) target[first] = value;
  else put(target[first] as Record<string, unknown>, rest, value);
}

test.run();
