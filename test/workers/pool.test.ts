/** The worker pool: results, requests, errors, ends, bounds. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { WorkerPool } from '../../src/workers/pool.ts';
import { fails } from '../objects/memory-store.ts';
import { withFolder } from '../store/temporary.ts';

interface Job {
  do: 'echo' | 'ask' | 'fail' | 'errno' | 'throw later' | 'exit' | 'wait' | 'work' | 'hang';
  value?: unknown;
}

const SERVE = new URL('../../src/workers/serve.ts', import.meta.url).href;
const ERRORS = new URL('../../src/errors.ts', import.meta.url).href;

const ENTRY = `
import { writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { serve } from '${SERVE}';
import { VaultError } from '${ERRORS}';
serve(async ({ do: what, value }, request) => {
  if (what === 'ask') return { payload: await request({ payload: value }) };
  if (what === 'fail') throw new VaultError('NO_SPACE', 'full', { hint: 'free some', subject: 'disk' });
  if (what === 'errno') throw Object.assign(new Error('EIO: bad'), { code: 'EIO' });
  if (what === 'throw later') setTimeout(() => { throw new Error('out of the blue'); });
  if (what === 'exit') process.exit(3);
  if (what === 'hang') for (;;);
  if (what === 'work') {
    writeFileSync(value + '.begun', '');
    for (const began = performance.now(); performance.now() - began < 300; );
    writeFileSync(value + '.done', '');
    return { payload: undefined };
  }
  if (what !== 'echo') await new Promise((resolve) => setTimeout(resolve, 1000));
  return { payload: { value, threadId } };
});
`;

async function withPool<T>(
  options: { size: number; depth: number; onRequest?: (payload: never) => unknown },
  body: (pool: WorkerPool, run: (job: Job) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    writeFileSync(join(folder, 'entry.mjs'), ENTRY);
    const pool = new WorkerPool({ entry: pathToFileURL(join(folder, 'entry.mjs')), ...options });
    try {
      return await body(pool, (job) => pool.run({ payload: job }));
    } finally {
      await pool.close();
    }
  });
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  return assert.unreachable() as never;
}

test('what counts for several jobs keeps others away from its worker while there are places elsewhere', () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<unknown>();
  const onRequest = () => {
    asked.resolve();
    return answer.promise;
  };
  return withPool({ size: 2, depth: 2, onRequest }, async (pool, run) => {
    const threadOf = async (job: Promise<unknown>) => ((await job) as { threadId: number }).threadId;
    const heavy = pool.run({ payload: { do: 'ask' } }, 3);
    const threads = await Promise.all([1, 2, 3].map(() => threadOf(run({ do: 'echo' }))));
    assert.is(new Set(threads).size, 1);
    await asked.promise;
    answer.resolve(1);
    await heavy;
    // It counts no more: both are used again.
    const later = await Promise.all([1, 2, 3, 4].map(() => threadOf(run({ do: 'echo' }))));
    assert.is(new Set(later).size, 2);
  });
});

test('results, in whichever order, over at most `size` threads', () =>
  withPool({ size: 2, depth: 2 }, async (_pool, run) => {
    const jobs = Array.from({ length: 20 }, (_, value) => run({ do: 'echo', value }));
    const results = (await Promise.all(jobs)) as { value: number; threadId: number }[];
    assert.equal(
      results.map(({ value }) => value),
      Array.from({ length: 20 }, (_, i) => i),
    );
    assert.is(new Set(results.map(({ threadId }) => threadId)).size, 2);
  }));

test('a thread is started only when there is a job for it', () =>
  withPool({ size: 4, depth: 2 }, async (_pool, run) => {
    let started = 0;
    const count = (): void => {
      started++;
    };
    process.on('worker', count);
    for (let i = 0; i < 5; i++) await run({ do: 'echo' });
    process.off('worker', count);
    assert.is(started, 1);
  }));

test('a job asks and is answered; a failing answer fails everything', async () => {
  await withPool({ size: 1, depth: 2, onRequest: async (n: number) => n + 1 }, async (_pool, run) => {
    assert.is(await run({ do: 'ask', value: 41 }), 42);
  });
  const onRequest = () => {
    throw new VaultError('IO', 'no answer');
  };
  await withPool({ size: 1, depth: 2, onRequest }, async (_pool, run) => {
    const waiting = rejection(run({ do: 'wait' }));
    await fails(() => run({ do: 'ask' }), 'IO', /no answer/);
    assert.match((await waiting).message, 'no answer');
  });
});

test('an error keeps its code, hint and subject, and the pool goes on', () =>
  withPool({ size: 1, depth: 1 }, async (_pool, run) => {
    const error = (await rejection(run({ do: 'fail' }))) as VaultError;
    assert.instance(error, VaultError);
    assert.equal(
      [error.code, error.message, error.hint, error.subject],
      ['NO_SPACE', 'full', 'free some', 'disk'],
    );
    assert.ok(await run({ do: 'echo' }));
  }));

test('an error that is none of ours is a bug, with its message', () =>
  withPool({ size: 1, depth: 1 }, async (_pool, run) => {
    const error = (await rejection(run({ do: 'errno' }))) as VaultError;
    assert.is(error.code, 'BUG');
    assert.match(error.message, 'EIO: bad');
  }));

for (const [title, job, message] of [
  ['exits', 'exit', /ended early with code 3/],
  ['throws outside of a job', 'throw later', /out of the blue/],
] as const) {
  test(`a worker that ${title} fails all jobs, and those that come`, () =>
    withPool({ size: 2, depth: 2 }, async (pool, run) => {
      const others = [rejection(run({ do: 'wait' })), rejection(run({ do: 'wait' }))];
      assert.match((await rejection(run({ do: job }))).message, message);
      for (const other of others) assert.match((await other).message, message);
      assert.match((await rejection(run({ do: 'echo' }))).message, message);
      assert.match((await rejection(pool.ready())).message, message);
    }));
}

test('an entry that cannot be loaded fails the job', () =>
  withFolder(async (folder) => {
    const pool = new WorkerPool({ entry: pathToFileURL(join(folder, 'none.mjs')), size: 1, depth: 1 });
    assert.match((await rejection(pool.run({ payload: 1 }))).message, /none\.mjs/);
    await pool.close();
  }));

test('a payload that cannot be sent fails the job and takes no place', () =>
  withPool({ size: 1, depth: 1 }, async (pool, run) => {
    await rejection(run({ do: 'echo', value: () => 1 }));
    assert.is(pool.free, 1);
    assert.ok(await run({ do: 'echo' }));
  }));

test('no more than size × depth jobs at once; others wait for a place', () =>
  withPool({ size: 2, depth: 2, onRequest: () => gate }, async (pool, run) => {
    let open = (): void => {};
    gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = Array.from({ length: 4 }, () => run({ do: 'ask' }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(pool.free, 0);
    let isReady = false;
    const ready = pool.ready().then(() => {
      isReady = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.not.ok(isReady);
    open();
    await Promise.all([...first, ready]);
    assert.is(pool.free, 4);
  }));

let gate: Promise<void> = Promise.resolve();

test('closing rejects what runs', () =>
  withPool({ size: 1, depth: 2 }, async (pool, run) => {
    const running = rejection(run({ do: 'wait' }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await pool.close();
    assert.is(((await running) as VaultError).code, 'ABORTED');
    await fails(() => run({ do: 'echo' }), 'ABORTED');
  }));

test('closing ends a thread that does not end by itself', () =>
  withPool({ size: 1, depth: 1 }, async (pool, run) => {
    await run({ do: 'echo' });
    const running = rejection(run({ do: 'hang' }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await pool.close();
    assert.is(((await running) as VaultError).code, 'ABORTED');
  }));

test('a job that is asked for in the same moment as the end starts no thread', () =>
  withPool({ size: 1, depth: 1 }, async (pool, run) => {
    const running = rejection(run({ do: 'hang' }));
    await pool.close();
    assert.is(((await running) as VaultError).code, 'ABORTED');
    assert.not.ok(pool.started);
  }));

test('closing lets a thread finish what it is at: ended in the middle of native code it would end the process', () =>
  withFolder((folder) =>
    withPool({ size: 1, depth: 1 }, async (pool, run) => {
      const value = join(folder, 'work');
      const running = rejection(run({ do: 'work', value }));
      while (!existsSync(`${value}.begun`)) await new Promise((resolve) => setTimeout(resolve, 5));
      await pool.close();
      assert.ok(existsSync(`${value}.done`));
      assert.is(((await running) as VaultError).code, 'ABORTED');
    }),
  ));

test.run();
