/** A snapshot whose parent is forgotten and removed while it is taken begins anew, and one that gc took for dead. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  appendForgotten,
  checkQuick,
  collectGarbage,
  formatTime,
  type Id,
  ObjectType,
  type Repository,
  takeStreamSnapshot,
} from '../../src/index.ts';
import { gcKey } from '../../src/store/layout.ts';
import type { StoreWriter } from '../../src/store/object-store/object-writer.ts';
import { readContents } from '../../src/store/pack/pack-reader.ts';
import { createRecord } from '../../src/store/record.ts';
import { PackKind } from '../../src/store/space.ts';
import { readGcRecord } from '../../src/store/transaction/gc-records.ts';
import { abortTransaction } from '../../src/store/transaction/transaction-records.ts';
import { keys, rejects } from '../store/backend-suite.ts';
import { contentOf, entriesOf, fullTree, type Kept, type Taken, take, treeOf, withKept } from './kept.ts';
import { beforeCreate, openWrapped, wrapList } from './wrapped-vault.ts';

/** So many that the tree is most of its pack, whatever the lengths of paths and inode numbers: a pack that is half alive stays. */
const NAMES = [...'abcdefghijkl'];

async function forget({ backend, environment }: Repository, ...ids: Id[]): Promise<void> {
  const time = formatTime(environment.now());
  const dropped = ids.map((id) => id.toString('hex'));
  await appendForgotten(backend, { time, who: 'ada', host: 'laptop', message: '', dropped, kept: [] });
}

/** The vault, with something done before its next writers first do what `step` says. */
function before(vault: Repository, step: 'readMeta' | 'relyOn', act: () => Promise<void>): Repository {
  const store = new Proxy(vault.store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== 'writer') return typeof value === 'function' ? value.bind(target) : value;
      return (...args: Parameters<typeof target.writer>): StoreWriter => {
        const writer = target.writer(...args);
        const own = writer[step].bind(writer) as (...args: unknown[]) => Promise<unknown>;
        let acts = 1;
        writer[step] = (async (...args: unknown[]) => {
          if (acts-- > 0) await act();
          return own(...args);
        }) as never;
        return writer;
      };
    },
  });
  return { ...vault, store };
}

interface Scene {
  kept: Kept;
  vault: Repository;
  /** kept to the end */
  base: Taken;
  /** the newest: it builds on packs that a gc has condemned */
  parent: Taken;
}

/** A snapshot that builds on what is dead is open while gc condemns that; then it commits. */
async function withCondemned(body: (scene: Scene) => Promise<void>): Promise<void> {
  await withKept(async (kept) => {
    writeFileSync(kept.at('old'), 'old');
    const vault = await kept.init();
    const base = await take(vault);
    for (const name of NAMES) writeFileSync(kept.at(name), `content of ${name} `.repeat(50));
    await forget(vault, (await take(vault)).id);
    const slow = await openWrapped(kept, (backend) =>
      beforeCreate(backend, async (key) => {
        if (key.startsWith('objects/')) await collectGarbage(vault, { force: true });
      }),
    );
    const parent = await take(slow);
    await slow.close();
    assert.equal((await keys(vault.backend, 'gc/')).length, 1, 'a condemn is open');
    const { packs } = await readGcRecord(vault.backend, 1, 'condemn');
    const { pack } = (await vault.store.locate(parent.snapshot.tree))!;
    assert.ok(packs.includes(pack), 'the tree that the parent builds on is condemned');
    await body({ kept, vault, base, parent });
  });
}

/** Goes on with the gc; a writer `begins` when it has looked for open ones, and before it reads what is forgotten. */
async function gcBeside({ kept, vault, parent }: Scene, begins: () => Promise<void>): Promise<void> {
  let left = 1;
  const collector = await openWrapped(kept, (backend) =>
    wrapList(backend, (entries, prefix) =>
      (async function* () {
        if (prefix.startsWith('refs/forgotten/') && left-- > 0) {
          await begins();
          await forget(vault, parent.id);
        }
        yield* entries;
      })(),
    ),
  );
  const { removed } = await collectGarbage(collector, { force: true });
  await collector.close();
  assert.ok(removed.packs > 0, 'what the parent was built upon is gone');
}

/** Runs `taking` up to its first `step`, then lets gc remove its parent, then lets it go on. */
async function overtaken<T>(
  scene: Scene,
  step: 'readMeta' | 'relyOn',
  taking: (vault: Repository) => Promise<T>,
): Promise<T> {
  const there = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  let result: Promise<T> | undefined;
  const { vault } = scene;
  await gcBeside(scene, async () => {
    result = taking(
      before(vault, step, async () => {
        there.resolve();
        await gone.promise;
      }),
    );
    result.catch(there.reject);
    await there.promise;
  });
  gone.resolve();
  return result!;
}

