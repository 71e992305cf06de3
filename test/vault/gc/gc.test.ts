/** What gc removes and what it keeps; and what it refuses. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../../src/errors.ts';
import {
  collectGarbage,
  Kind,
  makeTree,
  ObjectType,
  planGarbage,
  setTag,
  undelete,
} from '../../../src/index.ts';
import { gcKey, packKey } from '../../../src/store/layout.ts';
import { BLOCK_HEADER_LENGTH } from '../../../src/store/pack/block.ts';
import { PACK_HEADER_LENGTH } from '../../../src/store/pack/pack.ts';
import { readContents } from '../../../src/store/pack/pack-reader.ts';
import { createRecord } from '../../../src/store/record.ts';
import { Transaction } from '../../../src/store/transaction/transaction.ts';
import { storeByHand } from '../../../src/vault/transaction/stored-by-hand.ts';
import { keys, rejects } from '../../store/backend-suite.ts';
import { beforeCreate, wrapList } from '../wrapped-vault.ts';
import { filesOf, type GcRig, type Kept, withRig } from './rig.ts';

const FORCE = { force: true };

async function gc(rig: GcRig, options: { force?: boolean } = FORCE) {
  return collectGarbage(await rig.open(), { ...options, clock: rig.clock });
}

const frees = suite('gc: what goes');

frees('nothing of what is in use goes, forgotten trees do, and a second gc has nothing to do', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, { ...filesOf('two'), f0: 'one 0' });
    const three = await rig.snapshot(vault, { ...filesOf('two'), f9: 'three' });
    await gc(rig);
    await rig.assertWhole(vault, [one, two, three]);
    const before = await rig.bytes();
    await rig.forget(vault, one, two);
    const result = await gc(rig);
    assert.is(result.state, 'done');
    assert.ok(result.removed.packs > 0 && (await rig.bytes()) < before * 0.7);
    await rig.assertWhole(await rig.open(), [three]);
    const after = await rig.open();
    await gc(rig);
    assert.is((await gc(rig)).state, 'idle');
    assert.is((await planGarbage(after)).condemned.length, 0);
    const four = await rig.snapshot(after, { ...filesOf('two'), f9: 'four' });
    await rig.assertWhole(await rig.open(), [three, four]);
  }),
);

frees('a tag keeps what is forgotten', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    await setTag(vault, 'v1', { id: one.id, stored: ObjectType.snapshot });
    await rig.forget(vault, one);
    await gc(rig);
    await rig.assertWhole(await rig.open(), [one, two]);
  }),
);

for (const isFirst of [true, false]) {
  frees(`a tag that is being made keeps what is forgotten ${isFirst ? 'already' : 'after its commit'}`, () =>
    withRig(async (rig) => {
      const vault = await rig.open();
      const one = await rig.snapshot(vault, filesOf('one'));
      const two = await rig.snapshot(vault, filesOf('two'));
      if (isFirst) await rig.forget(vault, one);
      const tagging = await rig.open(undefined, (backend) =>
        beforeCreate(backend, async (key) => {
          if (!key.startsWith('refs/tags/')) return;
          if (!isFirst) await rig.forget(vault, one);
          await gc(rig);
        }),
      );
      await setTag(tagging, 'v1', { id: one.id, stored: ObjectType.snapshot });
      await rig.assertWhole(await rig.open(), [one, two]);
    }),
  );
}

frees('a snapshot on a line whose newest is forgotten descends from the nearest that is kept', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, two);
    await gc(rig);
    const three = await rig.snapshot(await rig.open(), { ...filesOf('one'), f1: 'two 1' });
    assert.equal(three.snapshot.parents, [one.id]);
    await rig.forget(vault, one, three);
    await gc(rig);
    const four = await rig.snapshot(await rig.open(), filesOf('one'));
    assert.equal(four.snapshot.parents, []);
    const five = await rig.snapshot(await rig.open(), filesOf('five'));
    assert.equal(five.snapshot.parents, [four.id]);
    await rig.assertWhole(await rig.open(), [four, five]);
  }),
);

frees('small packs are merged, mostly dead ones copied, and the copies are read back', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const kept = [];
    for (let i = 0; i < 10; i++)
      kept.push(await rig.snapshot(vault, { ...filesOf('all', 2), own: `own ${i}` }));
    const before = (await rig.packs()).length;
    const result = await gc(rig, {});
    assert.ok(result.copied.objects > 10 && result.copied.packs.length > 0);
    assert.ok((await rig.packs()).length < before);
    await rig.assertWhole(await rig.open(), kept);
  }),
);

frees('what plumbing has stored goes after 14 days', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const { ids } = await storeByHand(vault, async ({ writer }) => ({
      ids: [await writer.putChunk(Buffer.from('by hand'))],
    }));
    await gc(rig);
    assert.ok(await (await rig.open()).store.locate(ids[0]!));
    rig.now += 15 * 86_400;
    await gc(rig);
    assert.is(await (await rig.open()).store.locate(ids[0]!), undefined);
    assert.equal(await keys(rig.storage, 'txn/'), []);
    await rig.assertWhole(await rig.open(), [one]);
  }),
);

frees('what plumbing has stored need not be whole', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const entry = { name: Buffer.from('x'), kind: Kind.file, id: Buffer.alloc(32, 9) };
    const tree = await makeTree(vault, [{ where: 'line 1', entry }], { missing: true });
    await gc(rig);
    const after = await rig.open();
    assert.ok(await after.store.locate(tree));
    await rig.assertWhole(after, [one]);
  }),
);

frees.run();

const trash = suite('gc: trash');

trash('removed packs lie in the trash for 7 days', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    const { removed } = await gc(rig);
    assert.is((await keys(rig.storage, 'trash/')).length, removed.packs);
    rig.now += 6 * 86_400;
    assert.is((await gc(rig)).expired.packs, 0);
    rig.now += 86_400;
    const { expired } = await gc(rig);
    assert.equal([expired.packs, await keys(rig.storage, 'trash/')], [removed.packs, []]);
  }),
);

/** Two snapshots, of which the first is forgotten, and what only it needs lies in the trash. */
function withTrashed(body: (rig: GcRig, one: Kept, two: Kept) => Promise<void>): Promise<void> {
  return withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    await gc(rig);
    await body(rig, one, two);
  });
}

