/** Copies that a restore puts beside what is there: their names, every kind of them, and what a second restore makes of them. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Kept, take, withKept } from '../kept.ts';
import { facts, refuses, restorePath } from './restored.ts';

/** `first` as `sha256sum` has it: a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e */
const ID8 = 'a7937b64';
const LONG = 'n'.repeat(255);

/** Every kind, each of which something else is in the way of at `to`. */
async function withEveryKind(
  body: (
    to: string,
    merge: (options?: { deletes: boolean }) => ReturnType<typeof restorePath>,
  ) => Promise<void>,
): Promise<void> {
  await withKept(async (kept) => {
    mkdirSync(kept.at('dir', 'below'), { recursive: true });
    writeFileSync(kept.at('dir', 'below', 'a'), 'a');
    symlinkSync('nowhere', kept.at('link'));
    writeFileSync(kept.at('file'), 'first');
    writeFileSync(kept.at(LONG), 'first');
    execFileSync('mkfifo', [kept.at('fifo')]);
    const vault = await kept.init();
    const taken = await take(vault);
    const to = join(kept.base, 'to');
    mkdirSync(to);
    for (const name of ['dir', 'link', 'file', 'fifo', LONG]) writeFileSync(join(to, name), 'mine');
    await body(to, (options) => restorePath(vault, taken, '', to, { conflict: 'keep-both', ...options }));
  });
}

test('every kind goes beside what is there, once', () =>
  withEveryKind(async (to, merge) => {
    const { plan, changes } = await merge();
    assert.equal([plan.actions.beside, changes], [5, 5]);
    assert.is(readFileSync(join(to, `file.${ID8}`), 'utf8'), 'first');
    const dir = readdirSync(to).find((name) => name.startsWith('dir.'))!;
    assert.is(readFileSync(join(to, dir, 'below', 'a'), 'utf8'), 'a');
    const before = facts(to);
    for (const deletes of [false, true]) assert.is((await merge({ deletes })).changes, 0, `${deletes}`);
    assert.equal(facts(to), before);

    rmSync(join(to, dir, 'below', 'a'));
    writeFileSync(join(to, dir, 'below', 'extra'), 'mine');
    assert.is((await merge({ deletes: true })).changes, 2, 'a copy is a folder that is merged into');
    assert.equal(readdirSync(join(to, dir, 'below')), ['a']);
    writeFileSync(join(to, `file.${ID8}`), 'edited');
    const error = await refuses(merge(), 'REFUSED', new RegExp(`file\\.${ID8}`));
    assert.not.match(error.hint ?? '', /keep-both/);
  }));

test('a name that is as long as may be is cut, not within a character', () =>
  withKept(async (kept) => {
    const wide = `a${'é'.repeat(127)}`;
    const copies = [`${LONG.slice(0, 246)}.${ID8}`, `a${'é'.repeat(122)}.${ID8}`];
    for (const name of [LONG, wide]) writeFileSync(kept.at(name), 'first');
    const vault = await kept.init();
    const taken = await take(vault);
    for (const [i, name] of [LONG, wide].entries()) {
      writeFileSync(kept.at(name), 'mine');
      await restorePath(vault, taken, Buffer.from(name).toString('latin1'), kept.at(name));
      assert.is(readFileSync(kept.at(copies[i]!), 'utf8'), 'first');
    }
  }));

/** A copy was recorded, too; then neither is there any more. */
async function withRecordedCopy(
  content: string,
  body: (kept: Kept, run: () => ReturnType<typeof restorePath>) => Promise<void>,
) {
  await withKept(async (kept) => {
    writeFileSync(kept.at('file'), 'first');
    writeFileSync(kept.at(`file.${ID8}`), content);
    const vault = await kept.init();
    const taken = await take(vault);
    writeFileSync(kept.at('file'), 'mine');
    rmSync(kept.at(`file.${ID8}`));
    await body(kept, () => restorePath(vault, taken, '', kept.root, { conflict: 'keep-both' }));
  });
}

test('a copy that was recorded itself is restored as that', () =>
  withRecordedCopy('first', async (kept, run) => {
    const { plan } = await run();
    assert.equal([plan.actions.create, plan.actions.keep, plan.actions.beside], [1, 1, 0]);
    assert.is(readFileSync(kept.at('file'), 'utf8'), 'mine');
    assert.is(readFileSync(kept.at(`file.${ID8}`), 'utf8'), 'first');
  }));

test('a name that another content was recorded under is in the way', () =>
  withRecordedCopy('other', async (kept, run) => {
    await refuses(run(), 'REFUSED', new RegExp(`file\\.${ID8}`));
    assert.not.ok(existsSync(kept.at(`file.${ID8}`)));
  }));

test('a single one of each kind is there already the second time', () =>
  withKept(async (kept) => {
    execFileSync('mkfifo', [kept.at('fifo')]);
    symlinkSync('nowhere', kept.at('link'));
    const vault = await kept.init();
    const taken = await take(vault);
    for (const name of ['fifo', 'link']) {
      assert.is((await restorePath(vault, taken, name, kept.at(name))).outcome, 'restored');
      assert.is((await restorePath(vault, taken, name, kept.at(name))).outcome, 'already there');
    }
  }));

test.run();
