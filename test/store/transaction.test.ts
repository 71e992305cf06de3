import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError, VaultError } from '../../src/errors.ts';
import type { Backend } from '../../src/store/backend/backend.ts';
import { FaultBackend, NthFault } from '../../src/store/backend/fault.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { gcKey, packKey, refKey, txnKey, txnPrefix } from '../../src/store/layout.ts';
import { createRecord, readRecord } from '../../src/store/record.ts';
import {
  listTransactions,
  Transaction,
  type TransactionInfo,
} from '../../src/store/transaction/transaction.ts';
import type { OutcomeRecord, TransactionState } from '../../src/store/transaction/transaction-records.ts';
import { keys, rejects, throws } from './backend-suite.ts';

const NOW = 1_767_225_600_123_456_789n;
const info: TransactionInfo = {
  host: 'laptop',
  bootId: 'b00t',
  pid: 4711,
  startTime: '12345',
  now: () => NOW,
};
const ID = '1'.repeat(64);
const PACK = 'a'.repeat(64);
const OTHER_PACK = 'b'.repeat(64);
const REF = refKey('heads', 'main', 0);

async function transactions(backend: Backend): Promise<TransactionState[]> {
  const states: TransactionState[] = [];
  for await (const state of listTransactions(backend)) states.push(state);
  return states;
}

function outcomeOf(backend: Backend, id: string): Promise<OutcomeRecord> {
  return readRecord<OutcomeRecord>(backend, txnKey(id, 'outcome'));
}

/** What gc does to a writer that it takes for dead. */
function abortByGc(backend: Backend, id: string): Promise<boolean> {
  const abort: OutcomeRecord = {
    outcome: 'abort',
    time: '2026-01-01T00:00:00.000Z',
    nonce: 'f'.repeat(32),
    reason: 'dead',
  };
  return createRecord(backend, txnKey(id, 'outcome'), abort);
}

const order = suite('transaction: order of records');

order(
  'begin is there before gc is listed, the outcome before the ref, and begin goes before the outcome',
  async () => {
    const inner = new MemoryBackend();
    const log: string[] = [];
    const backend = new FaultBackend(inner, ({ name, key }) => {
      log.push(`${name} ${key}`);
      return undefined;
    });
    const txn = await Transaction.begin(backend, { ...info, line: 'main' });
    txn.assertUploadAllowed(PACK);
    await backend.create(packKey(PACK), []);
    await txn.assertPacks([PACK]);
    await txn.commit({ objects: [ID], ref: 'refs/heads/main' });
    txn.assertRefAllowed();
    await createRecord(backend, REF, {});
    await txn.finish(REF);
    const prefix = txnPrefix(txn.id);
    assert.equal(log, [
      `create ${prefix}begin`,
      'list gc/',
      `create ${packKey(PACK)}`,
      `size ${packKey(PACK)}`,
      `create ${prefix}outcome`,
      `create ${REF}`,
      `size ${REF}`,
      `remove ${prefix}begin`,
      `remove ${prefix}outcome`,
    ]);
    assert.equal(await keys(inner, 'txn/'), []);
  },
);

order('the records say who, when and what', async () => {
  const backend = new MemoryBackend();
  const txn = await Transaction.begin(backend, { ...info, line: 'main' });
  await txn.commit({ objects: [ID], ref: 'refs/heads/main' });
  const [state] = await transactions(backend);
  assert.is(state!.id, txn.id);
  const { now: _, ...who } = info;
  const begin = {
    version: 1,
    key: txnKey(txn.id, 'begin'),
    time: '2026-01-01T00:00:00.123Z',
    ...who,
    line: 'main',
  };
  assert.equal(state!.begin, begin);
  const { nonce, ...outcome } = state!.outcome!;
  assert.match(nonce, /^[0-9a-f]{32}$/);
  const time = '2026-01-01T00:00:00.123Z';
  const key = txnKey(txn.id, 'outcome');
  assert.equal(outcome, { version: 1, key, outcome: 'commit', time, objects: [ID], ref: 'refs/heads/main' });
});