trash('undelete brings a forgotten snapshot back into new packs, and it is kept again', () =>
  withTrashed(async (rig, one, two) => {
    const gone = new Set((await keys(rig.storage, 'trash/')).map((key) => key.slice(-64)));
    const [undeleted] = await undelete(await rig.open(), [one.id]);
    assert.ok(undeleted!.bytes > 0);
    assert.not((await rig.packs()).some((pack) => gone.has(pack)));
    await rig.assertWhole(await rig.open(), [one, two]);
    assert.equal(await keys(rig.storage, 'txn/'), []);
    rig.now += 30 * 86_400;
    await gc(rig);
    await rig.assertWhole(await rig.open(), [one, two]);
    assert.is((await undelete(await rig.open(), [one.id]))[0]!.bytes, 0);
  }),
);

trash('a damaged pack in the trash keeps nothing from being undeleted that lies elsewhere', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    const three = await rig.snapshot(vault, filesOf('three'));
    await rig.forget(vault, one);
    await gc(rig);
    const first = await keys(rig.storage, 'trash/');
    rig.now += 60;
    await rig.forget(vault, two);
    await gc(rig);
    // The tables of what the second gc removed are gone.
    for (const key of await keys(rig.storage, 'trash/')) {
      if (!first.includes(key)) await damage(rig, key, -1);
    }
    await undelete(await rig.open(), [one.id]);
    await rig.assertWhole(await rig.open(), [one, three]);
    // What is in the vault again need not be sound in the trash.
    for (const key of first) await damage(rig, key, PACK_HEADER_LENGTH + BLOCK_HEADER_LENGTH);
    assert.is((await undelete(await rig.open(), [one.id]))[0]!.bytes, 0);
    await rejects(undelete(await rig.open(), [two.id]), 'MISSING_OBJECT');
  }),
);

/** Changes one byte; a negative place counts from the end. */
async function damage({ storage }: GcRig, key: string, place: number): Promise<void> {
  const bytes = storage.readSync(key);
  bytes[place < 0 ? bytes.length + place : place]! ^= 0xff;
  await storage.remove(key);
  await storage.create(key, [bytes]);
}

