/** What must hold of a vault after a crash. */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  checkVault,
  forgottenSnapshots,
  initVault,
  type Repository,
  resolveSnapshot,
  type Snapshot,
} from '../../src/index.ts';
import { contentOf, entriesOf, type Kept, take } from '../vault/kept.ts';
import { restorePath } from '../vault/restored.ts';
import { writeState } from './disk-model.ts';
import type { Ending } from './enumerate.ts';
import type { Acknowledged } from './scenario.ts';

/** Where vaults are made anew many times: in memory where there is such a place, since each syncs dozens of times. */
export const FAST_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface SurvivalOptions {
  /** one to copy into the vault, which may know packs that are lost; none when absent */
  index?: string;
  /** restore the newest acknowledged snapshot, too, besides reading all of each */
  restore?: boolean;
}

/**
 * Puts the state in the place of the vault, and asserts all that was acknowledged, that it is sound, and that it goes on.
 */
export async function assertSurvives(
  kept: Kept,
  { state, acknowledged }: Pick<Ending, 'state' | 'acknowledged'>,
  { index, restore = false }: SurvivalOptions = {},
): Promise<void> {
  const store = kept.at('.vault');
  rmSync(store, { recursive: true, force: true });
  writeState(kept.root, state);
  if (!existsSync(join(store, 'config'))) {
    assert.equal(acknowledged, [], 'a vault that was acknowledged is gone');
    await initVault({ folder: kept.root, environment: kept.environment });
  }
  if (index && state.size > 0) cpSync(index, join(store, 'index'), { recursive: true });
  const vault = await kept.open();
  try {
    await assertSound(vault);
    for (const what of acknowledged) await assertHolds(vault, what);
    const newest = acknowledged.findLast((what) => what.kind === 'snapshot');
    if (restore && newest) await assertRestores(kept, vault, newest);
    kept.ahead += 1_000_000_000n;
    const next = await take(vault, { message: 'after the crash' });
    await assertSound(vault);
    await assertNothingLost(vault, next.snapshot);
  } finally {
    await kept.close();
  }
}

async function assertSound(vault: Repository): Promise<void> {
  const { findings } = await checkVault(vault, { readData: 100 });
  assert.equal(
    findings.filter(({ damage }) => damage).map(({ kind, message }) => `${kind}: ${message}`),
    [],
  );
}

async function assertHolds(vault: Repository, what: Acknowledged['what']): Promise<void> {
  switch (what.kind) {
    case 'vault':
      return;
    case 'snapshot':
      return assert.equal(await contentsOf(vault, what.taken.snapshot), what.contents);
    case 'tag':
      return assert.equal(await resolveSnapshot(vault, what.name), what.taken.id);
    case 'forgotten':
      return assert.ok((await forgottenSnapshots(vault)).has(what.taken.id));
  }
}

async function contentsOf(vault: Repository, snapshot: Snapshot): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const [path, entry] of await entriesOf(vault, { snapshot })) {
    if (entry.size !== undefined) contents.set(path, (await contentOf(vault, entry)).toString('base64'));
  }
  return contents;
}

/** What the newest snapshot says can be read. */
async function assertNothingLost(vault: Repository, snapshot: Snapshot): Promise<void> {
  assert.ok((await contentsOf(vault, snapshot)).size > 0);
}

async function assertRestores(
  kept: Kept,
  vault: Repository,
  { taken, contents }: Acknowledged['what'] & { kind: 'snapshot' },
): Promise<void> {
  const to = join(kept.base, 'restored');
  await restorePath(vault, taken, '', to, { threads: 1 });
  const found = new Map([...contents.keys()].map((path) => [path, readFileSync(join(to, path), 'base64')]));
  assert.equal(found, contents);
  rmSync(to, { recursive: true });
}
