/** Which processes are explored together, and on what. Small ones: each shows one thing, and can be explored to its end. */
import { forget, forgets, gc, reader, tags, undeletes, writer } from './actors.ts';
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

/** A pack of which little is alive: gc copies that. */
const SPARSE: Plan = {
  async prepare(vault) {
    const old = await smallSnapshot(vault, 'main', { a: `old ${'-'.repeat(100)}`, b: 'both' });
    const it = await smallSnapshot(vault, 'main', { b: 'both' });
    await forget(vault, old);
    return { old, it };
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
    actors: [writer('writer', 'other', { a: 'it' }, { isAborted: true }), gc('gc', { takesForDead: true })],
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
    plan: FORGOTTEN,
    actors: [writer('writer 1', 'one', { a: 'it' }), writer('writer 2', 'one', { a: 'it' }), gc('gc')],
  },
  {
    name: 'writer, two gcs',
    plan: FORGOTTEN,
    actors: [writer('writer', 'other', { a: 'it' }), gc('gc 1'), gc('gc 2')],
  },
  {
    name: 'writer taken for dead, two gcs',
    plan: FORGOTTEN,
    actors: [
      writer('writer', 'other', { a: 'it' }, { isAborted: true }),
      gc('gc 1', { takesForDead: true }),
      gc('gc 2'),
    ],
  },
  {
    name: 'undelete, two gcs',
    plan: FORGOTTEN,
    actors: [undeletes('undelete', 'it'), gc('gc 1'), gc('gc 2')],
  },
];
