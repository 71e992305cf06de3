/**
 * Deaths in the way that needs a user whom permissions hold back: the folder around the destination cannot be written to. As
 * root would write there all the same, it has a process of its own: `node restore-locked.ts all|one SEED MILLISECONDS`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import * as assert from 'uvu/assert';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { withKept } from '../vault/kept.ts';
import { randomOf } from './enumerate.ts';
import { deathsOf, type KillCounts, type KillOptions, killAll, survive } from './restore-deaths.ts';
import { LOCKED, makeVault, Scene } from './restore-scene.ts';

const NOBODY = 65_534;
const RESULT = 'result ';

/** @param which every death, or one that is drawn */
export async function runLocked(
  which: 'all' | 'one',
  { seed, deadline, say }: KillOptions & { seed: number },
): Promise<KillCounts> {
  const left = Math.max(0, Math.round(deadline - performance.now()));
  const child = spawn(process.execPath, [import.meta.filename, which, String(seed), String(left)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
  });
  const ended = once(child, 'close');
  let result: KillCounts | undefined;
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith(RESULT)) result = JSON.parse(line.slice(RESULT.length));
    else say(line);
  }
  const [code] = await ended;
  if (code !== 0 || !result) throw new Error(`${LOCKED.name}, as another user: ended with ${code}`);
  return result;
}

async function run(which: string, seed: number, deadline: number): Promise<KillCounts> {
  const random = randomOf(seed);
  return withKept(async (kept) => {
    const vault = await makeVault(kept);
    const destination = `${kept.base}/${LOCKED.destination}`;
    const parent = dirname(destination);
    mkdirSync(destination, { recursive: true });
    chmodSync(parent, 0o555);
    try {
      assert.throws(() => mkdirSync(`${parent}/other`), /EACCES/);
      const scene = await Scene.make(kept, vault, LOCKED);
      if (which === 'all')
        return await killAll(scene, { deadline, say: (line) => console.log(line) }, random);
      const deaths = deathsOf(await scene.calls());
      const death = deaths[Math.floor(random() * deaths.length)]!;
      assert.ok(await survive(scene, death, Math.floor(random() * 12)), `it died ${death.when} ${death.nth}`);
      return { killed: 1, twice: 0, left: 0 };
    } finally {
      chmodSync(parent, 0o755);
    }
  }, FAST_FOLDER);
}

if (process.argv[1] === import.meta.filename) {
  const [which, seed, milliseconds] = process.argv.slice(2) as [string, string, string];
  const counts = await run(which, Number(seed), performance.now() + Number(milliseconds));
  console.log(RESULT + JSON.stringify(counts));
}
