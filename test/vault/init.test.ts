import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hostEnvironment, initVault } from '../../src/index.ts';
import { rejects } from '../store/backend-suite.ts';
import { intercepting } from '../store/fs-faults.ts';
import { withoutHardLinks } from '../store/no-hard-links.ts';
import { withFolder } from '../store/temporary.ts';

test('what could not be made leaves nothing, but the folder that was there', () =>
  withFolder(async (folder) => {
    const environment = hostEnvironment(join(folder, 'cache'));
    const [absent, there] = [join(folder, 'absent'), join(folder, 'there')];
    mkdirSync(there);
    const end = withoutHardLinks('EIO');
    try {
      await rejects(initVault({ store: absent, environment }), 'IO');
      await rejects(initVault({ store: there, environment }), 'IO');
    } finally {
      end();
    }
    assert.not.ok(existsSync(absent));
    assert.ok(existsSync(there));
    assert.ok((await initVault({ store: absent, environment })).created);
    assert.ok((await initVault({ store: there, environment })).created);
  }));

test('a store that others may open is told of when it is made, unless that is meant', () =>
  withFolder(async (folder) => {
    const environment = hostEnvironment(join(folder, 'cache'));
    const init = async (name: string, shared = false) => {
      const store = join(folder, name);
      // Made and its mode set, it is opened to all, as if that had been in vain.
      return intercepting(
        async ({ name: call, args }, act) => {
          const result = await act();
          if (call === 'chmod' && args[0] === store) chmodSync(store, 0o777);
          return result;
        },
        () => initVault({ store, environment, shared }),
      );
    };
    assert.is((await init('store')).exposed, true);
    assert.is((await init('store')).exposed, false); // joined
    assert.is((await init('shared', true)).exposed, false);
    assert.is((await initVault({ store: join(folder, 'own'), environment })).exposed, false);
    assert.equal(readdirSync(join(folder, 'own')).sort(), ['config', 'tmp']);
  }));

test.run();
