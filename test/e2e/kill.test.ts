/** A snapshot that is killed at any moment: the vault opens, nothing is damaged, the next one works. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkQuick, type Repository } from '../../src/index.ts';
import { assertHolds } from '../vault/inventory.ts';
import { contentOf, entriesOf, type Kept, snapshotOf, take, withKept } from '../vault/kept.ts';

const SCRIPT = join(import.meta.dirname, 'worker-process.ts');
const KILLS = 10;

async function killAfter(kept: Kept, milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, [SCRIPT, 'churn', kept.base, '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await delay(milliseconds);
  child.kill('SIGKILL');
  const [, signal] = await once(child, 'exit');
  assert.is(signal, 'SIGKILL', 'it was still at work');
}

async function assertSound(vault: Repository): Promise<void> {
  const { findings } = await checkQuick(vault);
  assert.equal(
    findings.filter(({ damage }) => damage),
    [],
  );
}

test(`${KILLS} kills`, async () => {
  const moments = fc.array(fc.nat(400), { minLength: KILLS, maxLength: KILLS });
  await fc.assert(
    fc.asyncProperty(moments, (times) =>
      withKept(async (kept) => {
        for (let i = 0; i < 20; i++) writeFileSync(kept.at(`f${i}`), `${i}`);
        await kept.init();
        await kept.close();
        writeFileSync(join(kept.base, 'go'), '');
        for (const time of times) {
          await killAfter(kept, time);
          const vault = await kept.open();
          await assertSound(vault);
          await assertHolds(vault, await take(vault));
          await kept.close();
        }
        const vault = await kept.open();
        for await (const { target } of vault.refs.history('heads', 'main')) {
          const one = await snapshotOf(vault, Buffer.from(target!, 'hex'));
          for (const entry of (await entriesOf(vault, one)).values()) await contentOf(vault, entry);
        }
      }),
    ),
    { numRuns: 1, endOnFailure: true },
  );
});

test.run();
