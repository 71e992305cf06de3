/** What gc copies is read back before anything is condemned: storage that keeps other bytes than it was given stops it. */
import { writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyForget, checkVault, collectGarbage, planForgetByName } from '../../../src/index.ts';
import type { Backend } from '../../../src/store/backend/backend.ts';
import { keys, rejects } from '../../store/backend-suite.ts';
import { take, withKept } from '../kept.ts';
import { openWrapped } from '../wrapped-vault.ts';

/** Packs are stored with one bit flipped in their blocks. */
function flipping(backend: Backend): Backend {
  const create: Backend['create'] = (key, parts) => {
    if (!key.startsWith('objects/')) return backend.create(key, parts);
    const bytes = Buffer.concat(parts);
    bytes[70]! ^= 1;
    return backend.create(key, [bytes]);
  };
  return new Proxy(backend, {
    get(target, name) {
      if (name === 'create') return create;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('a copy that is not what was written stops gc before the condemn', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    writeFileSync(kept.at('large'), 'x'.repeat(5000));
    writeFileSync(kept.at('small'), 'stays');
    const first = await take(vault);
    writeFileSync(kept.at('large'), 'y');
    await take(vault);
    await applyForget(vault, await planForgetByName(vault, [first.id]));
    await vault.close();
    const wrapped = await openWrapped(kept, flipping);
    await rejects(collectGarbage(wrapped, { force: true }), 'DAMAGED');
    assert.equal(await keys(wrapped.backend, 'gc/'), []);
    await wrapped.close();
    const again = await kept.open();
    assert.ok((await checkVault(again)).findings.every(({ kind }) => kind !== 'missing'));
    assert.is((await collectGarbage(again, { force: true })).state, 'done');
  }));

test.run();
