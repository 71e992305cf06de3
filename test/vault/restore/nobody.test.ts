/** Restores by a user who owns nothing of what was recorded, with real permissions. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initVault } from '../../../src/index.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { type Kept, take, withKept } from '../kept.ts';

const NOBODY = 65_534;
const rootTest = process.getuid?.() === 0 ? test : (title: string) => test.skip(`${title} (needs root)`);

/** Restores all of what root has taken to `to`, which is below a folder of nobody's. */
async function withStore(body: (kept: Kept, mergeTo: (to: string) => ReturnType<typeof JSON.parse>) => void) {
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
    body(kept, (to) =>
      JSON.parse(execFileSync(process.execPath, [script, 'merge', to, store, cache]).toString()),
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

test.run();
