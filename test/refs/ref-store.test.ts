import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTime } from '../../src/refs/dates.ts';
import { isLive, type RefRecord, wrongField } from '../../src/refs/ref-record.ts';
import { RefStore } from '../../src/refs/ref-store.ts';
import type { Backend, BackendEntry, ListOptions } from '../../src/store/backend/backend.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { refKey } from '../../src/store/layout.ts';
import { encodeRecord } from '../../src/store/record.ts';
import { withFolder } from '../store/temporary.ts';
import { failure } from '../support/failure.ts';
import { body, hexId } from './bodies.ts';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function filled(count: number): Promise<{ backend: MemoryBackend; refs: RefStore }> {
  const backend = new MemoryBackend();
  const refs = new RefStore(backend);
  for (let i = 0; i < count; i++) {
    await refs.append('heads', 'main', body(i), { expectedSeq: i === 0 ? undefined : i - 1 });
  }
  return { backend, refs };
}

function numbers(records: readonly RefRecord[]): number[] {
  return records.map(({ seq }) => seq);
}

/** count − 1, …, 0 */
function countdown(count: number): number[] {
  return Array.from({ length: count }, (_, i) => count - 1 - i);
}

/** Puts bytes where number `seq` of main belongs. */
async function plant(backend: Backend, seq: number, bytes: Buffer): Promise<void> {
  assert.ok(await backend.create(refKey('heads', 'main', seq), [bytes]));
}

test('ref store: numbers count up, keys count down, history is newest first', async () => {
  const { backend, refs } = await filled(40);
  const current = await refs.current('heads', 'main');
  assert.is(current?.seq, 39);
  assert.is(current?.key, 'refs/heads/main/@9999999960');
  assert.equal(numbers(await all(refs.history('heads', 'main'))), countdown(40));
  assert.is((await all(backend.list('refs/')))[0]?.key, current?.key);
  assert.is(await refs.current('tags', 'main'), undefined);
  assert.equal(await all(refs.history('tags', 'main')), []);
});

test('ref store: golden bytes of a record', async () => {
  const backend = new MemoryBackend();
  const refs = new RefStore(backend, { random: () => Buffer.from('0123456789abcdef', 'hex') });
  const line = { hostId: 'h1', root: '/w==', host: 'laptop' };
  await refs.append('heads', 'Host/a ä'.replace(' ', '_'), body(1, { line, txn: 't1' }), {
    expectedSeq: undefined,
  });
  const [entry] = await all(backend.list(''));
  assert.is(entry?.key, 'refs/heads/%48ost%2fa_%c3%a4/@9999999999');
  assert.is(
    (await backend.read(entry!.key)).toString().split('\n')[0],
    '{"version":1,"key":"refs/heads/%48ost%2fa_%c3%a4/@9999999999","namespace":"heads","name":"Host/a_ä","seq":0,' +
      '"target":"00000001eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","type":"snapshot",' +
      '"time":"2026-01-01T00:01:00.000000000Z","who":"ada","host":"laptop","message":"number 1",' +
      '"line":{"hostId":"h1","root":"/w==","host":"laptop"},"txn":"t1","nonce":"0123456789abcdef"}',
  );
});

test('ref store: append compares and swaps', async () => {
  const { refs } = await filled(3);
  for (const expectedSeq of [undefined, 0, 1, 7]) {
    const error = await failure('LOST_RACE', refs.append('heads', 'main', body(9), { expectedSeq }));
    assert.is((error.details as { current: RefRecord }).current.seq, 2);
    assert.match(error.message, 'refs/heads/main is at number 2 now (00000002, ');
  }
  const none = await failure('LOST_RACE', refs.append('tags', 'v1', body(9), { expectedSeq: 4 }));
  assert.is((none.details as { current: unknown }).current, null);
  assert.is((await refs.append('heads', 'main', body(9), { expectedSeq: 2 })).seq, 3);
});

test('ref store: a removal is a record without target', async () => {
  const { refs } = await filled(2);
  const { target: _, type: __, ...rest } = body(5);
  await refs.remove('heads', 'main', rest, { expectedSeq: 1 });
  const current = await refs.current('heads', 'main');
  assert.is(current?.seq, 2);
  assert.not(isLive(current));
  assert.is(current?.type, 'snapshot');
  assert.equal(await all(refs.list('heads')), []);
  assert.is((await all(refs.list('heads', { removed: true }))).length, 1);
  await failure('NOT_FOUND', refs.remove('heads', 'main', rest, { expectedSeq: 2 }));
  await failure('NOT_FOUND', refs.remove('tags', 'never', rest, { expectedSeq: 0 }));
  assert.is((await refs.append('heads', 'main', body(6), { expectedSeq: 2 })).seq, 3);
});