order('what would break the protocol is a bug', async () => {
  const backend = new MemoryBackend();
  await createRecord(backend, gcKey(1, 'sweep'), { packs: [PACK] });
  await createRecord(backend, gcKey(2, 'condemn'), { packs: [OTHER_PACK] });
  const txn = await Transaction.begin(backend, info);
  assert.equal([txn.gcRecords.openCondemn, txn.gcRecords.sweeps], [true, [1]]);
  throws(() => txn.assertRefAllowed(), 'BUG');
  throws(() => txn.assertUploadAllowed(PACK), 'BUG');
  txn.assertUploadAllowed(OTHER_PACK.replace('b', 'c'));
  assert.is(txn.mayRelyOn(OTHER_PACK, true), false);
  await rejects(txn.assertPacks([PACK]), 'BUG');
  await rejects(txn.assertPacks([OTHER_PACK]), 'BUG');
  await rejects(txn.assertPacks(['c'.repeat(64)]), 'MISSING_OBJECT');
  await rejects(txn.finish(), 'BUG');
  await rejects(txn.commit({ objects: [] }), 'BUG');
  await rejects(txn.commit({ objects: ['x'] }), 'BUG');
  await txn.commit({ objects: [ID] });
  throws(() => txn.assertUploadAllowed(), 'BUG');
  await rejects(txn.commit({ objects: [ID] }), 'BUG');
  await rejects(txn.finish(REF), 'BUG');
  assert.is((await outcomeOf(backend, txn.id)).outcome, 'commit');
});

order.run();

const ends = suite('transaction: how it ends');

ends('an abort stays, and nothing can be uploaded or committed any more', async () => {
  const backend = new MemoryBackend();
  const txn = await Transaction.begin(backend, info);
  await txn.abort('nothing changed');
  await txn.abort('again');
  assert.is(txn.status, 'aborted');
  const outcome = await outcomeOf(backend, txn.id);
  assert.is(outcome.outcome === 'abort' && outcome.reason, 'nothing changed');
  throws(() => txn.assertUploadAllowed(), 'BUG');
  await rejects(txn.commit({ objects: [ID] }), 'BUG');
  await rejects(txn.finish(), 'BUG');
  assert.equal(await keys(backend, txnPrefix(txn.id)), [txnKey(txn.id, 'outcome')]);
});

ends('an abort after the commit changes nothing', async () => {
  const backend = new MemoryBackend();
  const txn = await Transaction.begin(backend, info);
  await txn.commit({ objects: [ID] });
  await txn.abort('too late');
  assert.is(txn.status, 'committed');
  assert.is((await outcomeOf(backend, txn.id)).outcome, 'commit');
});

ends('whom gc has aborted loses, and knows it', async () => {
  const backend = new MemoryBackend();
  const txn = await Transaction.begin(backend, info);
  assert.is(await abortByGc(backend, txn.id), true);
  await rejects(txn.commit({ objects: [ID] }), 'LOST_RACE');
  assert.is(txn.status, 'lost');
  throws(() => txn.assertRefAllowed(), 'BUG');
  await txn.abort('lost');
});

ends('of a commit and an abort at once exactly one stands, and both sides know which', async () => {
  const won = { commit: 0, abort: 0 };
  for (let i = 0; i < 200; i++) {
    const backend = new MemoryBackend();
    const slow = new FaultBackend(backend, () => undefined);
    const txn = await Transaction.begin(slow, info);
    const commit = (async () => {
      if (i % 2) await delay(0);
      return txn.commit({ objects: [ID] }).then(
        () => true,
        (error: unknown) => {
          assert.ok(isVaultError(error, 'LOST_RACE'));
          return false;
        },
      );
    })();
    const abort = (async () => {
      if (i % 3) await delay(0);
      return abortByGc(backend, txn.id);
    })();
    const [committed, aborted] = await Promise.all([commit, abort]);
    assert.is(committed, !aborted);
    const { outcome } = await outcomeOf(backend, txn.id);
    assert.is(outcome, committed ? 'commit' : 'abort');
    won[outcome]++;
  }
  assert.ok(won.commit > 0 && won.abort > 0, JSON.stringify(won));
});

ends('a commit whose answer was lost is told by its nonce', async () => {
  const inner = new MemoryBackend();
  const fault = new NthFault(3, 'after', { error: new VaultError('REMOTE', 'timed out') });
  const txn = await Transaction.begin(new FaultBackend(inner, fault.hook), info);
  await txn.commit({ objects: [ID] });
  assert.is(fault.fired, true);
  assert.is(txn.status, 'committed');
});

