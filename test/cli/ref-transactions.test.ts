/** @time-limit 300
 * The transactions of `update-ref --stdin`: as git's, which the same input is given to, and what differs. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runRefTransactions } from '../../src/cli/refs/ref-transactions.ts';
import { isLive, isVaultError, ObjectType, type Repository, setTag } from '../../src/index.ts';
import { listTransactions } from '../../src/store/transaction/transaction.ts';
import { failure } from '../support/failure.ts';
import { take, withKept } from '../vault/kept.ts';

const ZERO = '0'.repeat(64);
const SEED = 20261121;
const ENV = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };

async function* stream(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

interface Answer {
  replies: string;
  ok: boolean;
  refs: string[];
}

async function ask(vault: Repository, text: string, nul: boolean, prefix: string): Promise<Answer> {
  let replies = '';
  let ok = true;
  const reply = async (verb: string): Promise<void> => {
    replies += `${verb}: ok\n`;
  };
  try {
    await runRefTransactions(vault, stream(text), { nul, reply });
  } catch (error) {
    if (!isVaultError(error)) throw error;
    ok = false;
  }
  return { replies, ok, refs: await refsOf(vault, prefix) };
}

async function refsOf(vault: Repository, prefix: string): Promise<string[]> {
  const refs: string[] = [];
  for await (const { name, record } of vault.refs.list('tags')) {
    if (isLive(record) && name.startsWith(prefix)) refs.push(`refs/tags/${name}`);
  }
  return refs.sort();
}

function git(folder: string, ...args: string[]) {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  return (input = '') =>
    spawnSync('git', [...identity, ...args], { cwd: folder, env: ENV, input, encoding: 'utf8' });
}

function askGit(folder: string, text: string, nul: boolean, prefix: string): Answer {
  const done = git(folder, 'update-ref', '--stdin', ...(nul ? ['-z'] : []))(text);
  const { stdout } = git(folder, 'for-each-ref', '--format=%(refname)', `refs/tags/${prefix}*`)();
  const refs = stdout.split('\n').filter((ref) => ref !== '');
  return { replies: done.stdout, ok: done.status === 0, refs };
}

/** Words of lines; `X` is one of three refs. */
const LINES = [
  ['start'],
  ['start'],
  ['prepare'],
  ['commit'],
  ['commit'],
  ['abort'],
  ['create X', 'HEAD'],
  ['create X', 'HEAD'],
  ['update X', 'HEAD', ''],
  ['update X', 'HEAD', ZERO],
  ['update X', 'HEAD', 'HEAD'],
  ['delete X', 'HEAD'],
  ['verify X', 'HEAD'],
  ['verify X', ZERO],
];

const line = fc.tuple(fc.constantFrom(...LINES), fc.constantFrom('x', 'y', 'z'));

function textOf(lines: [string[], string][], nul: boolean, prefix: string): string {
  const records = lines.map(([words, ref]) => {
    const named = words.map((word) => word.replace('X', `refs/tags/${prefix}${ref}`));
    if (nul) return `${named.join('\0')}\0`;
    return `${named.filter((word) => word !== '').join(' ')}\n`;
  });
  return records.join('');
}

test('the same input does the same in git, and is answered the same', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'a');
    const vault = await kept.init();
    await take(vault);
    const folder = join(kept.base, 'git');
    git(kept.base, 'init', '-q', '--object-format=sha256', folder)();
    assert.is(git(folder, 'commit', '-q', '--allow-empty', '-m', 'first')().status, 0);
    let number = 0;
    const seen = { ok: 0, failed: 0, committed: 0, refs: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 9 }), fc.boolean(), async (lines, nul) => {
        const prefix = `c${number++}-`;
        const text = textOf(lines, nul, prefix);
        const [ours, theirs] = [await ask(vault, text, nul, prefix), askGit(folder, text, nul, prefix)];
        assert.equal(ours, theirs, JSON.stringify(text));
        seen[ours.ok ? 'ok' : 'failed']++;
        if (ours.replies.includes('commit')) seen.committed++;
        if (ours.refs.length > 0) seen.refs++;
      }),
      { seed: SEED, numRuns: 150 },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 15, `${what}: ${count}`);
  }));

test('each verb is answered before the next is read; what was prepared holds gc up', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'a');
    const vault = await kept.init();
    const { id } = await take(vault);
    const replies: string[] = [];
    const hex = id.toString('hex');
    async function* asks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`start\ncreate refs/tags/a ${hex}\n`);
      assert.equal(replies, ['start']);
      yield Buffer.from('prepare\n');
      assert.equal(replies, ['start', 'prepare']);
      assert.equal(await refsOf(vault, ''), []);
      const held = [];
      for await (const { begin, outcome } of listTransactions(vault.backend)) held.push([!!begin, outcome]);
      assert.equal(held, [[true, undefined]]);
      yield Buffer.from('commit\nstart\ncreate refs/tags/b HEAD\nabort\nstart\ncreate refs/tags/c HEAD\n');
      assert.equal(await refsOf(vault, ''), ['refs/tags/a']);
    }
    const reply = async (verb: string): Promise<void> => void replies.push(verb);
    const updated = await runRefTransactions(vault, asks(), { nul: false, reply });
    assert.equal(replies, ['start', 'prepare', 'commit', 'start', 'abort', 'start']);
    assert.equal(
      updated.map(({ ref }) => ref),
      ['refs/tags/a'],
    );
    for await (const { begin } of listTransactions(vault.backend)) assert.is(begin, undefined);
  }));

test('a ref that was moved behind prepare is left alone, and the transactions before it stay', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'a');
    const vault = await kept.init();
    const { id } = await take(vault);
    async function* asks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('start\ncreate refs/tags/first HEAD\ncommit\n');
      yield Buffer.from('start\ncreate refs/tags/b HEAD\ncreate refs/tags/a HEAD\nprepare\n');
      await setTag(vault, 'a', { id, stored: ObjectType.snapshot });
      yield Buffer.from('commit\n');
    }
    const running = runRefTransactions(vault, asks(), { nul: false, reply: async () => {} });
    const error = await failure('LOST_RACE', running);
    assert.match(
      error.message,
      /^line 6: refs\/tags\/a names [0-9a-f]{8}, and must not exist; nothing was changed$/,
    );
    assert.match(error.hint!, /what was committed before stays$/);
    assert.equal(await refsOf(vault, ''), ['refs/tags/a', 'refs/tags/first']);
    for await (const { begin } of listTransactions(vault.backend)) assert.is(begin, undefined);
  }));

test.run();
