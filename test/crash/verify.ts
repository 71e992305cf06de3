/** What must hold of a vault after a crash. */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  checkVault,
  collectGarbage,
  forgottenSnapshots,
  initVault,
  isLive,
  listPacks,
  type Repository,
  type Snapshot,
} from '../../src/index.ts';
import { readGcRecords } from '../../src/store/transaction/gc-records.ts';
import { contentOf, entriesOf, type Kept, take } from '../vault/kept.ts';
import { restorePath } from '../vault/restore/restored.ts';
import { writeState } from './disk-model.ts';
import { putIndex } from './endings-of-index.ts';
import type { Ending } from './enumerate.ts';
import type { Decided, DecidedSnapshot } from './scenario.ts';

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
  { state, acknowledged, pending, index: left }: Ending,
  { index, restore = false }: SurvivalOptions = {},
): Promise<void> {
  const store = kept.at('.vault');
  rmSync(store, { recursive: true, force: true });
  writeState(kept.root, state);
  if (!existsSync(join(store, 'config'))) {
    assert.equal(acknowledged, [], 'a vault that was acknowledged is gone');
    await initVault({ folder: kept.root, environment: kept.environment });
  }
  if (left) putIndex(store, left);
  else if (index && state.size > 0) cpSync(index, join(store, 'index'), { recursive: true });
  const vault = await kept.open();
  try {
    await assertSound(vault);
    await assertStands(vault, acknowledged, pending);
    const newest = newestKept(acknowledged);
    if (restore && newest && pending.length === 0) await assertRestores(kept, vault, newest);
    kept.ahead += 1_000_000_000n;
    const next = await take(vault, { message: 'after the crash' });
    await assertSound(vault);
    await collectGarbage(vault, { force: true });
    await assertNothingLeft(vault);
    await assertSound(vault);
    await assertStands(vault, acknowledged, pending);
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

/** What was decided last of each snapshot and tag must hold, unless another decision of it was pending. */
async function assertStands(
  vault: Repository,
  acknowledged: readonly Decided[],
  pending: readonly Decided[],
): Promise<void> {
  const last = new Map(acknowledged.map((what) => [subjectOf(what), what]));
  const open = new Set(pending.map(subjectOf));
  const forgotten = await forgottenSnapshots(vault);
  for (const [subject, what] of last) {
    if (what.kind === 'vault') continue;
    if ('name' in what) {
      if (!open.has(subject)) assert.is(await hasTag(vault, what.name), what.kind === 'tag', subject);
      continue;
    }
    const isForgotten = forgotten.has(what.taken.id);
    if (!open.has(subject)) assert.is(isForgotten, what.kind === 'forgotten', subject);
    if (!isForgotten) assert.equal(await contentsOf(vault, what.taken.snapshot), what.contents, subject);
  }
}

/** What any gc has swept is no longer among the packs once a gc has ended. */
async function assertNothingLeft(vault: Repository): Promise<void> {
  const { swept } = await readGcRecords(vault.backend);
  for await (const { pack } of listPacks(vault)) assert.not.ok(swept.has(pack), `pack ${pack} was swept`);
}

function newestKept(acknowledged: readonly Decided[]): DecidedSnapshot | undefined {
  const last = new Map(acknowledged.map((what) => [subjectOf(what), what]));
  return [...last.values()].findLast((what): what is DecidedSnapshot => what.kind === 'kept');
}

function subjectOf(what: Decided): string {
  if (what.kind === 'vault') return 'vault';
  return 'name' in what ? `tag ${what.name}` : `snapshot ${what.taken.id.toString('hex')}`;
}

async function hasTag(vault: Repository, name: string): Promise<boolean> {
  return isLive(await vault.refs.current('tags', name));
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
  { taken, contents }: DecidedSnapshot,
): Promise<void> {
  const to = join(kept.base, 'restored');
  await restorePath(vault, taken, '', to, { threads: 1 });
  const found = new Map([...contents.keys()].map((path) => [path, readFileSync(join(to, path), 'base64')]));
  assert.equal(found, contents);
  rmSync(to, { recursive: true });
}
