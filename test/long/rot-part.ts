/** Every bit of a small vault flipped, every file cut to every length, every two files exchanged, every file lost. */
import { randomOf } from '../crash/enumerate.ts';
import {
  assertFound,
  bitFlips,
  type Change,
  exchanges,
  losses,
  makeRotVault,
  truncations,
} from '../crash/rot.ts';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { withKept } from '../vault/kept.ts';
import type { Part } from './run.ts';

export const rotPart: Part = async ({ seed, deadline, say }) => {
  const random = randomOf(seed);
  let text = '';
  await withKept(async (kept) => {
    const rot = await makeRotVault(kept);
    const bytes = [...rot.files.values()].reduce((sum, file) => sum + file.length, 0);
    say(`${rot.files.size} files, ${bytes} bytes`);
    const kinds = {
      lost: losses(rot),
      exchanged: exchanges(rot),
      cut: truncations(rot),
      flipped: bitFlips(rot),
    };
    const parts: string[] = [];
    for (const [kind, changes] of Object.entries(kinds)) {
      const all = shuffled([...changes], random);
      let done = 0;
      for (const change of all) {
        if (performance.now() > deadline) break;
        await assertFound(kept, rot, change);
        done++;
      }
      parts.push(`${kind}: ${done} of ${all.length}`);
    }
    text = `all found, no other bytes; ${parts.join(', ')}`;
  }, FAST_FOLDER);
  return text;
};

/** Fisher and Yates: what a short time leaves out differs from run to run. */
function shuffled(changes: Change[], random: () => number): Change[] {
  for (let i = changes.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [changes[i], changes[j]] = [changes[j]!, changes[i]!];
  }
  return changes;
}