ends('an abort finds out that the commit had taken effect', async () => {
  const inner = new MemoryBackend();
  let broken = false;
  const backend = new FaultBackend(inner, ({ name }) => {
    const error = new VaultError('REMOTE', 'timed out');
    return broken && name !== 'list' ? { when: 'after', error } : undefined;
  });
  const txn = await Transaction.begin(backend, info);
  broken = true;
  const error = await rejects(txn.commit({ objects: [ID] }), 'REMOTE');
  assert.ok(error.message.includes('is not known'));
  assert.is(txn.status, 'open');
  await rejects(txn.commit({ objects: ['2'.repeat(64)] }), 'BUG');
  broken = false;
  await txn.abort('failed');
  assert.is(txn.status, 'committed');
});

ends('a permanent failure is not tried again', async () => {
  const inner = new MemoryBackend();
  let creates = 0;
  const backend = new FaultBackend(inner, ({ key }) => {
    if (!key.endsWith('outcome')) return undefined;
    creates++;
    return { when: 'before', error: new VaultError('NO_SPACE', 'full') };
  });
  const txn = await Transaction.begin(backend, info);
  await rejects(txn.commit({ objects: [ID] }), 'NO_SPACE');
  assert.is(creates, 1);
});

ends('a begin that was sent twice is our own; a broken gc record ends it', async () => {
  const inner = new MemoryBackend();
  const random = (bytes: number): Buffer => Buffer.alloc(bytes, 7);
  const first = await Transaction.begin(inner, { ...info, random });
  const second = await Transaction.begin(inner, { ...info, random });
  assert.is(first.id, second.id);
  await createRecord(inner, gcKey(1, 'condemn'), { packs: 'none' });
  await rejects(Transaction.begin(inner, info), 'DAMAGED');
  const open = (await transactions(inner)).filter(({ outcome }) => !outcome);
  assert.is(open.length, 1);
});

ends.run();

const beats = suite('transaction: heartbeats');

beats('beats go on while it is open, and are pruned with it', async () => {
  const backend = new MemoryBackend();
  const txn = await Transaction.begin(backend, { ...info, beatEvery: 5 });
  for (let i = 0; i < 400 && (await transactions(backend))[0]!.beat < 3; i++) await delay(5);
  assert.ok((await transactions(backend))[0]!.beat >= 3);
  await txn.commit({ objects: [ID] });
  const { beat } = (await transactions(backend))[0]!;
  await delay(30);
  assert.is((await transactions(backend))[0]!.beat, beat);
  await txn.finish();
  assert.equal(await keys(backend, ''), []);
});

beats('a beat that fails or hangs does not hurt', async () => {
  const inner = new MemoryBackend();
  const error = new VaultError('IO', 'no');
  const backend = new FaultBackend(inner, ({ key }) =>
    key.includes('/beat-') ? { when: 'before', error } : undefined,
  );
  const txn = await Transaction.begin(backend, { ...info, beatEvery: 2 });
  await delay(20);
  await txn.commit({ objects: [ID] });
  assert.is((await transactions(inner))[0]!.beat, 0);
});

beats('an open transaction does not keep the process alive', () => {
  const root = fileURLToPath(new URL('../../src/store/', import.meta.url));
  const script = `
    import { MemoryBackend } from '${root}backend/memory.ts';
    import { Transaction } from '${root}transaction/transaction.ts';
    await Transaction.begin(new MemoryBackend(), { host: 'h', bootId: 'b', pid: 1, startTime: '1', now: () => 0n });
  `;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
    encoding: 'utf8',
  });
  assert.is(result.status, 0, result.stderr);
});

beats.run();

const faults = suite('transaction: every operation fails');

/** A whole transaction. Resolves how far it came. */
async function work(backend: Backend): Promise<'begun' | 'committed' | 'named' | 'nothing'> {
  let reached: 'begun' | 'committed' | 'named' | 'nothing' = 'nothing';
  let txn: Transaction | undefined;
  try {
    txn = await Transaction.begin(backend, info);
    reached = 'begun';
    await backend.create(packKey(PACK), []);
    await txn.assertPacks([PACK]);
    await txn.commit({ objects: [ID], ref: 'refs/heads/main' });
    reached = 'committed';
    await createRecord(backend, REF, {});
    reached = 'named';
    await txn.finish(REF);
  } catch (error) {
    assert.ok(isVaultError(error, 'IO', 'REMOTE'), String(error));
    await txn?.abort('failed').catch(() => undefined);
  }
  return reached;
}

