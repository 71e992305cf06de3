/** Which processes are explored together, and on what. Small ones: each shows one thing, and can be explored to its end. */

import { ObjectType } from '../../../src/index.ts';
import { plainIds } from '../../../src/store/hash/ids.ts';
import { packKey } from '../../../src/store/layout.ts';
import { createCondemn, readGcRecords } from '../../../src/store/transaction/gc-records.ts';
import { updateRefs } from '../../../src/vault/refs/update-refs.ts';
import { forget, forgets, gc, LATE_UPLOAD, reader, tags, undeletes, writer } from './actors.ts';
import { type Actor, type Plan, smallSnapshot } from './world.ts';

export interface Configuration {
  name: string;
  plan: Plan;
  actors: readonly Actor[];
  /** explored with a bound on pre-emptions, since all is too much */
  preemptions?: number;
  /** in `npm test` */
  quick?: boolean;
  /** gc comes to its end after every change, not only when all have ended */
  lastEverywhere?: boolean;
}

/** One snapshot. */
const KEPT: Plan = {
  async prepare(vault) {
    return { it: await smallSnapshot(vault, 'main', { a: 'it' }) };
  },
};

/** One snapshot, forgotten: of its two packs gc condemns that with the content, and has nothing to copy. */
const FORGOTTEN: Plan = {
  async prepare(vault) {
    const it = await smallSnapshot(vault, 'main', { a: 'it' });
    await forget(vault, it);
    return { it };
  },
};

/** Two snapshots, of which one is forgotten. */
const BOTH: Plan = {
  async prepare(vault) {
    const old = await smallSnapshot(vault, 'main', { a: 'old' });
    const it = await smallSnapshot(vault, 'main', { a: 'it' });
    await forget(vault, old);
    return { old, it };
  },
};

/** A pack of which little is alive: gc copies that. */
const SPARSE: Plan = {
  async prepare(vault) {
    const old = await smallSnapshot(vault, 'main', { a: `old ${'-'.repeat(100)}`, b: 'both' });
    const it = await smallSnapshot(vault, 'main', { b: 'both' });
    await forget(vault, old);
    return { old, it };
  },
};

/** Each kind of root by itself: two snapshots of a line, a tag and a note that name forgotten ones. */
const ROOTS: Plan = {
  async prepare(vault) {
    const ids = { one: '', two: '', tagged: '', noted: '' };
    for (const name of ['one', 'tagged', 'noted', 'two'] as const)
      ids[name] = await smallSnapshot(vault, 'main', { a: name });
    const target = (hex: string) => ({ id: Buffer.from(hex, 'hex'), stored: ObjectType.snapshot });
    await updateRefs(vault, [
      { ref: 'refs/tags/tag', target: target(ids.tagged) },
      { ref: 'refs/notes/note', target: target(ids.noted) },
    ]);
    await forget(vault, ids.tagged, ids.noted);
    return ids;
  },
};

/** A content of a forgotten snapshot, in a pack that was swept and in another one. */
const SWEPT: Plan = {
  async prepare(vault) {
    const { backend, store } = vault;
    await forget(vault, await smallSnapshot(vault, 'main', { a: 'it' }));
    const { pack } = (await store.locate(plainIds.chunk(Buffer.from('it')), 'chunk'))!;
    const bytes = (await backend.read(packKey(pack))).toString('base64');
    await gc('gc').does(vault, {}, backend);
    await forget(vault, await smallSnapshot(vault, 'other', { a: 'it', b: 'more' }));
    return { pack, bytes };
  },
};

/** One snapshot that is kept, whose content was condemned before it was taken up. */
const CONDEMNED: Plan = {
  async prepare(vault) {
    const it = await smallSnapshot(vault, 'main', { a: 'it' });
    const view = await readGcRecords(vault.backend);
    const { pack } = (await vault.store.locate(plainIds.chunk(Buffer.from('it')), 'chunk'))!;
    await createCondemn(vault.backend, view, [pack]);
    return { it };
  },
};

