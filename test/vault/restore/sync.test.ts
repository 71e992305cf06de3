/**
 * What a restore syncs, and when: every file and folder of the stage before it takes its name, the folder of the name after;
 * and a sync that failed is not tried again, since the kernel may call lost pages clean.
 */
import fs, { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codeError } from '../../../src/platform/errno.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { type Kept, take, withKept } from '../kept.ts';
import { refuses, restorePath } from './restored.ts';

const RENAMES = ['renameNoReplace', 'exchange'] as const;

/** Events of `body`: `sync <path>` and `rename`, in order. @param fails a sync that fails */
async function traced(
  body: (platform: Platform) => Promise<unknown>,
  fails: (path: string) => boolean = () => false,
): Promise<string[]> {
  const events: string[] = [];
  const real = getPlatform();
  const platform: Platform = { ...real };
  for (const name of RENAMES) {
    platform[name] = (from, to) => {
      events.push('rename');
      real[name](from, to);
    };
  }
  platform.fsyncDirectory = (path) => {
    events.push(`sync ${path}`);
    real.fsyncDirectory(path);
  };
  const original = fs.fsyncSync;
  fs.fsyncSync = (fd) => {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    events.push(`sync ${path}`);
    if (fails(path)) throw codeError('EIO', 'fsync');
    original(fd);
  };
  syncBuiltinESMExports();
  try {
    await body(platform);
  } finally {
    fs.fsyncSync = original;
    syncBuiltinESMExports();
  }
  return events;
}

async function withTree(
  body: (kept: Kept, restoreTo: (to: string, platform: Platform) => Promise<unknown>) => Promise<void>,
) {
  if (process.platform !== 'linux') return; // the paths of open files come from /proc
  await withKept(async (kept) => {
    mkdirSync(kept.at('d/below'), { recursive: true });
    writeFileSync(kept.at('d/a'), 'a');
    writeFileSync(kept.at('d/below/b'), 'b');
    const vault = await kept.init();
    const taken = await take(vault);
    await body(kept, (to, platform) => restorePath(vault, taken, 'd', to, { platform, replace: true }));
  });
}

/** The last names of what was synced. */
const names = (events: string[]) =>
  events.filter((event) => event !== 'rename').map((event) => event.split('/').at(-1));

for (const replaces of [false, true]) {
  test(`what is ${replaces ? 'to replace a folder' : 'new'} is synced before it has its name, and the name after`, () =>
    withTree(async (kept, restoreTo) => {
      const to = join(kept.base, 'to');
      if (replaces) mkdirSync(to);
      const events = await traced((platform) => restoreTo(to, platform));
      const first = events.indexOf('rename');
      const before = names(events.slice(0, first));
      for (const name of ['a', 'b', 'below'])
        assert.ok(before.includes(name), `${name}: ${events.join('\n')}`);
      assert.ok(events.slice(events.lastIndexOf('rename')).includes(`sync ${kept.base}`), events.join('\n'));
    }));
}

test('folders that are made on the way are synced, and none in which nothing has changed', () =>
  withTree(async (kept, restoreTo) => {
    const after = async (to: string) => {
      const events = await traced((platform) => restoreTo(to, platform));
      return events.slice(events.lastIndexOf('rename'));
    };
    const made = await after(join(kept.base, 'x/y/z'));
    for (const folder of ['', '/x', '/x/y'])
      assert.ok(made.includes(`sync ${kept.base}${folder}`), `${made}`);
    assert.not.ok((await after(join(kept.base, 'to'))).includes(`sync ${dirname(kept.base)}`));
  }));

test('a file whose sync failed is not synced again, and nothing takes its name', () =>
  withTree(async (kept, restoreTo) => {
    const to = join(kept.base, 'to');
    mkdirSync(to);
    writeFileSync(join(to, 'old'), 'old');
    let failed = 0;
    await traced(
      (platform) => refuses(restoreTo(to, platform), 'IO'),
      (path) => path.endsWith('/a') && ++failed > 0,
    );
    assert.is(failed, 1);
    assert.is(readFileSync(join(to, 'old'), 'utf8'), 'old');
  }));

test.run();