/** What holds whatever happened: the snapshot is reachable if it was said to be, and only over stored objects. */
async function assertConsistent(backend: Backend, reached: string): Promise<void> {
  const [state] = await transactions(backend);
  const named = (await backend.size(REF)) !== undefined;
  const committed = state?.begin !== undefined && state.outcome?.outcome === 'commit';
  if (reached === 'committed' || reached === 'named') assert.ok(named || committed);
  if (named || committed) assert.ok((await backend.size(packKey(PACK))) !== undefined);
  const isAborted = state?.outcome?.outcome === 'abort';
  if (state && !state.begin) assert.ok(named || isAborted, 'begin was pruned without a ref');
  if (state && !state.outcome) assert.not.ok(named, 'a ref without outcome');
}

for (const when of ['before', 'after'] as const) {
  for (const dead of [false, true]) {
    faults(`${when} it took effect, ${dead ? 'and the process dies' : 'once'}`, async () => {
      let n = 1;
      for (let fired = true; fired; n++) {
        const inner = new MemoryBackend();
        const fault = new NthFault(n, when, { dead, error: new VaultError('REMOTE', 'injected') });
        const reached = await work(new FaultBackend(inner, fault.hook));
        await assertConsistent(inner, reached);
        fired = fault.fired;
        if (!fired) assert.is(reached, 'named');
        if (!dead && fired)
          assert.not.ok((await transactions(inner)).some(({ outcome }) => n > 2 && !outcome));
      }
      assert.ok(n > 9);
    });
  }
}

faults.run();

const listing = suite('transaction: listing');

listing('what does not belong there is passed over, what is damaged is not', async () => {
  const backend = new MemoryBackend();
  const txns = [];
  for (let i = 0; i < 3; i++) txns.push(await Transaction.begin(backend, info));
  await txns[1]!.abort('x');
  await backend.create('txn/readme', []);
  const states = await transactions(backend);
  assert.equal(
    states.map(({ id }) => id),
    txns.map(({ id }) => id).sort(),
  );
  assert.is(states.filter(({ outcome }) => outcome).length, 1);
  await backend.create(txnKey(txns[0]!.id, 'outcome'), [Buffer.from('torn')]);
  await rejects(transactions(backend), 'DAMAGED');
});

listing('fields of the wrong kind are damage', async () => {
  const good = { time: '2026-01-01T00:00:00Z', host: 'h', bootId: 'b', pid: 1, startTime: '1' };
  for (const wrong of [{ pid: '1' }, { pid: -1 }, { host: 1 }, { line: 1 }, { time: undefined }]) {
    const backend = new MemoryBackend();
    await createRecord(backend, txnKey('0'.repeat(32), 'begin'), { ...good, ...wrong });
    await rejects(transactions(backend), 'DAMAGED');
  }
  const commit = { outcome: 'commit', time: '2026-01-01T00:00:00Z', nonce: '0'.repeat(32), objects: [ID] };
  for (const wrong of [
    { objects: ['x'] },
    { objects: ID },
    { ref: 1 },
    { outcome: 'maybe' },
    { outcome: 'abort' },
    { nonce: '' },
    { time: 'x' },
  ]) {
    const backend = new MemoryBackend();
    await createRecord(backend, txnKey('0'.repeat(32), 'outcome'), { ...commit, ...wrong });
    await rejects(transactions(backend), 'DAMAGED');
  }
});

listing('a record that is pruned while it runs is left out', async () => {
  const inner = new MemoryBackend();
  const txn = await Transaction.begin(inner, info);
  await txn.commit({ objects: [ID] });
  const backend = new FaultBackend(inner, ({ name, key }) => {
    if (name === 'read' && key.endsWith('begin')) void inner.remove(key);
    return undefined;
  });
  const [state] = await transactions(backend);
  assert.is(state!.begin, undefined);
  assert.is(state!.outcome?.outcome, 'commit');
});

listing.run();