const anew = suite('begin anew');

for (const [when, step] of [
  ['while it compares', 'readMeta'],
  ['when it is about to be recorded', 'relyOn'],
] as const) {
  anew(`a snapshot whose parent is removed ${when} reads from disk what it meant to take over`, () =>
    withCondemned(async (scene) => {
      const { kept, vault, base } = scene;
      const taken = await overtaken(scene, step, (beside) => take(beside));
      assert.equal(taken.parent, base.id);
      assert.equal(taken.snapshot.parents, [base.id]);
      assert.is(taken.changed, NAMES.length);
      assert.is(treeOf(taken), await fullTree(vault));
      const entries = await entriesOf(await kept.open(), taken);
      assert.equal([...entries.keys()], [...NAMES, 'old']);
      for (const name of NAMES) {
        const bytes = await contentOf(vault, entries.get(name)!);
        assert.is(bytes.toString(), `content of ${name} `.repeat(50));
      }
      const { findings } = await checkQuick(vault);
      assert.equal(findings, []);
    }),
  );
}

anew('a stream, which is read once, is stored beside what is kept', () =>
  withCondemned(async (scene) => {
    const { vault, base } = scene;
    async function* stream() {
      yield Buffer.from('read ');
      yield Buffer.from('once');
    }
    const taken = await overtaken(scene, 'readMeta', (beside) =>
      takeStreamSnapshot(beside, stream(), { path: Buffer.from('a') }),
    );
    assert.equal(taken.snapshot.parents, [base.id]);
    const entries = await entriesOf(vault, taken);
    assert.equal([...entries.keys()], ['a', 'old']);
    assert.is((await contentOf(vault, entries.get('a')!)).toString(), 'read once');
  }),
);

anew('a look whether anything has changed goes on to a snapshot', () =>
  withCondemned(async (scene) => {
    const { kept, vault, base, parent } = scene;
    const looking = await openWrapped(kept, (backend) => backend);
    let left = 1;
    const read = looking.store.readMeta.bind(looking.store);
    looking.store.readMeta = async (id, type) => {
      // The snapshot's object was read, its tree was not.
      if (type === ObjectType.tree && left-- > 0) await gcBeside(scene, async () => {});
      return read(id, type);
    };
    const taken = await take(looking, { ifChanged: true });
    assert.not.equal(taken.parent, parent.id);
    assert.equal([taken.parent, taken.changed], [base.id, NAMES.length]);
    assert.is(treeOf(taken), await fullTree(vault));
    await looking.close();
  }),
);

/** A vault whose first transactions are aborted just before their commits, as gc does with writers that it takes for dead. */
function takenForDead(kept: Kept, times: number): Promise<Repository> {
  let left = times;
  return openWrapped(kept, (backend) =>
    beforeCreate(backend, async (key) => {
      const [, id] = /^txn\/(.*)\/outcome$/.exec(key) ?? [];
      if (id === undefined || left-- <= 0) return;
      const abort = { time: '2026-01-01T00:00:00.000Z', reason: 'silent', nonce: '0'.repeat(32) };
      await abortTransaction(backend, id, abort);
    }),
  );
}

anew('a writer that gc has taken for dead begins anew, at most twice', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    const slow = await takenForDead(kept, 2);
    const taken = await take(slow);
    assert.is(treeOf(taken), await fullTree(vault));
    const never = await takenForDead(kept, 3);
    const error = await rejects(take(never), 'LOST_RACE');
    assert.match(error.message, /3 times in a row/);
    const targets = [];
    for await (const { target } of vault.refs.history('heads', 'main')) targets.push(target);
    assert.equal(targets, [taken.id.toString('hex')]);
    await slow.close();
    await never.close();
  }),
);

anew('what is missing for another reason is said at once', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    await take(vault);
    for (const key of await keys(vault.backend, 'objects/')) {
      const { kind } = await readContents(vault.backend, key.slice(-64), (await vault.backend.size(key))!);
      if (kind === PackKind.data) rmSync(join(kept.at('.vault'), key));
    }
    let begun = 0;
    const counted = await openWrapped(kept, (backend) =>
      beforeCreate(backend, async (key) => {
        if (key.endsWith('/begin')) begun++;
      }),
    );
    await createRecord(vault.backend, gcKey(1, 'condemn'), { packs: ['1'.repeat(64)] });
    await rejects(take(counted), 'MISSING_OBJECT');
    assert.is(begun, 1);
    await counted.close();
  }),
);

anew.run();