trash('undelete can be stopped, and then nothing has changed', () =>
  withTrashed(async (rig, one, two) => {
    const packs = await rig.packs();
    const signal = AbortSignal.abort(new VaultError('ABORTED', 'enough'));
    await rejects(undelete(await rig.open(), [one.id], { signal }), 'ABORTED');
    assert.equal(await rig.packs(), packs);
    await undelete(await rig.open(), [one.id]);
    await rig.assertWhole(await rig.open(), [one, two]);
  }),
);

trash('what is no longer in the trash cannot be undeleted, and nothing changes', () =>
  withTrashed(async (rig, one, two) => {
    rig.now += 8 * 86_400;
    await gc(rig);
    await rejects(undelete(await rig.open(), [one.id]), 'MISSING_OBJECT');
    await rejects(undelete(await rig.open(), [Buffer.alloc(32, 7)]), 'NOT_FOUND');
    await gc(rig);
    await rig.assertWhole(await rig.open(), [two]);
  }),
);

trash.run();

const refuses = suite('gc: guards');

refuses('over 30 % of the packs, or a whole line, only go with force', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one', 40));
    const two = await rig.snapshot(vault, filesOf('two', 3));
    await rig.forget(vault, one);
    const error = await rejects(gc(rig, {}), 'REFUSED');
    assert.match(error.message, /more than 30 %/);
    assert.equal(await keys(rig.storage, 'gc/'), []);
    await rig.assertWhole(vault, [two]);
    const other = await rig.snapshot(vault, filesOf('x', 1), undefined, 'other');
    await gc(rig);
    await gc(rig);
    await rig.forget(vault, other);
    assert.match((await rejects(gc(rig, {}), 'REFUSED')).message, /every snapshot of line other/);
    await gc(rig);
    // Once it is gone there is nothing more to ask.
    await gc(rig, {});
    await rig.assertWhole(await rig.open(), [two]);
  }),
);

refuses('a listing that fails or is not complete stops gc', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    for (const prefix of ['objects/', 'txn/', 'gc/', 'refs/heads/main/', 'refs/forgotten/log/', 'refs/']) {
      const failing = await rig.open(({ name, key }) =>
        name === 'list' && key === prefix
          ? { when: 'after', error: new VaultError('IO', 'cut off') }
          : undefined,
      );
      await rejects(collectGarbage(failing, { force: true, clock: rig.clock }), 'IO');
      assert.equal(await keys(rig.storage, 'gc/'), [], prefix);
    }
    const [missed] = await rig.packs();
    const partial = await rig.open(undefined, (backend) =>
      wrapList(backend, async function* (entries) {
        for await (const entry of entries) if (entry.key !== packKey(missed!)) yield entry;
      }),
    );
    await partial.store.index.refresh();
    const size = (await rig.storage.size(packKey(missed!)))!;
    await partial.store.index.record(missed!, await readContents(rig.storage, missed!, size));
    await rejects(collectGarbage(partial, { force: true, clock: rig.clock }), 'IO');
    assert.equal(await keys(rig.storage, 'gc/'), []);
    await rig.assertWhole(await rig.open(), [two]);
  }),
);

refuses('something in use that lies in no pack stops gc before it condemns', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    await rig.snapshot(vault, filesOf('one', 12));
    await rig.snapshot(vault, filesOf('two'));
    const [lost] = (await rig.packs()).filter((pack) => pack);
    await rig.storage.remove(packKey(lost!));
    await rejects(gc(rig), 'MISSING_OBJECT');
    assert.equal(await keys(rig.storage, 'gc/'), []);
  }),
);

refuses.run();

const writers = suite('gc: writers');

writers('waits for an open writer, and anybody goes on when it has ended', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    const three = await rig.snapshot(vault, filesOf('three'), async () => {
      const { state, open } = await gc(rig);
      assert.equal([state, open.length], ['waiting', 1]);
      assert.equal(await keys(rig.storage, 'gc/'), [gcKey(1, 'condemn')]);
      // A snapshot while a condemn is open builds on nothing that may go.
      const beside = await rig.snapshot(
        await rig.open(),
        { ...filesOf('two'), f0: 'one 0' },
        undefined,
        'other',
      );
      await rig.assertWhole(await rig.open(), [beside]);
    });
    const result = await gc(rig);
    assert.is(result.open.length, 0);
    assert.ok((await keys(rig.storage, 'gc/')).includes(gcKey(1, 'sweep')));
    await rig.assertWhole(await rig.open(), [two, three]);
  }),
);

