/** What each level of the check finds, and what it says is hit. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  applyForget,
  type CheckReport,
  checkAgainst,
  checkVault,
  deleteTag,
  Kind,
  listPacks,
  makeTree,
  planForgetByName,
  type Repository,
  resolve,
  setTag,
} from '../../src/index.ts';
import { ObjectType } from '../../src/store/id.ts';
import { packKey } from '../../src/store/layout.ts';
import { nextToProve } from '../../src/store/proven-packs.ts';
import { infoOf } from '../../src/vault/object-info.ts';
import { type Kept, take, withKept } from './kept.ts';

/** Two snapshots: `keep` stays the same, `f` and `sub/g` change. */
async function twoSnapshots(kept: Kept): Promise<Repository> {
  const vault = await kept.init();
  mkdirSync(kept.at('sub'));
  writeFileSync(kept.at('keep'), 'kept');
  for (const text of ['one', 'two']) {
    writeFileSync(kept.at('f'), `f ${text}`);
    writeFileSync(kept.at('sub/g'), `g ${text}`);
    await take(vault);
  }
  return vault;
}

const damage = ({ findings }: CheckReport) => findings.filter((finding) => finding.damage);

const hitsOf = (report: CheckReport): string[] =>
  damage(report).flatMap(({ kind, object, hits }) =>
    (hits?.files ?? []).map(
      ({ path, snapshotCount }) =>
        `${kind} ${object?.type === ObjectType.chunk ? 'chunk' : 'meta'} ${path}: ${snapshotCount}`,
    ),
  );

/** Where an object of a revision lies. */
async function placeOf(vault: Repository, revision: string) {
  const { id, stored } = infoOf(await resolve(vault, revision));
  return (await vault.store.locate(id, stored === ObjectType.chunk ? 'chunk' : 'meta'))!;
}

function fileOf(kept: Kept, pack: string): string {
  return join(kept.root, '.vault', packKey(pack));
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

test('a sound vault: every level says so, and how much it saw', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    for (const options of [{ quick: true }, {}, { readData: 100 }]) {
      const report = await checkVault(vault, options);
      assert.equal(report.findings, []);
      assert.is(report.packs, 4);
      assert.is(report.refs, 1);
      if (!options.quick) assert.is(report.snapshots, 2);
    }
  }));

test('a pack that is gone: which files of which snapshots', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const { pack } = await placeOf(vault, 'HEAD~1:keep');
    rmSync(fileOf(kept, pack));
    assert.equal(damage(await checkVault(vault, { quick: true })), [], 'no table is left that could tell');
    const report = await checkVault(vault);
    assert.equal(hitsOf(report).sort(), [
      'missing chunk f: 1',
      'missing chunk keep: 2',
      'missing chunk sub/g: 1',
    ]);
    const { pack: trees } = await placeOf(vault, 'HEAD:');
    rmSync(fileOf(kept, trees));
    const more = hitsOf(await checkVault(vault));
    assert.ok(more.includes('missing meta : 1'), String(more));
  }));

test('bits that have turned: in a chunk only --read-data sees it, in a tree the default level does', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const chunk = await placeOf(vault, 'HEAD:sub/g');
    flip(fileOf(kept, chunk.pack), chunk.blockOffset + chunk.blockLength - 1);
    assert.equal(damage(await checkVault(vault)), []);
    const report = await checkVault(vault, { readData: 100 });
    assert.ok(damage(report).some(({ kind, pack }) => kind === 'data-name' && pack === chunk.pack));
    assert.ok(hitsOf(report).length > 0);
    const tree = await placeOf(vault, 'HEAD:sub');
    flip(fileOf(kept, tree.pack), tree.blockOffset + tree.blockLength - 1);
    await vault.close();
    const found = hitsOf(await checkVault(await kept.open()));
    assert.ok(found.length > 0 && found.every((line) => line.startsWith('damaged meta')), String(found));
  }));

test('an object with a second, sound place is no loss', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const { pack, blockOffset, blockLength } = await placeOf(vault, 'HEAD:f');
    const copy = fileOf(kept, pack);
    const bytes = readFileSync(copy);
    rmSync(copy);
    await take(vault); // what is gone is stored again: the scan takes the entry over only where its chunk is there
    writeFileSync(copy, bytes);
    flip(copy, blockOffset + blockLength - 1);
    const report = await checkVault(vault, { readData: 100 });
    assert.ok(damage(report).some(({ kind }) => kind === 'data-name'));
  }));

test('what is no record, a record that is another, and an old one in a new place', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const line = kept.at('.vault/refs/heads/main');
    const [newest, oldest] = readdirSync(line).sort() as [string, string];
    const kinds = async () => damage(await checkVault(vault)).map(({ kind }) => kind);
    writeFileSync(join(line, '@12'), '');
    assert.ok((await kinds()).includes('foreign'));
    rmSync(join(line, '@12'));
    const bytes = readFileSync(join(line, newest));
    rmSync(join(line, newest));
    writeFileSync(join(line, newest), readFileSync(join(line, oldest)));
    assert.ok((await kinds()).includes('ref'), 'replayed');
    rmSync(join(line, newest));
    writeFileSync(join(line, newest), bytes);
    assert.equal(await kinds(), []);
    renameSync(join(line, oldest), kept.at('.vault/tmp/x'));
    assert.ok((await kinds()).includes('ref'), 'a gap');
  }));

