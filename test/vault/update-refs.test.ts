/** @time-limit 300
 * Refs moved by hand: compare-and-swap, all checks before the first change, and nothing that gc would stumble over. */

import { writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  appendForgotten,
  type Id,
  infoOf,
  isLive,
  makeSnapshot,
  makeTree,
  ObjectType,
  type RefTarget,
  type RefUpdate,
  type Repository,
  resolve,
  setTag,
  updateRefs,
} from '../../src/index.ts';
import { Kind } from '../../src/objects/model.ts';
import { listTransactions } from '../../src/store/transaction/transaction.ts';
import { failure } from '../support/failure.ts';
import { type Kept, take, withKept } from './kept.ts';
import { beforeCreate, openWrapped } from './wrapped-vault.ts';

const MAIN = 'refs/heads/main';

function snapshot(id: Id): RefTarget {
  return { id, stored: ObjectType.snapshot };
}

/** Two snapshots on main. */
async function two(kept: Kept): Promise<{ vault: Repository; first: Id; second: Id }> {
  const vault = await kept.init();
  writeFileSync(kept.at('a'), 'a');
  const first = (await take(vault)).id;
  writeFileSync(kept.at('b'), 'b');
  return { vault, first, second: (await take(vault)).id };
}

async function namedBy(vault: Repository, ref: string): Promise<string | undefined> {
  const [, namespace, ...name] = ref.split('/');
  const record = await vault.refs.current(namespace!, name.join('/'));
  return isLive(record) ? record.target : undefined;
}

/** Ids of transactions that are there. */
async function transactions(vault: Repository): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of listTransactions(vault.backend)) ids.push(id);
  return ids;
}

test('set, compare and swap, remove; the history stays', () =>
  withKept(async (kept) => {
    const { vault, first, second } = await two(kept);
    const before = await transactions(vault);
    const old = await vault.refs.current('heads', 'main');
    const [back] = await updateRefs(vault, [{ ref: MAIN, target: snapshot(first), expected: second }], {
      message: 'back',
    });
    assert.is(await namedBy(vault, MAIN), first.toString('hex'));
    assert.equal(back!.after!.line, old!.line, 'it is the history of the same folder');
    assert.is(back!.after!.txn, undefined, 'else it would count as one that lost a race of snapshots');
    assert.is(back!.after!.message, 'back');
    const lost = await failure(
      'LOST_RACE',
      updateRefs(vault, [{ ref: MAIN, target: snapshot(first), expected: second }]),
    );
    assert.match(lost.message, `names ${first.toString('hex', 0, 4)}, not ${second.toString('hex', 0, 4)}`);
    const third = await take(vault);
    assert.equal(third.snapshot.parents, [first], 'the second one was left behind');
    await failure('LOST_RACE', updateRefs(vault, [{ ref: MAIN, target: snapshot(first), expected: null }]));
    const [gone] = await updateRefs(vault, [{ ref: MAIN, target: null, expected: third.id }]);
    assert.is(isLive(gone!.after), false);
    assert.is((await take(vault)).snapshot.parents.length, 0);
    assert.equal(await updateRefs(vault, [{ ref: 'refs/tags/none', target: null }]), [
      { ref: 'refs/tags/none', before: undefined, after: undefined },
    ]);
    assert.equal(await transactions(vault), before, 'a move leaves none, whether it was made or not');
  }));

