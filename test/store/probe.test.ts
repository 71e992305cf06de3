import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { FaultBackend } from '../../src/store/backend/fault.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { probeBackend } from '../../src/store/probe.ts';
import { keys, rejects } from './backend-suite.ts';
import { withFolder } from './temporary.ts';

class Overwriting extends MemoryBackend {
  override async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    await this.remove(key);
    return super.create(key, parts);
  }
}

class Forgetful extends MemoryBackend {
  override async *list(): AsyncGenerator<never> {}
}

class Clobbering extends MemoryBackend {
  override async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const there = (await this.size(key)) !== undefined;
    await this.remove(key);
    await super.create(key, parts);
    return !there;
  }
}

test('what keeps the promises passes and is left clean', async () => {
  const memory = new MemoryBackend();
  await probeBackend(memory);
  assert.equal(await keys(memory, ''), []);
  await withFolder(async (folder) => {
    const backend = await openBackend({ type: 'fs', path: folder });
    await probeBackend(backend);
    assert.equal(await keys(backend, 'tmp/'), []);
  });
});

test('what breaks one is refused, and left clean', async () => {
  for (const backend of [new Overwriting(), new Forgetful(), new Clobbering()]) {
    await rejects(probeBackend(backend), 'REFUSED');
    assert.equal(await keys(backend, ''), []);
  }
});

test('a storage that allows no removal passes', async () => {
  const error = new VaultError('PERMISSION', 'put only');
  const backend = new FaultBackend(new MemoryBackend(), ({ name }) =>
    name === 'remove' ? { when: 'before', error } : undefined,
  );
  await probeBackend(backend);
});

test('storage errors come as they are', async () => {
  const backend = await openBackend({ type: 'memory' }, { readOnly: 'it is a test' });
  await rejects(probeBackend(backend), 'READ_ONLY');
});

test.run();
