/** @time-limit 300
 * Updates of refs as text: what is read, what is refused, and that a refusal has changed nothing. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runRefTransactions } from '../../src/cli/refs/ref-transactions.ts';
import { type ErrorCode, isVaultError, type Repository } from '../../src/index.ts';
import { take, withKept } from '../vault/kept.ts';

const ZERO = '0'.repeat(64);

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

/** Gives the verbs that were answered. */
async function feed(vault: Repository, text: string, nul = false): Promise<string[]> {
  const replies: string[] = [];
  const reply = async (verb: string): Promise<void> => void replies.push(verb);
  await runRefTransactions(vault, pieces(text), { nul, reply });
  return replies;
}

async function keys(vault: Repository): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of vault.backend.list('refs/')) found.push(key);
  return found;
}

/** Two contents whose ids begin with the same four digits. */
function alike(): { prefix: string; contents: string[] } {
  const seen = new Map<string, string>();
  for (let n = 0; ; n++) {
    const prefix = createHash('sha256').update(`${n}`).digest('hex').slice(0, 4);
    const other = seen.get(prefix);
    if (other !== undefined) return { prefix, contents: [other, `${n}`] };
    seen.set(prefix, `${n}`);
  }
}

test('lines and parts: read, or refused with what is wrong and where', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    writeFileSync(kept.at('a.txt'), 'a');
    const { prefix, contents } = alike();
    for (const content of contents) writeFileSync(kept.at(content), content);
    await take(vault);
    const id = (await take(vault)).id.toString('hex');
    await feed(vault, '');
    await feed(vault, '', true);
    await feed(
      vault,
      `create refs/tags/d HEAD\nupdate refs/tags/c HEAD ""\nverify refs/tags/none\nverify HEAD ${id}\n`,
    );
    await feed(
      vault,
      `update refs/tags/c\0main@{1}\0HEAD\0verify refs/tags/none\0\0verify refs/tags/no\0${ZERO}\0`,
      true,
    );
    assert.is((await vault.refs.current('tags', 'c'))!.seq, 1);
    const refused = async (text: string, code: ErrorCode, message: string, nul = false): Promise<void> => {
      const before = await keys(vault);
      try {
        await feed(vault, text, nul);
      } catch (error) {
        if (!isVaultError(error, code)) throw error;
        assert.match(error.message, message);
        assert.equal(await keys(vault), before);
        return;
      }
      assert.unreachable(text);
    };
    const good = 'create refs/tags/good HEAD\n';
    await refused(
      `${good}rubbish\n`,
      'USAGE',
      'line 2, "rubbish": it begins with none of update, create, delete, verify, start, prepare, commit, abort',
    );
    await refused(`${good}\n`, 'USAGE', 'line 2, "": it begins with none');
    await refused(`${good}update refs/tags/x\n`, 'USAGE', 'the new value is missing');
    await refused(`${good}create\n`, 'USAGE', 'the ref is missing');
    await refused(`${good}create refs/tags/x HEAD HEAD\n`, 'USAGE', 'there is more on it than it takes');
    await refused(`${good}create refs/tags/x  HEAD\n`, 'USAGE', 'there is more on it than it takes');
    await refused(`${good}create refs/tags/x ${ZERO}\n`, 'USAGE', 'the new value is zero');
    await refused(`${good}delete refs/tags/c ${ZERO}\n`, 'USAGE', 'line 2');
    await refused(`${good}create refs/tags/x "HEAD\n`, 'USAGE', 'line 2');
    await refused(
      `${good}create refs/tags/x ${prefix}\n`,
      'AMBIGUOUS',
      `line 2, "create refs/tags/x ${prefix}": "${prefix}" abbreviates several ids`,
    );
    await refused(
      `${good}create refs/tags/x none\n`,
      'NOT_FOUND',
      'line 2, "create refs/tags/x none": "none" names nothing',
    );
    await refused(
      `${good}create refs/tags/x ${'7'.repeat(64)}\n`,
      'NOT_FOUND',
      `no object has the id ${'7'.repeat(64)}`,
    );
    await refused(`${good}create refs/heads/x HEAD:a.txt\n`, 'WRONG_TYPE', 'line 2: refs/heads/x is a line');
    await refused(
      `${good}create "refs/tags/x\\ny" HEAD\n`,
      'REFUSED',
      'line 2: "refs/tags/x\\ny" cannot be a ref',
    );
    await refused(`${good}create tags/x HEAD\n`, 'REFUSED', 'line 2: "tags/x" cannot be a ref');
    await refused(`${good}${good}`, 'USAGE', 'line 2: refs/tags/good is updated twice');
    await refused(`${good}create refs/tags/d HEAD\n`, 'LOST_RACE', 'line 2: refs/tags/d names');
    await refused(`${good}verify refs/heads/main HEAD~1\n`, 'LOST_RACE', 'line 2: refs/heads/main names');
    await refused(
      `${good}create refs/tags/x HEAD`,
      'USAGE',
      'standard input ends within "create refs/tags/x HEAD": its last line end is missing',
    );
    await refused(`create refs/tags/x\0${id}`, 'USAGE', 'its last NUL is missing', true);
    await refused(
      `update refs/tags/x\0${id}\0`,
      'USAGE',
      'update 1, "update refs/tags/x": the input ends before its last value',
      true,
    );
    await refused(
      `create refs/tags/good\0HEAD\0verify refs/tags/d\0none\0`,
      'NOT_FOUND',
      'update 2, "verify refs/tags/d": "none" names nothing',
      true,
    );
  }));

test.run();