export const CONFIGURATIONS: readonly Configuration[] = [
  {
    name: 'writer, gc',
    quick: true,
    plan: FORGOTTEN,
    actors: [writer('writer', 'other', { a: 'it' }), gc('gc')],
    lastEverywhere: true,
  },
  {
    name: 'writer taken for dead, gc',
    plan: FORGOTTEN,
    actors: [writer('writer', 'other', { a: 'it' }, { mayMiss: true }), gc('gc', { takesForDead: true })],
  },
  {
    name: 'two writers',
    quick: true,
    plan: KEPT,
    actors: [writer('writer 1', 'main', { a: 'one' }), writer('writer 2', 'main', { a: 'two' })],
  },
  { name: 'two gcs', quick: true, plan: FORGOTTEN, actors: [gc('gc 1'), gc('gc 2')] },
  { name: 'two gcs that copy', plan: SPARSE, actors: [gc('gc 1'), gc('gc 2')] },
  { name: 'undelete, gc', quick: true, plan: FORGOTTEN, actors: [undeletes('undelete', 'it'), gc('gc')] },
  {
    name: 'undelete, gc, trash',
    plan: { ...FORGOTTEN, trash: true },
    actors: [undeletes('undelete', 'it'), gc('gc')],
  },
  { name: 'tag, gc', quick: true, plan: FORGOTTEN, actors: [tags('tag', 'it'), gc('gc')] },
  { name: 'forget, gc', quick: true, plan: KEPT, actors: [forgets('forget', 'it'), gc('gc')] },
  { name: 'reader, gc that copies', quick: true, plan: SPARSE, actors: [reader('reader', 'it'), gc('gc')] },
  {
    name: 'reader, forget, gc',
    quick: true,
    plan: KEPT,
    actors: [reader('reader', 'it', { isForgotten: true }), forgets('forget', 'it'), gc('gc')],
  },
  {
    name: 'writer, gc that copies',
    plan: SPARSE,
    actors: [writer('writer', 'main', { b: 'both', c: 'new' }), gc('gc')],
  },
  {
    name: 'writer that follows, forget, gc',
    plan: KEPT,
    actors: [writer('writer', 'main', { a: 'it', b: 'new' }), forgets('forget', 'it'), gc('gc')],
  },
  {
    name: 'undelete, forget, gc',
    plan: FORGOTTEN,
    actors: [undeletes('undelete', 'it'), forgets('forget', 'it'), gc('gc')],
  },
  { name: 'tag, forget, gc', plan: KEPT, actors: [tags('tag', 'it'), forgets('forget', 'it'), gc('gc')] },
  {
    name: 'two writers, gc',
    preemptions: 2,
    plan: FORGOTTEN,
    actors: [writer('writer 1', 'one', { a: 'it' }), writer('writer 2', 'one', { a: 'it' }), gc('gc')],
  },
  {
    name: 'writer, two gcs',
    preemptions: 2,
    plan: FORGOTTEN,
    actors: [writer('writer', 'other', { a: 'it' }), gc('gc 1'), gc('gc 2')],
  },
  {
    name: 'writer taken for dead, two gcs',
    preemptions: 2,
    plan: FORGOTTEN,
    actors: [
      writer('writer', 'other', { a: 'it' }, { mayMiss: true }),
      gc('gc 1', { takesForDead: true }),
      gc('gc 2'),
    ],
  },
  {
    name: 'undelete, two gcs',
    preemptions: 2,
    plan: FORGOTTEN,
    actors: [undeletes('undelete', 'it'), gc('gc 1'), gc('gc 2')],
  },
  { name: 'gc', quick: true, plan: ROOTS, actors: [gc('gc')] },
  {
    name: 'writer that follows what is forgotten, gc',
    plan: FORGOTTEN,
    actors: [writer('writer', 'main', { a: 'it' }), gc('gc')],
  },
  {
    name: 'writer that follows, forget, gc that goes on',
    preemptions: 3,
    plan: CONDEMNED,
    actors: [
      writer('writer', 'main', { a: 'it', b: 'new' }, { mayMiss: true }),
      forgets('forget', 'it'),
      gc('gc'),
    ],
  },
  { name: 'two gcs, forget', plan: BOTH, actors: [gc('gc 1'), gc('gc 2'), forgets('forget', 'it')] },
  {
    name: 'two writers, two gcs',
    preemptions: 1,
    plan: FORGOTTEN,
    actors: [
      writer('writer 1', 'one', { a: 'it' }),
      writer('writer 2', 'one', { a: 'it' }),
      gc('gc 1'),
      gc('gc 2'),
    ],
  },
  {
    name: 'writer that follows, forget, two gcs',
    preemptions: 1,
    plan: KEPT,
    actors: [
      writer('writer', 'main', { a: 'it', b: 'new' }),
      forgets('forget', 'it'),
      gc('gc 1'),
      gc('gc 2'),
    ],
  },
  {
    name: 'undelete, tag, forget, gc',
    preemptions: 2,
    plan: FORGOTTEN,
    actors: [undeletes('undelete', 'it'), tags('tag', 'it'), forgets('forget', 'it'), gc('gc')],
  },
  {
    name: 'everybody',
    preemptions: 0,
    plan: BOTH,
    actors: [
      writer('writer 1', 'main', { a: 'it', b: 'new' }),
      writer('writer 2', 'main', { a: 'old' }),
      gc('gc 1'),
      gc('gc 2'),
      forgets('forget', 'it'),
      undeletes('undelete', 'old'),
      tags('tag', 'old'),
      reader('reader', 'it', { isForgotten: true }),
    ],
  },
  {
    name: 'late upload, writer, gc',
    preemptions: 3,
    plan: SWEPT,
    actors: [LATE_UPLOAD, writer('writer', 'third', { a: 'it' }), gc('gc')],
  },
];
