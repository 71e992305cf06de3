/** Restores by a user who owns nothing of what was recorded, with real permissions. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initVault } from '../../../src/index.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { type Kept, take, withKept } from '../kept.ts';

const NOBODY = 65_534;
const rootTest = process.getuid?.() === 0 ? test : (title: string) => test.skip(`${title} (needs root)`);

type Verb = 'merge' | 'merge-dry' | 'replace' | 'replace-dry';

/** Restores all of what root has taken to `to`, which is below a folder of nobody's, by a verb of `as-nobody.ts`. */
async function withStore(
  body: (kept: Kept, restoreTo: (to: string, verb?: Verb) => ReturnType<typeof JSON.parse>) => void,
) {
  await withKept(async (kept) => {
    const platform = getPlatform();
    mkdirSync(kept.at('d'));
    for (const name of ['plain', 'set-id', 'trusted', 'd/below']) writeFileSync(kept.at(name), 'first');
    chmodSync(kept.at('set-id'), 0o6755);
    platform.setXattr(Buffer.from(kept.at('trusted')), Buffer.from('trusted.t'), Buffer.from('x'));
    platform.setXattr(Buffer.from(kept.at('trusted')), Buffer.from('security.s'), Buffer.from('x'));
    const store = join(kept.base, 'store');
    await initVault({ store, environment: kept.environment });
    await take(await kept.open({ store, line: 'main' }));
    await kept.close();
    const cache = join(kept.base, 'cache of nobody');
    for (const folder of [cache, join(kept.base, 'home')]) {
      mkdirSync(folder);
      chownSync(folder, NOBODY, NOBODY);
    }
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, store]);
    chmodSync(kept.base, 0o711);
    const script = join(import.meta.dirname, '../as-nobody.ts');
    body(kept, (to, verb = 'merge') =>
      JSON.parse(execFileSync(process.execPath, [script, verb, to, store, cache]).toString()),
    );
  });
}

rootTest('what cannot be given here is counted, and is no difference the next time', () =>
  withStore((kept, mergeTo) => {
    const to = join(kept.base, 'home', 'to');
    const first = mergeTo(to);
    assert.equal(first.unfaithful.sort(), [
      'owner',
      'security attributes',
      'set-id bits',
      'trusted attributes',
    ]);
    assert.is(mergeTo(to).changes, 0);
    chmodSync(join(to, 'set-id'), 0o700);
    assert.is(mergeTo(to).changes, 1, 'but for other bits of the mode');
  }),
);

rootTest('the folder above that of the destination may only be passed through', () =>
  withStore((kept, mergeTo) => {
    const to = join(kept.base, 'home', 'to');
    assert.is(mergeTo(to).changes, 1);
    assert.is(readFileSync(join(to, 'plain'), 'utf8'), 'first');
  }),
);

rootTest('a folder that may not be read or written to is named, and nothing is changed', () =>
  withStore((kept, mergeTo) => {
    const to = join(kept.base, 'home', 'to');
    mergeTo(to);
    writeFileSync(join(to, 'plain'), 'mine');
    for (const [mode, said] of [
      [0o300, /cannot look at .*\/to\/d: /],
      [0o600, /cannot look at .*\/to\/d\/below: /],
      [0o500, /cannot change .*\/to\/d\/below: /],
    ] as const) {
      writeFileSync(join(to, 'd', 'below'), 'mine');
      chmodSync(join(to, 'd'), mode);
      const { error, message } = mergeTo(to);
      assert.is(error, 'PERMISSION');
      assert.match(message, said);
      assert.is(readFileSync(join(to, 'plain'), 'utf8'), 'mine');
      assert.not.ok(existsSync(`${to}.vault_stage`));
    }
  }),
);

rootTest('a dry run foresees what a sticky folder of another owner does not let go', () =>
  withStore((kept, restoreTo) => {
    const to = join(kept.base, 'home', 'to');
    restoreTo(to);
    const below = join(to, 'd', 'below');
    writeFileSync(below, 'mine');
    chownSync(join(to, 'd'), 0, 0);
    chmodSync(join(to, 'd'), 0o1777);
    assert.is(restoreTo(to, 'merge-dry').error, undefined, 'a file of our own may go');
    chownSync(below, 0, 0);
    for (const verb of ['merge-dry', 'merge'] as const) {
      const { error, message } = restoreTo(to, verb);
      assert.is(error, 'PERMISSION', verb);
      assert.match(message, /cannot change .*\/to\/d\/below: .*operation not permitted/i);
    }
    chownSync(join(to, 'd'), NOBODY, NOBODY);
    assert.is(restoreTo(to, 'merge-dry').error, undefined, 'from a folder of our own it may go');

    const tmp = join(kept.base, 'tmp');
    mkdirSync(join(tmp, 'to'), { recursive: true });
    writeFileSync(join(tmp, 'to', 'a'), 'mine');
    for (const path of [tmp, join(tmp, 'to')]) chmodSync(path, 0o1777);
    for (const verb of ['replace-dry', 'replace'] as const) {
      const { error, message } = restoreTo(join(tmp, 'to'), verb);
      assert.is(error, 'PERMISSION', verb);
      assert.match(message, /cannot change .*\/tmp\/to: .*operation not permitted/i);
      assert.is(readFileSync(join(tmp, 'to', 'a'), 'utf8'), 'mine');
    }
  }),
);

rootTest('a dry run foresees what may not be changed at all', () =>
  withStore((kept, restoreTo) => {
    const to = join(kept.base, 'home', 'to');
    restoreTo(to);
    writeFileSync(join(to, 'plain'), 'mine');
    if (spawnSync('chattr', ['+i', join(to, 'plain')]).status !== 0) return; // a file system without such marks
    try {
      for (const verb of ['merge-dry', 'merge'] as const) {
        const { error, message } = restoreTo(to, verb);
        assert.is(error, 'PERMISSION', verb);
        assert.match(message, /cannot change .*\/to\/plain: .*operation not permitted/i);
      }
    } finally {
      execFileSync('chattr', ['-i', join(to, 'plain')]);
    }
  }),
);

test.run();
