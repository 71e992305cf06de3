import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import type { SyncBackend } from '../../src/store/backend/backend.ts';
import { FaultBackend, NthFault, type Operation } from '../../src/store/backend/fault.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { keys, rejects } from './backend-suite.ts';

test('the hook sees every operation, in order', async () => {
  const seen: Operation[] = [];
  const backend = (await openBackend(
    { type: 'memory' },
    {
      faults: (operation) => {
        seen.push(operation);
        return undefined;
      },
    },
  )) as SyncBackend;
  await backend.create('a/b', []);
  await backend.read('a/b');
  backend.readSync('a/b');
  await backend.size('a/b');
  backend.sizeSync('a/b');
  await keys(backend, 'a/');
  await backend.remove('a/b');
  const names = ['create', 'read', 'read', 'size', 'size', 'list', 'remove'];
  assert.equal(
    seen.map(({ name, number }) => `${number} ${name}`),
    names.map((name, i) => `${i + 1} ${name}`),
  );
  assert.is(seen[5]!.key, 'a/');
});

test('a loop over n fails every operation, before and after it took effect', async () => {
  for (const when of ['before', 'after'] as const) {
    const done: string[] = [];
    for (let n = 1, fired = true; fired; n++) {
      const inner = new MemoryBackend();
      const fault = new NthFault(n, when, { error: new VaultError('NO_SPACE', 'full') });
      const backend = new FaultBackend(inner, fault.hook);
      const work = async (): Promise<void> => {
        await backend.create('a', []);
        await keys(backend, '');
        await backend.create('b', []);
        await backend.remove('a');
      };
      fired = await work().then(
        () => false,
        (error: unknown) => {
          assert.is((error as VaultError).code, 'NO_SPACE');
          return true;
        },
      );
      assert.is(fault.fired, fired);
      done.push((await keys(inner, '')).join(''));
    }
    assert.equal(done, when === 'before' ? ['', 'a', 'a', 'ab', 'b'] : ['a', 'a', 'ab', 'b', 'b']);
  }
});

test('a dead process does nothing more', async () => {
  const inner = new MemoryBackend();
  const backend = new FaultBackend(inner, new NthFault(2, 'after', { dead: true }).hook);
  await backend.create('a', []);
  await rejects(backend.create('b', []), 'IO');
  await rejects(backend.create('c', []), 'IO');
  await rejects(backend.read('a'), 'IO');
  assert.equal(await keys(inner, ''), ['a', 'b']);
});

test('openBackend stacks read-only over faults', async () => {
  const backend = await openBackend(
    { type: 'memory' },
    { readOnly: 'it is a test', faults: new NthFault(1, 'before').hook },
  );
  assert.is(backend.abilities.writable, false);
  assert.ok((await rejects(backend.create('a', []), 'READ_ONLY')).message.endsWith('it is a test'));
  await rejects(backend.read('a'), 'IO');
  await rejects(backend.read('a'), 'NOT_FOUND');
});

test.run();