test('of many nothing is changed unless all are as expected', () =>
  withKept(async (kept) => {
    const { vault, first, second } = await two(kept);
    const tag = (name: string, more: Partial<RefUpdate> = {}): RefUpdate => ({
      ref: `refs/tags/${name}`,
      target: snapshot(first),
      ...more,
    });
    await failure('LOST_RACE', updateRefs(vault, [tag('a'), { ref: MAIN, expected: first }, tag('b')]));
    await failure('USAGE', updateRefs(vault, [tag('a'), tag('a')]));
    const where = await failure(
      'REFUSED',
      updateRefs(vault, [tag('a'), { ...tag('b'), ref: 'main', where: 'line 2' }]),
    );
    assert.match(where.message, 'line 2: "main" cannot be a ref');
    for (const ref of [
      'refs/heads',
      'refs/tags/',
      'refs/tags/a..b',
      'refs/tags/-a',
      'refs/Tags/a',
      'refs/tags/a\nb',
      'HEAD',
      'refs/forgotten/log',
      '../config',
    ])
      await failure('REFUSED', updateRefs(vault, [tag('a'), { ref, target: snapshot(first) }]));
    await failure(
      'NOT_FOUND',
      updateRefs(vault, [tag('a'), tag('b', { target: snapshot(Buffer.alloc(32, 7)) })]),
    );
    const root = infoOf(await resolve(vault, 'HEAD:')).id;
    const type = await failure(
      'WRONG_TYPE',
      updateRefs(vault, [tag('a'), { ref: 'refs/heads/x', target: { id: root, stored: ObjectType.tree } }]),
    );
    assert.match(type.message, 'refs/heads/x is a line, which names snapshots only');
    assert.is(await namedBy(vault, 'refs/tags/a'), undefined);
    const done = await updateRefs(vault, [
      tag('a', { expected: null }),
      { ref: 'refs/notes/x', target: { id: root, stored: ObjectType.tree } },
      { ref: MAIN, expected: second },
    ]);
    assert.equal(
      done.map(({ before, after }) => before === after),
      [false, false, true],
    );
    assert.is((await vault.refs.current('notes', 'x'))!.type, 'tree');
    const again = await updateRefs(vault, [tag('a')]);
    assert.is(again[0]!.before, again[0]!.after, 'it names that already');
  }));

test('a move between the check and the write loses, and says what was changed', () =>
  withKept(async (kept) => {
    const { vault, first, second } = await two(kept);
    let moves = 1;
    const wrapped = await openWrapped(kept, (backend) =>
      beforeCreate(backend, async (key) => {
        if (!key.startsWith('refs/tags/b/') || moves-- <= 0) return;
        await setTag(vault, 'b', snapshot(second));
      }),
    );
    const updates = ['a', 'b', 'c'].map((name) => ({
      ref: `refs/tags/${name}`,
      target: snapshot(first),
      expected: null,
    }));
    const lost = await failure('LOST_RACE', updateRefs(wrapped, updates));
    assert.is(
      lost.message,
      'refs/tags/b: another writer moved it meanwhile; 1 refs before it were changed: refs/tags/a',
    );
    assert.is(await namedBy(vault, 'refs/tags/b'), second.toString('hex'));
    assert.is(await namedBy(vault, 'refs/tags/c'), undefined);
    // Without an expected value the last one wins.
    moves = 1;
    await updateRefs(vault, [{ ref: 'refs/tags/b', target: null }]);
    await updateRefs(wrapped, [{ ref: 'refs/tags/b', target: snapshot(first) }]);
    assert.is(await namedBy(vault, 'refs/tags/b'), first.toString('hex'));
    await wrapped.close();
  }));

test('what is not whole, or forgotten, is not named', () =>
  withKept(async (kept) => {
    const { vault, first } = await two(kept);
    const entry = { name: Buffer.from('x'), kind: Kind.file, id: Buffer.alloc(32, 9), mode: 0o644 };
    const tree = await makeTree(vault, [{ where: 'line 1', entry }], { missing: true });
    const target = { id: tree, stored: ObjectType.tree };
    const broken = await failure('NOT_FOUND', setTag(vault, 'broken', target));
    assert.match(broken.message, `object ${'09'.repeat(32)}, a part of what was named`);
    const made = await makeSnapshot(
      vault,
      { kind: 'object', id: tree, type: ObjectType.tree },
      tree.toString('hex'),
    );
    await failure('NOT_FOUND', updateRefs(vault, [{ ref: 'refs/heads/x', target: snapshot(made) }]));
    await failure(
      'WRONG_TYPE',
      updateRefs(vault, [{ ref: 'refs/tags/x', target: { id: made, stored: ObjectType.changes } }]),
    );
    const { time, who, host } = (await vault.refs.current('heads', 'main'))!;
    await appendForgotten(vault.backend, {
      time,
      who,
      host,
      message: '',
      dropped: [first.toString('hex')],
      kept: [],
    });
    const gone = await failure('REFUSED', updateRefs(vault, [{ ref: MAIN, target: snapshot(first) }]));
    assert.match(gone.message, 'is forgotten');
    await setTag(vault, 'kept', snapshot(first));
    assert.is(await namedBy(vault, 'refs/tags/kept'), first.toString('hex'));
  }));

test.run();
