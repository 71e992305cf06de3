/** A restore or an undo as a scenario: recorded with what it writes for itself, and ended in every way. */
import * as assert from 'uvu/assert';
import { checkVault, type Repository } from '../../src/index.ts';
import { type Kept, take } from '../vault/kept.ts';
import type { Breadth } from './enumerate.ts';
import { RestoreDisk } from './restore-disk.ts';
import { type RestoreEnding, restoreEndings } from './restore-endings.ts';
import { RESTORE_AGAIN, Scene, WAYS, type Way } from './restore-scene.ts';

export const RESTORES: readonly Way[] = WAYS.filter(({ followUp }) => followUp !== 'prune');

export interface RecordedRestore {
  calls: number;
  endings: RestoreEnding[];
  /**
   * Puts the ending in place, and asserts that nothing is half, that the next restore clears up, and that one which had said so is done
   * and can be undone. @param checks that the vault is sound and the next snapshot works, too
   */
  assertSurvives(ending: RestoreEnding, checks: boolean): Promise<void>;
}

/** @param vault made by `makeVault` */
export async function recordRestore(
  kept: Kept,
  vault: Repository,
  way: Way,
  breadth: Breadth,
  random: () => number,
): Promise<RecordedRestore> {
  const scene = await Scene.make(kept, vault, way);
  await scene.reset();
  const disk = new RestoreDisk(kept.base, ['cache', 'root/.vault']);
  const recording = await disk.record(() => scene.act());
  const assertSurvives = async ({ name, state, isDone }: RestoreEnding, checks: boolean) => {
    disk.put(state);
    try {
      scene.assertNothingHalf();
      await scene.next(RESTORE_AGAIN);
      const outcome = await scene.assertCleared(!isDone);
      if (isDone) assert.is(outcome, 'new', 'it had said that it was done');
      if (!checks) return;
      await take(vault);
      scene.lookAround();
      const { findings } = await checkVault(vault, { readData: 100 });
      assert.not.ok(findings.some(({ damage }) => damage));
    } catch (error) {
      (error as Error).message = `${way.name}, ${name}: ${(error as Error).message}`;
      throw error;
    }
  };
  const endings = [...restoreEndings(recording, breadth, random)];
  return { calls: recording.ops.length, endings, assertSurvives };
}