writers('a dead writer of this host is given up at once, a silent one of another after an hour', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const two = await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    const info = { host: 'laptop', hostId: 'h', bootId: 'boot', startTime: '1', now: () => 1n };
    const dead = await Transaction.begin(rig.storage, { ...info, pid: 7 });
    rig.dead.add(7);
    const other = await Transaction.begin(rig.storage, { ...info, host: 'server', hostId: 's', pid: 7 });
    const first = await gc(rig);
    assert.equal([first.state, first.aborted, first.open.map(({ id }) => id)], ['waiting', 1, [other.id]]);
    rig.monotonic += 3_599_000_000_000n;
    assert.is((await gc(rig)).state, 'waiting');
    rig.monotonic += 1_000_000_000n;
    assert.is((await gc(rig)).aborted, 1);
    await rejects(dead.commit({ objects: ['1'.repeat(64)] }), 'LOST_RACE');
    await rejects(other.commit({ objects: ['1'.repeat(64)] }), 'LOST_RACE');
    await gc(rig);
    // What decided a race stays for ever.
    assert.equal(
      await keys(rig.storage, 'txn/'),
      [dead.id, other.id].sort().map((id) => `txn/${id}/outcome`),
    );
    await rig.assertWhole(await rig.open(), [two]);
  }),
);

writers('a writer in another container of this host is not given up for its pid', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    const info = { host: 'laptop', hostId: 'h', bootId: 'boot', startTime: '1', now: () => 1n };
    const caged = await Transaction.begin(rig.storage, { ...info, pid: 7, pidNamespace: 'pid:[2]' });
    rig.dead.add(7);
    const { state, open } = await gc(rig);
    assert.equal([state, open.map(({ id }) => id)], ['waiting', [caged.id]]);
    await caged.abort('the test ends');
    assert.is((await gc(rig)).state, 'done');
  }),
);

writers('a beat that advances keeps a writer', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    await rig.snapshot(vault, filesOf('two'));
    await rig.forget(vault, one);
    const other = await Transaction.begin(rig.storage, {
      host: 'server',
      hostId: 's',
      bootId: 'b',
      pid: 7,
      startTime: '1',
      now: () => 1n,
    });
    for (let k = 1; k < 5; k++) {
      assert.is((await gc(rig)).aborted, 0);
      await createRecord(rig.storage, `txn/${other.id}/beat-${k}`, {
        time: '2026-01-01T00:00:00.000Z',
        nonce: '0'.repeat(32),
      });
      rig.monotonic += 3_000_000_000_000n;
    }
    await other.abort('enough');
    assert.is((await gc(rig)).open.length, 0);
  }),
);

writers('a commit without its ref gets it from the next writer on the line, and from gc', () =>
  withRig(async (rig) => {
    const vault = await rig.open();
    const one = await rig.snapshot(vault, filesOf('one'));
    const dies = () =>
      rig.open(({ name, key }) =>
        name === 'create' && key.startsWith('refs/')
          ? { when: 'before', error: new VaultError('IO', 'killed') }
          : undefined,
      );
    await rejects(rig.snapshot(await dies(), filesOf('two')), 'IO');
    const three = await rig.snapshot(vault, filesOf('three'));
    assert.is(three.snapshot.generation, 2);
    await rejects(rig.snapshot(await dies(), filesOf('four')), 'IO');
    await gc(rig, {});
    const five = await rig.snapshot(await rig.open(), filesOf('five'));
    assert.is(five.snapshot.generation, 4);
    const record = await vault.refs.record('heads', 'main', 3);
    assert.equal(
      [record.line?.root, record.who, record.message],
      [Buffer.from('/kept').toString('base64'), 'ada', 'snapshot'],
    );
    assert.equal(await keys(rig.storage, 'txn/'), []);
    await rig.assertWhole(await rig.open(), [one, three, five]);
  }),
);

writers.run();