test('of a forgotten snapshot only the object and its changes must be there; of a tagged one all', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    writeFileSync(kept.at('f'), 'three');
    await take(vault);
    const middle = infoOf(await resolve(vault, 'HEAD~1'));
    await applyForget(vault, await planForgetByName(vault, [middle.id]));
    const { pack } = await vault.store
      .locate(infoOf(await resolve(vault, 'main@{1}:f')).id, 'chunk')
      .then((at) => at!);
    await setTag(vault, 'v', { id: middle.id, stored: ObjectType.snapshot });
    rmSync(fileOf(kept, pack));
    assert.equal(hitsOf(await checkVault(vault)).sort(), ['missing chunk f: 1', 'missing chunk sub/g: 2']);
    await deleteTag(vault, 'v');
    assert.equal(hitsOf(await checkVault(vault)), ['missing chunk sub/g: 1'], 'which the newest has, too');
  }));

test('a snapshot that its line and tags name is told once: the newest first, and its name once in a message', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const names = [infoOf(await resolve(vault, 'HEAD')), infoOf(await resolve(vault, 'HEAD~1'))];
    for (const [i, { id }] of [...names, ...names].entries())
      await setTag(vault, `v${i}`, { id, stored: ObjectType.snapshot });
    const trees = await placeOf(vault, 'HEAD:sub');
    rmSync(fileOf(kept, (await placeOf(vault, 'HEAD~1:keep')).pack));
    const files = damage(await checkVault(vault)).flatMap(({ hits }) => hits?.files ?? []);
    assert.equal(
      files.find(({ path }) => path.toString() === 'keep'),
      { path: Buffer.from('keep'), snapshots: names.map(({ id }) => id), snapshotCount: 2 },
    );
    flip(fileOf(kept, trees.pack), trees.blockOffset + trees.blockLength - 1);
    await vault.close();
    for (const { kind, subject, message } of damage(await checkVault(await kept.open())))
      if (kind === 'damaged') assert.is(message.split(subject).length, 2, message);
  }));

test('what plumbing was told to store without its parts is no damage', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const id = vault.store.ids.chunk(Buffer.from('nowhere'));
    const entry = { name: Buffer.from('x'), kind: Kind.file, id, flags: 0 };
    await makeTree(vault, [{ entry, where: 'here' }], { missing: true });
    assert.equal((await checkVault(vault, { readData: 100 })).findings, []);
  }));

test('a share of the data: the runs together read everything, and the oldest proof first', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    for (let n = 0; n < 6; n++) {
      writeFileSync(kept.at('f'), `content ${n}`);
      await take(vault);
    }
    const packs: { pack: string; size: number }[] = [];
    for await (const pack of listPacks(vault)) packs.push(pack);
    let never = packs.length;
    let runs = 0;
    for (; never > 0; runs++) {
      const { data } = await checkVault(vault, { readData: 10 });
      assert.ok(data!.neverProven < never);
      assert.ok(data!.bytesRead >= packs.reduce((sum, { size }) => sum + size, 0) / 10);
      never = data!.neverProven;
      kept.ahead += 1_000_000_000n;
    }
    assert.ok(runs <= 10, `${runs} runs`);
    const again = await checkVault(vault, { readData: 1 });
    assert.ok(again.data!.oldestProof);
    const proven = new Map(packs.map(({ pack }, i) => [pack, i]));
    assert.equal([...nextToProve(packs, proven, 0.001)], [packs[0]!.pack]);
    assert.is(nextToProve(packs, proven, 100).size, packs.length);
  }));

test('against a folder: by content, whatever the times say', () =>
  withKept(async (kept) => {
    const vault = await twoSnapshots(kept);
    const { id } = infoOf(await resolve(vault, 'HEAD'));
    const copy = join(kept.base, 'copy');
    mkdirSync(join(copy, 'sub'), { recursive: true });
    for (const [name, text] of [
      ['f', 'f two'],
      ['keep', 'kept'],
      ['sub/g', 'g two'],
    ] as const)
      writeFileSync(join(copy, name), text);
    const against = async () => {
      const { differences, findings } = await checkAgainst(vault, id, Buffer.from(copy), { threads: 1 });
      assert.equal(findings, []);
      return differences.map(({ letter, path }) => `${letter} ${path}`);
    };
    assert.equal(await against(), []);
    writeFileSync(join(copy, 'keep'), 'KEPT');
    utimesSync(join(copy, 'keep'), 0, 0);
    rmSync(join(copy, 'f'));
    writeFileSync(join(copy, 'new'), '');
    assert.equal(await against(), ['D f', 'M keep', 'A new']);
    const { pack, blockOffset, blockLength } = await placeOf(vault, 'HEAD:f');
    flip(fileOf(kept, pack), blockOffset + blockLength - 1);
    await vault.close();
    const report = await checkAgainst(await kept.open(), id, Buffer.from(copy), { threads: 1 });
    assert.ok(damage(report).length > 0);
  }));

test.run();