test('ref store: a list is sorted by the bytes of the names and shows the newest of each', async () => {
  const refs = new RefStore(new MemoryBackend());
  const names = ['b', 'a', 'a/b', 'a-b', 'B', 'é', '\u{1F600}', '\uFB00', 'a0'];
  for (const name of names) {
    await refs.append('tags', name, body(1), { expectedSeq: undefined });
    await refs.append('tags', name, body(2), { expectedSeq: 0 });
  }
  const listed = await all(refs.list('tags'));
  assert.equal(
    listed.map(({ name }) => name),
    names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  for (const { name, record } of listed) {
    assert.is(record.name, name);
    assert.is(record.target, hexId(2));
  }
  assert.equal(await all(refs.list('heads')), []);
});

class CountingBackend extends MemoryBackend {
  reads = 0;
  listed = 0;

  override readSync(key: string, offset?: number, length?: number): Buffer {
    this.reads++;
    return super.readSync(key, offset, length);
  }

  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<BackendEntry> {
    for await (const entry of super.list(prefix, options)) {
      this.listed++;
      yield entry;
    }
  }
}

test('ref store: namespaces, each once; that of the forgotten is none', async () => {
  const backend = new MemoryBackend();
  const refs = new RefStore(backend);
  assert.equal(await all(refs.namespaces()), []);
  for (const namespace of ['tags', 'heads', 'heads-2', 'heads2', 'notes']) {
    for (const name of ['a', 'b/c']) await refs.append(namespace, name, body(1), { expectedSeq: undefined });
  }
  await backend.create('refs/forgotten/log/@9999999999', []);
  assert.equal(await all(refs.namespaces()), ['heads-2', 'heads', 'heads2', 'notes', 'tags']);
});

test('ref store: long histories are neither read for the current value nor listed for the names', async () => {
  const backend = new CountingBackend();
  for (let seq = 0; seq < 2500; seq++) {
    const fields = { namespace: 'heads', name: 'main', seq, nonce: '0'.repeat(16), ...body(seq) };
    await plant(backend, seq, encodeRecord(refKey('heads', 'main', seq), fields));
  }
  const refs = new RefStore(backend);
  assert.is((await refs.current('heads', 'main'))?.seq, 2499);
  assert.equal([backend.reads, backend.listed], [1, 1]);
  await refs.append('heads', 'other', body(1), { expectedSeq: undefined });
  const names = (await all(refs.list('heads'))).map(({ name }) => name);
  assert.equal(names, ['main', 'other']);
  assert.equal([backend.reads, backend.listed], [3, 1003]);
  const at = parseTime(body(1234).time)!;
  assert.is((await refs.valueAt('heads', 'main', at + 1n))?.seq, 1234);
  assert.ok(backend.reads < 20, `${backend.reads} reads`);
});

test('ref store: the value at a time, for every time', async () => {
  for (const count of [1, 2, 3, 8]) {
    const { refs } = await filled(count);
    for (let minute = -1; minute <= count; minute++) {
      const at = parseTime(body(0).time)! + BigInt(minute) * 60_000_000_000n;
      for (const [offset, expected] of [
        [-1n, minute - 1],
        [0n, minute],
        [1n, minute],
      ] as const) {
        const found = await refs.valueAt('heads', 'main', at + offset);
        assert.is(found?.seq, expected < 0 ? undefined : Math.min(expected, count - 1));
      }
    }
  }
  assert.is(await new RefStore(new MemoryBackend()).valueAt('heads', 'main', 0n), undefined);
});

test('ref store: a damaged newest record is an error that names it, never the older one', async () => {
  const good = encodeRecord(refKey('heads', 'main', 2), {
    namespace: 'heads',
    name: 'main',
    seq: 2,
    nonce: 'x'.repeat(16),
    ...body(1),
  });
  const other = encodeRecord(refKey('heads', 'main', 1), {
    namespace: 'heads',
    name: 'main',
    seq: 1,
    ...body(1),
  });
  const half = good.subarray(0, good.length / 2);
  const flipped = Buffer.from(good);
  flipped[120] = flipped[120]! ^ 1;
  for (const bytes of [Buffer.alloc(0), Buffer.from('junk'), half, flipped, other, good]) {
    const { backend, refs } = await filled(2);
    await plant(backend, 2, bytes);
    const key = 'refs/heads/main/@9999999997';
    for (const attempt of [
      () => refs.current('heads', 'main'),
      () => all(refs.history('heads', 'main')),
      () => all(refs.list('heads')),
      () => refs.append('heads', 'main', body(3), { expectedSeq: 1 }),
    ]) {
      const error = await failure('DAMAGED', attempt());
      assert.is(error.subject, key);
      assert.match(error.message, key);
    }
    // A commit still reaches its ref, and the damage still shows in the history.
    assert.is((await refs.appendRetry('heads', 'main', body(4, { txn: 't' }), { sinceSeq: 1 })).seq, 3);
    await failure('DAMAGED', all(refs.history('heads', 'main')));
  }
});

test('ref store: a record that is missing below the newest is damage', async () => {
  for (const seq of [0, 1, 3]) {
    const { backend, refs } = await filled(5);
    const key = refKey('heads', 'main', seq);
    await backend.remove(key);
    assert.is((await failure('DAMAGED', all(refs.history('heads', 'main')))).subject, key);
    assert.is((await failure('DAMAGED', refs.record('heads', 'main', seq))).subject, key);
    assert.is((await refs.current('heads', 'main'))?.seq, 4);
  }
});

test('ref store: what is no record among the refs stops a listing', async () => {
  const { backend, refs } = await filled(1);
  await backend.create('refs/heads/main/%', [Buffer.from('x')]);
  await failure('DAMAGED', refs.current('heads', 'main'));
  await failure('DAMAGED', all(refs.list('heads')));
});

test('ref store: a newer version is no damage', async () => {
  const { backend, refs } = await filled(1);
  const bytes = encodeRecord(refKey('heads', 'main', 1), {})
    .toString()
    .replace('"version":1', '"version":2')
    .split('\n')[0]!;
  const { hash } = await import('node:crypto');
  await plant(backend, 1, Buffer.from(`${bytes}\n${hash('sha256', `${bytes}\n`)}\n`));
  await failure('UNKNOWN_FORMAT', refs.current('heads', 'main'));
});

test('ref store: names and bodies are checked at the door', async () => {
  const { refs } = await filled(1);
  await failure('USAGE', refs.current('heads', 'a..b'));
  await failure('USAGE', refs.append('Heads', 'a', body(1), { expectedSeq: undefined }));
  await failure('USAGE', all(refs.history('heads', '')));
  await failure('USAGE', all(refs.list('x y')));
  await failure('BUG', refs.append('tags', 'a', body(1, { target: 'abc' }), { expectedSeq: undefined }));
});

test('ref store: only a content is a chunk or a list', () => {
  const record = { namespace: 'tags', name: 'a', seq: 0, nonce: '0'.repeat(16) };
  assert.is(wrongField({ ...record, ...body(1, { type: 'blob', list: true }) }), undefined);
  assert.is(wrongField({ ...record, ...body(1, { type: 'tree', list: true }) }), 'list');
  assert.is(wrongField({ ...record, ...body(1, { type: 'blob' }), list: false }), 'list');
  const { target: _, ...removed } = body(1, { type: 'blob', list: true });
  assert.is(wrongField({ ...record, ...removed }), 'list');
});

test('ref store: a transaction is carried out once, whoever does it', async () => {
  const { refs } = await filled(2);
  const commit = body(7, { txn: 'txn-7' });
  const made = await Promise.all(
    Array.from({ length: 8 }, () => refs.appendRetry('heads', 'main', commit, { sinceSeq: 1 })),
  );
  assert.equal(new Set(made.map(({ seq }) => seq)), new Set([2]));
  await refs.appendRetry('heads', 'main', body(8, { txn: 'txn-8' }), { sinceSeq: 1 });
  assert.is((await refs.appendRetry('heads', 'main', commit, { sinceSeq: 1 })).seq, 2);
  assert.is((await refs.current('heads', 'main'))?.seq, 3);
});

/** Stores, but says that somebody else was first: as after a request that was sent twice. */
class ForgetfulBackend extends MemoryBackend {
  override async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    await super.create(key, parts);
    return false;
  }
}

