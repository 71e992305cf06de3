/** Trees compared entry by entry: what is listed with and without going into folders. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DiffTreeOptions,
  diffTree,
  isVaultError,
  type Repository,
  treesToCompare,
} from '../../src/index.ts';
import { type Kept, take, withKept } from './kept.ts';

const OLD = new Date('2020-01-01');

/** File `name` with its name as content, unless another is given; made long ago. */
function put(kept: Kept, name: string, content = name): void {
  mkdirSync(kept.at(name, '..'), { recursive: true });
  writeFileSync(kept.at(name), content);
  utimesSync(kept.at(name), OLD, OLD);
}

async function rows(
  vault: Repository,
  revisions: string,
  options: DiffTreeOptions & { root?: boolean } = {},
): Promise<string> {
  const trees = await treesToCompare(
    vault,
    revisions.split(' ').map((text) => Buffer.from(text)),
    options,
  );
  const found: string[] = [];
  for await (const { letter, path, metadataOnly } of diffTree(vault, trees, options))
    found.push(`${letter}${metadataOnly ? 'm' : ''} ${path}`);
  return found.join(', ');
}

function paths(...names: string[]): { paths: Buffer[] } {
  return { paths: names.map((name) => Buffer.from(name)) };
}

test('folders, paths, and what is a folder on one side only', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    for (const name of ['a', 'dir/one', 'dir/sub/two', 'dirt', 'same/x', 'swap', 'ways/f']) put(kept, name);
    await take(vault);
    put(kept, 'dir/sub/two', 'changed');
    put(kept, 'dirt', 'changed');
    put(kept, 'new');
    rmSync(kept.at('a'));
    rmSync(kept.at('swap'));
    put(kept, 'swap/in');
    rmSync(kept.at('ways'), { recursive: true });
    put(kept, 'ways');
    mkdirSync(kept.at('empty'));
    utimesSync(kept.at('dir/one'), OLD, new Date());
    await take(vault);
    const flat = 'D a, M dir, M dirt, A empty, A new, T swap, T ways';
    assert.is(await rows(vault, 'HEAD~1 HEAD'), flat);
    assert.is(await rows(vault, 'HEAD~1..HEAD'), flat);
    assert.is(await rows(vault, 'HEAD'), flat);
    const recursive = { recursive: true };
    const deep = 'D a, Mm dir/one, M dir/sub/two, M dirt, A new, D swap, A swap/in, A ways, D ways/f';
    assert.is(await rows(vault, 'HEAD', recursive), deep);
    assert.is(
      await rows(vault, 'HEAD', { ...recursive, trees: true }),
      'D a, M dir, Mm dir/one, M dir/sub, M dir/sub/two, M dirt, A empty, A new, D swap, A swap, A swap/in, D ways, A ways, D ways/f',
    );
    assert.is(await rows(vault, 'HEAD', paths('dir')), 'M dir');
    assert.is(await rows(vault, 'HEAD', paths('dir/sub/two', 'none')), 'M dir');
    assert.is(
      await rows(vault, 'HEAD', { ...recursive, ...paths('dir/sub/', 'dir/sub/two', 'swap') }),
      'M dir/sub/two, D swap, A swap/in',
    );
    assert.is(await rows(vault, 'HEAD', { ...recursive, ...paths('') }), deep);
    assert.is(await rows(vault, 'HEAD~1:dir HEAD:dir', recursive), 'Mm one, M sub/two');
    assert.is(await rows(vault, 'HEAD HEAD', recursive), '');
    assert.is(await rows(vault, 'HEAD~1', recursive), '');
    assert.is(await rows(vault, 'HEAD~1', { root: true }), 'A a, A dir, A dirt, A same, A swap, A ways');
    for (const [text, code] of [
      ['HEAD:dir', 'WRONG_TYPE'],
      ['HEAD HEAD:new', 'WRONG_TYPE'],
      ['HEAD HEAD HEAD', 'USAGE'],
      ['none HEAD', 'NOT_FOUND'],
    ] as const) {
      const error = await rows(vault, text).catch((failure: unknown) => failure);
      assert.ok(isVaultError(error, code), `${text}: ${error}`);
    }
  }));

test.run();
