/** What the guard refuses whatever the code above it does. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { gcKey, packKey, trashKey, txnKey } from '../../src/store/layout.ts';
import { createRecord } from '../../src/store/record.ts';
import {
  createCondemn,
  createSweep,
  MAX_GC_PACKS,
  readGcRecords,
} from '../../src/store/transaction/gc-records.ts';
import { guarded } from '../../src/store/transaction/guarded-backend.ts';
import { abortTransaction, pruneTransaction } from '../../src/store/transaction/transaction-records.ts';
import { keys, rejects } from './backend-suite.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const TXN = '1'.repeat(32);
const STAMP = { time: '2026-01-01T00:00:00.000Z', nonce: '0'.repeat(32) };

async function swept(...packs: string[]) {
  const inner = new MemoryBackend();
  await createRecord(inner, gcKey(1, 'condemn'), { packs: [A, B] });
  await createRecord(inner, gcKey(1, 'sweep'), { packs });
  return { inner, backend: guarded(inner) };
}

test('a swept name is not stored again; only swept packs are removed, and only into the trash', async () => {
  const { inner, backend } = await swept(A);
  for (const pack of [A, B, C]) await inner.create(packKey(pack), [Buffer.from(pack)]);
  await rejects(backend.create(packKey(A), []), 'BUG');
  await rejects(backend.remove(packKey(B)), 'BUG');
  await rejects(backend.move!(packKey(B), trashKey(1, B)), 'BUG');
  await rejects(backend.move!(packKey(A), trashKey(1, B)), 'BUG');
  await rejects(backend.move!(packKey(A), packKey('d'.repeat(64))), 'BUG');
  assert.is(await backend.move!(packKey(A), trashKey(1, A)), true);
  await backend.remove(trashKey(1, A));
  // A sweep that is made later is known as soon as it is there.
  await createRecord(inner, gcKey(2, 'condemn'), { packs: [B] });
  await createRecord(inner, gcKey(2, 'sweep'), { packs: [B] });
  await backend.remove(packKey(B));
  await rejects(backend.create(packKey(B), []), 'BUG');
  assert.is(await backend.create(packKey('d'.repeat(64)), []), true);
  assert.equal(await keys(inner, 'objects/'), [packKey(C), packKey('d'.repeat(64))]);
});

test('records are removed in the one order in which transactions are finished', async () => {
  const { inner, backend } = await swept();
  await createRecord(inner, txnKey(TXN, 'begin'), {});
  await rejects(backend.remove(txnKey(TXN, 'begin')), 'BUG');
  await createRecord(inner, txnKey(TXN, 'outcome'), { outcome: 'commit', objects: [A], ...STAMP });
  await rejects(backend.remove(txnKey(TXN, 'outcome')), 'BUG');
  await backend.remove(txnKey(TXN, 'beat-1'));
  await backend.remove(txnKey(TXN, 'begin'));
  await backend.remove(txnKey(TXN, 'outcome'));
  assert.equal(await keys(inner, 'txn/'), []);
  // Somebody else was as fast.
  await backend.remove(txnKey(TXN, 'begin'));
  await backend.remove(txnKey(TXN, 'outcome'));
  await abortTransaction(inner, TXN, { ...STAMP, reason: 'dead' });
  await rejects(backend.remove(txnKey(TXN, 'outcome')), 'BUG');
  // Who read a commit there, which is put away, leaves the abort that a late gc has made alone.
  const outcome = { outcome: 'commit' as const, objects: [A], ...STAMP };
  await pruneTransaction(backend, { id: TXN, beat: 0, outcome });
  assert.equal(await keys(inner, 'txn/'), [txnKey(TXN, 'outcome')]);
});

test('nothing else is ever removed', async () => {
  const { backend } = await swept();
  for (const key of [
    'config',
    'refs/heads/main/@9999999999',
    gcKey(1, 'condemn'),
    gcKey(1, 'sweep'),
    'keys/x.age',
    'tmp/notes',
  ]) {
    await rejects(backend.remove(key), 'BUG');
  }
  await backend.remove('tmp/12-0011223344556677');
  await backend.remove('tmp/probe-00');
});

test('no condemn before the last sweep, none too large, no sweep of what was not condemned', async () => {
  const inner = new MemoryBackend();
  const view = await readGcRecords(inner);
  await rejects(createCondemn(inner, view, []), 'BUG');
  const many = Array.from({ length: MAX_GC_PACKS + 1 }, (_, i) => i.toString(16).padStart(64, '0'));
  await rejects(createCondemn(inner, view, many), 'BUG');
  const condemn = await createCondemn(inner, view, many.slice(1));
  assert.is(condemn.packs.length, MAX_GC_PACKS);
  await rejects(createCondemn(inner, await readGcRecords(inner), [A]), 'BUG');
  // Who is too late goes on with what stands.
  assert.equal(await createCondemn(inner, view, [A]), condemn);
  await rejects(createSweep(inner, condemn, [A]), 'BUG');
  const sweep = await createSweep(inner, condemn, [many[1]!]);
  assert.equal(await createSweep(inner, condemn, [many[2]!]), sweep);
  const after = await readGcRecords(inner, undefined, view);
  assert.equal([after.openCondemn, [...after.swept]], [false, [many[1]]]);
  await rejects(createCondemn(inner, after, [many[1]!]), 'BUG');
  assert.is((await createCondemn(inner, after, [A])).n, 2);
});

test.run();