test('ref store: a create whose answer was lost counts as the own one', async () => {
  const refs = new RefStore(new ForgetfulBackend());
  const record = await refs.append('heads', 'main', body(1), { expectedSeq: undefined });
  assert.equal(record, await refs.current('heads', 'main'));
  await failure('LOST_RACE', refs.append('heads', 'main', body(1), { expectedSeq: undefined }));
});

test('ref store: eight processes race, one winner a number and none missing', () =>
  withFolder(async (path) => {
    const backend = await openBackend({ type: 'fs', path }, { create: true });
    const child = join(import.meta.dirname, 'race-child.ts');
    const run = promisify(execFile);
    const labels = Array.from({ length: 8 }, (_, i) => `writer-${i}`);
    const results = await Promise.all(
      labels.map((label) => run(process.execPath, [child, path, label, '12'])),
    );
    const refs = new RefStore(backend);
    const raced = await all(refs.history('heads', 'raced'));
    assert.equal(numbers(raced), countdown(96));
    for (const label of labels) assert.is(raced.filter(({ who }) => who === label).length, 12);
    const swapped = await all(refs.history('heads', 'swapped'));
    assert.equal(numbers(swapped), countdown(swapped.length));
    for (const [i, { stdout }] of results.entries()) {
      assert.is(swapped.filter(({ who }) => who === labels[i]).length, Number(stdout));
    }
    assert.ok(swapped.length >= 12);
    await backend.close();
  }));

test.run();
