import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openBackend } from '../../src/store/backend/open.ts';
import { withFolder } from './temporary.ts';

const CREATOR = fileURLToPath(new URL('./backend-creator.ts', import.meta.url));
const NO_LINKS = fileURLToPath(new URL('./no-hard-links-here.ts', import.meta.url));
const PROCESSES = 8;
const KEY = 'refs/heads/main/@9999999999';

/** What each process is told besides: all find hard links, none does, or every second one. */
const WAYS: Record<string, (i: number) => string[]> = {
  'by hard links': () => [],
  'without hard links': () => ['--import', NO_LINKS],
  'some with hard links and some without': (i) => (i % 2 === 0 ? [] : ['--import', NO_LINKS]),
};

for (const [way, options] of Object.entries(WAYS)) {
  test(`of eight processes that create one key exactly one is told so, and its bytes are there: ${way}`, () =>
    withFolder(async (folder) => {
      const store = join(folder, 'store');
      const children = Array.from({ length: PROCESSES }, (_, i) =>
        spawn(process.execPath, [...options(i), CREATOR, store, KEY, 'wait']),
      );
      await Promise.all(children.map((child) => once(child.stderr, 'data')));
      const ends = children.map(resultOf);
      for (const child of children) child.stdin.end('go');
      const results = await Promise.all(ends);
      assert.is(results.filter(({ said }) => said === 'true').length, 1, JSON.stringify(results));
      assert.is(
        results.filter(({ said }) => said === 'false').length,
        PROCESSES - 1,
        JSON.stringify(results),
      );
      const backend = await openBackend({ type: 'fs', path: store });
      const bytes = (await backend.read(KEY)).toString();
      assert.ok(bytes.endsWith(`\n${results.find(({ said }) => said === 'true')!.pid}\n`));
      assert.equal(await readdir(join(store, 'tmp')), []);
    }));
}

async function resultOf(child: ChildProcess): Promise<{ pid: number; said: string }> {
  let said = '';
  child.stdout!.on('data', (data) => {
    said += data;
  });
  await once(child, 'close');
  return { pid: child.pid!, said: said.trim() };
}

test.run();
