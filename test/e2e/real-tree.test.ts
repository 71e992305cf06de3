/** A real tree of some thousand files: the project's own `node_modules`, without what is larger than 8 MiB. */
import { appendFileSync, cpSync, lstatSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkQuick } from '../../src/index.ts';
import { assertHolds, inventory } from '../vault/inventory.ts';
import { changesOf, fullTree, type Kept, pathsOf, take, treeOf, withKept } from '../vault/kept.ts';

const SOURCE = resolve(import.meta.dirname, '../../node_modules');
const LARGEST = 8 * 1024 * 1024;

function copyTree(kept: Kept): void {
  cpSync(SOURCE, kept.at('modules'), {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: (path) => lstatSync(path).size <= LARGEST && basename(path) !== '.cache',
  });
}

test('taken, changed, taken again; every byte and every field of both', () =>
  withKept(async (kept) => {
    copyTree(kept);
    const vault = await kept.init();
    const first = await take(vault, { threads: 2 });
    await assertHolds(vault, first);
    assert.ok(first.snapshot.stats.files > 1000, `${first.snapshot.stats.files} files`);
    assert.is(first.problemCount, 0);
    assert.is(treeOf(await take(vault)), treeOf(first));

    const files = [...inventory(Buffer.from(kept.root))].filter(
      ([, stat]) => stat.isFile() && stat.nlink === 1n,
    );
    const pick = (i: number): string => files[Math.floor((files.length * i) / 7)]![0];
    appendFileSync(kept.at(pick(1)), 'more');
    rmSync(kept.at(pick(2)));
    renameSync(kept.at(pick(3)), kept.at(`${pick(3)}.renamed`));
    writeFileSync(kept.at(pick(4)), '');
    rmSync(kept.at('modules/uvu'), { recursive: true });
    symlinkSync('nowhere', kept.at('modules/uvu'));
    const second = await take(vault, { threads: 2 });
    await assertHolds(vault, second);
    assert.is(treeOf(second), await fullTree(vault));
    const changes = (await changesOf(vault, second)).filter((row) => !row.startsWith('D modules/uvu/'));
    assert.equal(
      [...changes].sort(),
      [
        `M ${pick(1)}`,
        `D ${pick(2)}`,
        `D ${pick(3)}`,
        `A ${pick(3)}.renamed`,
        `M ${pick(4)}`,
        'T modules/uvu',
      ].sort(),
    );
    assert.ok(second.snapshot.stats.newBytes < LARGEST);
    assert.ok((await pathsOf(vault, first)).includes('modules/uvu/package.json'));
    assert.equal((await checkQuick(vault)).findings, []);
    assert.ok(lstatSync(join(SOURCE, 'uvu')).isDirectory());
  }));

test.run();
