import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadRenameNew } from '../../src/platform/rename-new.ts';
import { giveName, type Naming } from '../../src/store/backend/fs-name.ts';
import { rejects } from './backend-suite.ts';
import { errnoError } from './fs-faults.ts';
import { withoutHardLinks } from './no-hard-links.ts';
import { withFolder } from './temporary.ts';

const namesIn = (store: string): Naming => ({
  store,
  aside: join(store, 'aside'),
  target: join(store, 'target'),
});

/** A file `aside`, where there are no hard links. */
function withAside(body: (naming: Naming) => Promise<void>, errno?: string): () => Promise<void> {
  return () =>
    withFolder(async (folder) => {
      const naming = namesIn(folder);
      writeFileSync(naming.aside, 'new');
      const end = withoutHardLinks(errno);
      try {
        await body(naming);
      } finally {
        end();
      }
    });
}

async function failsWith(code: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, code);
    return;
  }
  assert.unreachable(`no ${code}`);
}

const load = async () => loadRenameNew();

for (const errno of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']) {
  test(
    `where a link fails with ${errno} the file is moved to a name that is free`,
    withAside(async (naming) => {
      const { aside, target } = naming;
      assert.is(await giveName(naming, load), 'moved');
      assert.is(readFileSync(target, 'utf8'), 'new');
      assert.not.ok(existsSync(aside));
    }, errno),
  );
}

test(
  'the rename itself replaces nothing: another name can come after the look that a link makes',
  withAside(async (naming) => {
    const { aside, target } = naming;
    const late = async () => {
      writeFileSync(target, 'of somebody else');
      return loadRenameNew();
    };
    await failsWith('EEXIST', () => giveName(naming, late));
    assert.is(readFileSync(target, 'utf8'), 'of somebody else');
    assert.is(readFileSync(aside, 'utf8'), 'new');
  }),
);

for (const errno of ['EINVAL', 'ENOSYS', 'ENOTSUP']) {
  test(
    `a file system that answers ${errno} to such a rename is refused, and nothing has changed`,
    withAside(async (naming) => {
      const { aside, target } = naming;
      const rename = () => {
        throw errnoError(errno);
      };
      const { message, hint, subject } = await rejects(
        giveName(naming, async () => rename),
        'REFUSED',
      );
      assert.is(subject, naming.store);
      assert.ok(message.includes('neither hard links nor'), message);
      assert.ok(hint?.includes('can be read'), hint);
      assert.ok(existsSync(aside) && !existsSync(target));
    }),
  );
}

test(
  'so is one on a system without such a rename',
  withAside(async (naming) => {
    const { aside, target } = naming;
    await rejects(
      giveName(naming, async () => undefined),
      'REFUSED',
    );
    assert.ok(existsSync(aside) && !existsSync(target));
  }),
);

test(
  'what else the rename says is passed on',
  withAside(async (naming) => {
    const rename = () => {
      throw errnoError('EPERM');
    };
    await failsWith('EPERM', () => giveName(naming, async () => rename));
  }),
);

test('where there are hard links nothing is moved', () =>
  withFolder(async (folder) => {
    const naming = namesIn(folder);
    writeFileSync(naming.aside, 'new');
    assert.is(await giveName(naming, () => Promise.reject(new Error('asked for a rename'))), 'linked');
    assert.ok(existsSync(naming.aside) && existsSync(naming.target));
  }));

test.run();
