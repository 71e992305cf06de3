/** The index is a cache: whatever happens to it, the next command works, and nothing is stored twice. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initVault, type Progress, type Repository, silentProgress } from '../../src/index.ts';
import { assertHolds } from './inventory.ts';
import { contentOf, entriesOf, type Kept, type Taken, take, withKept } from './kept.ts';
import { beforeCreate, openWrapped } from './wrapped-vault.ts';

/** Of a time that no file has yet. */
let clock = 1_000_000_000;

/** The folder with two snapshots, its vault closed. */
async function filled(kept: Kept): Promise<Taken> {
  for (let i = 0; i < 30; i++) writeFileSync(kept.at(`f${i}`), `content ${i}`.repeat(100));
  const vault = await kept.init();
  await take(vault);
  writeFileSync(kept.at('more'), 'more');
  const taken = await take(vault);
  await kept.close();
  return taken;
}

/** Its files that are no log for people and no lock. */
function damageable(kept: Kept): string[] {
  const index = kept.at('.vault/index');
  const names = readdirSync(index).filter((name) => !/^LO/.test(name));
  return names.map((name) => join(index, name)).filter((path) => statSync(path).size > 0);
}

/** Every content of a snapshot is what its entry says. */
async function assertReads(vault: Repository, taken: Taken): Promise<void> {
  for (const [path, entry] of await entriesOf(vault, taken)) {
    const digest = createHash('sha256')
      .update(await contentOf(vault, entry))
      .digest();
    assert.equal(digest, entry.sha256, path);
  }
}

/** Reads all of a snapshot, then takes one for which a file is read again. */
async function assertWorks(kept: Kept, last: Taken): Promise<void> {
  const vault = await kept.open();
  await assertReads(vault, last);
  utimesSync(kept.at('f7'), clock, ++clock);
  const taken = await take(vault);
  assert.is(taken.snapshot.stats.newBytes, 0, 'nothing is stored twice');
  await assertHolds(vault, taken);
  await kept.close();
}

test('deleted', () =>
  withKept(async (kept) => {
    const last = await filled(kept);
    rmSync(kept.at('.vault/index'), { recursive: true });
    const told: number[] = [];
    const progress: Progress = {
      ...silentProgress,
      phase(phase, total) {
        if (phase === 'index') told.push(total?.files ?? -1);
      },
    };
    const vault = await kept.open({ progress });
    await assertReads(vault, last);
    // A data and a metadata pack of the first snapshot, the same of the second.
    assert.equal(told, [4], 'the rebuild is told once, with the number of packs');
    await kept.close();
    await assertWorks(kept, last);
  }));

test('another vault’s', () =>
  withKept(async (kept) => {
    const last = await filled(kept);
    const root = join(kept.base, 'other');
    await initVault({ folder: root, environment: kept.environment });
    writeFileSync(join(root, 'x'), 'other');
    const other = await kept.open({ store: join(root, '.vault'), root: Buffer.from(root) });
    await take(other);
    await other.close();
    rmSync(kept.at('.vault/index'), { recursive: true });
    cpSync(join(root, '.vault/index'), kept.at('.vault/index'), { recursive: true });
    await assertWorks(kept, last);
  }));

test('an older one of the same vault', () =>
  withKept(async (kept) => {
    for (let i = 0; i < 30; i++) writeFileSync(kept.at(`f${i}`), `content ${i}`.repeat(100));
    const vault = await kept.init();
    await take(vault);
    await kept.close();
    cpSync(kept.at('.vault/index'), join(kept.base, 'old'), { recursive: true });
    writeFileSync(kept.at('more'), 'more');
    const again = await kept.open();
    const last = await take(again);
    await kept.close();
    rmSync(kept.at('.vault/index'), { recursive: true });
    cpSync(join(kept.base, 'old'), kept.at('.vault/index'), { recursive: true });
    await assertWorks(kept, last);
  }));

test('each of its files truncated, at several lengths', () =>
  withKept(async (kept) => {
    const last = await filled(kept);
    for (const share of [0, 0.6]) {
      // Each time there are others: their names are numbers that grow.
      for (let i = 0; i < 3; i++) {
        const path = damageable(kept)[i];
        if (path !== undefined) truncateSync(path, Math.floor(statSync(path).size * share));
        await assertWorks(kept, last);
      }
    }
  }));

test('garbage in each of its files, and in its place', () =>
  withKept(async (kept) => {
    const last = await filled(kept);
    for (let i = 0; i < 3; i++) {
      // Not the tables: what LevelDB meets when it merges them may end the process, so test/store/index-marks.test.ts does it to others.
      const path = damageable(kept).filter((file) => !file.endsWith('.ldb'))[i];
      if (path === undefined) break;
      const bytes = readFileSync(path);
      for (let at = 3; at < bytes.length; at += 97) bytes[at]! ^= 0x5a;
      writeFileSync(path, bytes);
      await assertWorks(kept, last);
    }
    rmSync(kept.at('.vault/index'), { recursive: true });
    writeFileSync(kept.at('.vault/index'), 'no folder');
    await assertWorks(kept, last);
    rmSync(kept.at('.vault/index'), { recursive: true });
    mkdirSync(kept.at('.vault/index'));
    await assertWorks(kept, last);
  }));

test('deleted while a snapshot is taken, before each of the keys it creates', () =>
  withKept(async (kept) => {
    for (let i = 0; i < 30; i++) writeFileSync(kept.at(`f${i}`), `content ${i}`.repeat(100));
    await kept.init();
    for (let nth = 1, created = nth; created >= nth; nth++) {
      created = 0;
      writeFileSync(kept.at('f3'), `changed ${nth}`);
      const vault = await openWrapped(kept, (backend) =>
        beforeCreate(backend, async () => {
          if (++created === nth) rmSync(kept.at('.vault/index'), { recursive: true, force: true });
        }),
      );
      const taken = await take(vault);
      await vault.close();
      const reader = await kept.open();
      await assertHolds(reader, taken);
      await kept.close();
    }
  }));

test.run();
