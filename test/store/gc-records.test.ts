import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultBackend } from '../../src/store/backend/fault.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { type GcPart, gcKey } from '../../src/store/layout.ts';
import { createRecord } from '../../src/store/record.ts';
import { packExists, readGcRecords } from '../../src/store/transaction/gc-records.ts';
import { rejects } from './backend-suite.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];

async function backendWith(records: [n: number, part: GcPart, packs: unknown][]): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  for (const [n, part, packs] of records) await createRecord(backend, gcKey(n, part), { packs });
  return backend;
}

test('before the first gc every present pack exists', async () => {
  const view = await readGcRecords(new MemoryBackend());
  assert.equal([view.condemns, view.sweeps, view.openCondemn], [[], [], false]);
  assert.is(packExists(view, A, true), true);
  assert.is(packExists(view, A, false), false);
});

test('swept packs and those in the open condemn do not exist; spared ones do again', async () => {
  const view = await readGcRecords(
    await backendWith([
      [1, 'condemn', [A, B]],
      [1, 'sweep', [A]],
      [2, 'condemn', [C]],
    ]),
  );
  assert.equal([view.condemns, view.sweeps, view.openCondemn], [[1, 2], [1], true]);
  assert.equal(
    [A, B, C, D].map((pack) => packExists(view, pack, true)),
    [false, true, false, true],
  );
});

test('once swept, a condemn is not open', async () => {
  const view = await readGcRecords(
    await backendWith([
      [1, 'condemn', [A, B]],
      [1, 'sweep', []],
    ]),
  );
  assert.is(view.openCondemn, false);
  assert.is(packExists(view, A, true), true);
});

test('a sweep that the listing missed is read all the same', async () => {
  const inner = await backendWith([
    [1, 'condemn', [A]],
    [2, 'condemn', [B]],
  ]);
  // While gc/ is listed, sweep 1 and condemn 2 are made: the first lies behind the listing, the second before it.
  const backend = new FaultBackend(inner, ({ name, number }) => {
    if (name === 'read' && number === 2) void createRecord(inner, gcKey(1, 'sweep'), { packs: [A] });
    return undefined;
  });
  const view = await readGcRecords(backend);
  assert.equal([view.sweeps, view.openCondemn], [[1], true]);
  assert.is(packExists(view, A, true), false);
});

test('a broken order and broken records are damage', async () => {
  await rejects(
    readGcRecords(
      await backendWith([
        [1, 'condemn', []],
        [2, 'condemn', []],
      ]),
    ),
    'DAMAGED',
  );
  for (const packs of [undefined, 'x', [A, 'x'], [1], { 0: A }]) {
    await rejects(readGcRecords(await backendWith([[1, 'sweep', packs]])), 'DAMAGED');
  }
});

test.run();
