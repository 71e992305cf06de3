/** Real processes at once in one vault. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ancestors, checkQuick } from '../../src/index.ts';
import { fullTree, type Kept, take, treeOf, withKept } from '../vault/kept.ts';

const SCRIPT = join(import.meta.dirname, 'worker-process.ts');

/** A process that waits for the start; its ids when it has ended well. */
function start(
  kept: Kept,
  verb: 'take' | 'read',
  times: number,
): { child: ChildProcess; ids: Promise<string[]> } {
  const child = spawn(process.execPath, [SCRIPT, verb, kept.base, String(times)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const ids = new Promise<string[]>((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`${verb} ended with ${code}: ${errors}`));
    });
  });
  return { child, ids };
}

/** What all of them took, and what was read. */
async function race(
  kept: Kept,
  takers: number,
  readers: number,
  meanwhile: () => Promise<void>,
): Promise<{ taken: string[]; read: string[] }> {
  const taking = Array.from({ length: takers }, () => start(kept, 'take', 2));
  const reading = Array.from({ length: readers }, () => start(kept, 'read', 10));
  await delay(300);
  writeFileSync(join(kept.base, 'go'), '');
  await meanwhile();
  const taken = (await Promise.all(taking.map(({ ids }) => ids))).flat();
  const read = (await Promise.all(reading.map(({ ids }) => ids))).flat();
  rmSync(join(kept.base, 'go'));
  return { taken, read };
}

for (const [takers, readers] of [
  [2, 1],
  [8, 2],
] as const) {
  test(`${takers} that take snapshots and ${readers} that read`, () =>
    withKept(async (kept) => {
      for (let i = 0; i < 30; i++) writeFileSync(kept.at(`f${i}`), `${i}`.repeat(1000));
      const vault = await kept.init();
      const { taken, read } = await race(kept, takers, readers, async () => {
        for (let i = 0; i < 20; i++) {
          writeFileSync(kept.at(`f${i}`), `changed ${i}`);
          await delay(20);
        }
      });
      assert.is(new Set(taken).size, takers * 2);
      const line: string[] = [];
      for await (const { target } of vault.refs.history('heads', 'main')) line.push(target!);
      assert.equal([...line].sort(), [...taken].sort(), 'every snapshot is a record of the line');
      assert.ok(read.every((id) => taken.includes(id)));
      const next = await take(vault);
      const found = new Set<string>();
      for await (const { id } of ancestors(vault.store, [next.id])) found.add(id.toString('hex'));
      for (const id of taken) assert.ok(found.has(id), `${id} is an ancestor`);
      assert.is(found.size, taken.length + 1);
      assert.is(treeOf(next), await fullTree(vault));
      assert.equal((await checkQuick(vault)).findings, []);
    }));
}

test.run();
