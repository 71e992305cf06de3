import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import {
  chmod,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { FsBackend } from '../../src/store/backend/fs.ts';
import { ioError } from '../../src/store/backend/fs-error.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { DiskLog } from '../crash/disk-log.ts';
import { keys, rejects, throws } from './backend-suite.ts';
import { errnoError, intercepting } from './fs-faults.ts';
import { withFolder } from './temporary.ts';

const run = promisify(execFile);
const CREATOR = fileURLToPath(new URL('./backend-creator.ts', import.meta.url));
const STRANGER = fileURLToPath(new URL('./backend-stranger.ts', import.meta.url));

const places = suite('fs: the place');

places('a missing folder and a file are no vault', () =>
  withFolder(async (folder) => {
    await rejects(openBackend({ type: 'fs', path: join(folder, 'absent') }), 'NO_VAULT');
    await writeFile(join(folder, 'file'), '');
    await rejects(openBackend({ type: 'fs', path: join(folder, 'file') }), 'NO_VAULT');
    await rejects(openBackend({ type: 'fs', path: join(folder, 'file', 'below') }), 'NO_VAULT');
  }),
);

places('init makes the folder and its parents, takes an empty one, and refuses what is in use', () =>
  withFolder(async (folder) => {
    const create = (name: string) => openBackend({ type: 'fs', path: join(folder, name) }, { create: true });
    await create('a/b/store');
    assert.is((await stat(join(folder, 'a/b/store'))).mode & 0o7777, 0o700);
    await mkdir(join(folder, 'empty'), { mode: 0o755 });
    await create('empty');
    assert.is((await stat(join(folder, 'empty'))).mode & 0o7777, 0o700);
    await mkdir(join(folder, 'begun/tmp'), { recursive: true });
    await create('begun');
    await mkdir(join(folder, 'used'));
    await writeFile(join(folder, 'used/thesis.tex'), '');
    await rejects(create('used'), 'REFUSED');
    await writeFile(join(folder, 'used/config'), '');
    await create('used');
    await writeFile(join(folder, 'file'), '');
    await rejects(create('file'), 'REFUSED');
    await rejects(create('file/below'), 'REFUSED');
  }),
);

places('modes are exact whatever the umask', () =>
  withFolder(async (folder) => {
    for (const [umask, shared, folderMode, fileMode] of [
      ['0', '', 0o700, 0o400],
      ['077', '', 0o700, 0o400],
      ['0777', '', 0o700, 0o400],
      ['0', 'shared', 0o2770, 0o440],
      ['027', 'shared', 0o2770, 0o440],
      ['077', 'shared', 0o2770, 0o440],
    ] as const) {
      const store = join(folder, `store${umask}${shared}`);
      await run('/bin/sh', [
        '-c',
        `umask ${umask} && exec "$0" "$@"`,
        process.execPath,
        CREATOR,
        store,
        'objects/ab/cd/x',
        shared,
      ]);
      for (const name of ['.', 'objects', 'objects/ab', 'objects/ab/cd', 'tmp']) {
        assert.is(
          (await stat(join(store, name))).mode & 0o7777,
          folderMode,
          `${name} with umask ${umask} ${shared}`,
        );
      }
      assert.is((await stat(join(store, 'objects/ab/cd/x'))).mode & 0o7777, fileMode);
      assert.equal(await readdir(join(store, 'tmp')), []);
    }
  }),
);

places('an opened store is shared when its folder is', () =>
  withFolder(async (folder) => {
    await openBackend({ type: 'fs', path: join(folder, 's'), shared: true }, { create: true });
    const again = await openBackend({ type: 'fs', path: join(folder, 's') });
    await again.create('refs/a', []);
    assert.is((await stat(join(folder, 's/refs'))).mode & 0o7777, 0o2770);
    assert.is((await stat(join(folder, 's/refs/a'))).mode & 0o7777, 0o440);
  }),
);

const FDS = '/proc/self/fd';
const fdTest = existsSync(FDS) ? places : places.skip;

fdTest('its inode number stays while the store is open: the folder is held', () =>
  withFolder(async (folder) => {
    const held = () =>
      readdirSync(FDS).filter((fd) => {
        try {
          return readlinkSync(join(FDS, fd)) === folder;
        } catch {
          return false; // the descriptor of the listing itself
        }
      }).length;
    const backend = new FsBackend(folder);
    assert.is(held(), 1);
    await backend.close();
    await backend.close();
    assert.is(held(), 0);
  }),
);

places('another folder in its place is noticed by a listing', () =>
  withFolder(async (folder) => {
    const backend = await openBackend({ type: 'fs', path: join(folder, 's') }, { create: true });
    await backend.create('a/b', []);
    await rename(join(folder, 's'), join(folder, 'moved'));
    await rejects(keys(backend, 'a/'), 'NO_VAULT');
    await rejects(backend.create('a/c', []), 'IO');
    await mkdir(join(folder, 's'));
    await rejects(keys(backend, 'a/'), 'IO');
  }),
);

places('a listing throws at what it cannot read and at links, and passes over what is no key', () =>
  withFolder(async (folder) => {
    const backend = await openBackend({ type: 'fs', path: join(folder, 's') }, { create: true });
    for (const key of ['a/b/x', 'config', 'tmp/t', 'index/i']) await backend.create(key, []);
    await mkdir(join(folder, 's/lost+found'));
    await mkdir(join(folder, 's/empty'));
    await writeFile(join(folder, 's/.DS_Store'), '');
    await writeFile(join(folder, 's/a/UPPER'), '');
    assert.equal(await keys(backend, ''), ['a/b/x', 'config']);
    assert.equal(await keys(backend, 'tmp/'), ['tmp/t']);
    assert.equal(await keys(backend, 'index/'), ['index/i']);
    await writeFile(join(folder, 's/file'), '');
    await rejects(keys(backend, 'file/'), 'IO');
    await symlink('b', join(folder, 's/a/link'));
    await rejects(keys(backend, ''), 'DAMAGED');
    await rejects(backend.read('a/link'), 'IO');
    await mkdir(join(folder, 's', 'deep/'.repeat(20)), { recursive: true });
    await rejects(keys(backend, 'deep/'), 'DAMAGED');
  }),
);

places('a file that was cut short is damage, also while it is open', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    await backend.create('p', [Buffer.alloc(100, 1)]);
    backend.readSync('p', 0, 10);
    await chmod(join(folder, 'p'), 0o600);
    await truncate(join(folder, 'p'), 50);
    throws(() => backend.readSync('p', 40, 20), 'DAMAGED');
    await rejects(backend.read('p', 40, 20), 'DAMAGED');
    await truncate(join(folder, 'q'), 0).catch(() => {});
    await writeFile(join(folder, 'huge'), '');
    await truncate(join(folder, 'huge'), 2 ** 36);
    await rejects(backend.read('huge'), 'DAMAGED');
    throws(() => backend.readSync('huge'), 'DAMAGED');
    await backend.close();
  }),
);

places('a pack that is open can be read after its removal by another process', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    await backend.create('p', [Buffer.from('bytes')]);
    backend.readSync('p', 0, 1);
    await unlink(join(folder, 'p'));
    assert.is(backend.readSync('p', 0, 5).toString(), 'bytes');
    assert.is(backend.sizeSync('p'), undefined);
    await backend.close();
  }),
);

places('of somebody else: what may not be written or read says so', async () => {
  if (process.getuid?.() !== 0) return; // needs another user to be
  await withFolder(async (folder) => {
    const store = join(folder, 's');
    await chmod(folder, 0o755);
    const own = await openBackend({ type: 'fs', path: store }, { create: true });
    await own.create('a/readable', [Buffer.from('text')]);
    await own.create('a/secret', []);
    await chmod(join(store, 'a/readable'), 0o444);
    const stranger = async (): Promise<unknown> =>
      JSON.parse((await run(process.execPath, [STRANGER, store, 'a/readable', 'a/secret'])).stdout);
    await chmod(store, 0o755);
    const refused = { writable: false, secret: 'PERMISSION', create: 'PERMISSION', remove: 'PERMISSION' };
    const hidden = { read: 'PERMISSION', size: 'PERMISSION', list: 'PERMISSION' };
    assert.equal(await stranger(), { ...refused, ...hidden });
    await chmod(join(store, 'a'), 0o755);
    assert.equal(await stranger(), { ...refused, read: 'text', size: 4, list: ['a/readable', 'a/secret'] });
  });
});

places('errno names become codes', () => {
  const codes = {
    ENOSPC: 'NO_SPACE',
    EDQUOT: 'NO_SPACE',
    EROFS: 'READ_ONLY',
    EACCES: 'PERMISSION',
    EPERM: 'PERMISSION',
  };
  for (const [errno, code] of Object.entries({ ...codes, EIO: 'IO', EMFILE: 'IO' })) {
    const error = ioError(errnoError(errno), 'create', '/x');
    assert.is(error.code, code);
    assert.is(error.message, `cannot create /x: ${errno}`);
    assert.ok(error.hint);
  }
});

places.run();

const faults = suite('fs: faults');

const BODY = [Buffer.alloc(5000, 1), Buffer.alloc(3000, 2)];

/** After a create that failed somewhere: the key is whole or absent, and a new create knows which. */
async function assertWhole(folder: string, key: string, created: boolean | undefined): Promise<void> {
  const backend = await openBackend({ type: 'fs', path: folder });
  const size = await backend.size(key);
  if (created) assert.is(size, 8000);
  if (size !== undefined) assert.ok((await backend.read(key)).equals(Buffer.concat(BODY)));
  assert.equal(await keys(backend, ''), size === undefined ? [] : [key]);
  assert.is(await backend.create(key, BODY), size === undefined);
}

for (const when of ['before', 'after'] as const) {
  faults(`every call of a create fails ${when} it took effect`, async () => {
    for (let n = 1, fired = true; fired; n++) {
      fired = false;
      await withFolder(async (folder) => {
        const backend = await openBackend({ type: 'fs', path: folder });
        let name = '';
        const created = await intercepting(
          async (call, act) => {
            if (call.number !== n) return act();
            fired = true;
            name = call.name;
            const result = when === 'after' ? await act() : undefined;
            if (when === 'after' && name === 'open') return result; // a file handle that nobody has cannot be closed
            throw errnoError('EIO');
          },
          () =>
            backend.create('objects/ab/cd/key', BODY).catch((error: unknown) => {
              assert.ok(isVaultError(error, 'IO'), `${name}: ${error}`);
              return undefined;
            }),
        );
        assert.ok(created !== false);
        if (name !== 'unlink') assert.equal(await readdir(join(folder, 'tmp')).catch(() => []), []);
        await assertWhole(folder, 'objects/ab/cd/key', created);
      });
      if (!fired) assert.ok(n > 20, `only ${n} calls`);
    }
  });
}

faults('a file is synced before it has its name, and its folders before the create resolves', () =>
  withFolder(async (folder) => {
    const log = new DiskLog(folder);
    const backend = new FsBackend(folder);
    await log.record(() => backend.create('a/b/key', BODY));
    assert.equal(
      log.ops.filter(({ op }) => op !== 'mkdir').map(({ op }) => op),
      [
        'create',
        'write',
        'sync',
        'link',
        ...['syncFolder', 'syncFolder', 'syncFolder'], // a/b, a, the root: all were new
        'unlink',
      ],
    );
    log.ops.length = 0;
    assert.is(await log.record(() => backend.create('a/b/key', BODY)), false);
    assert.equal(
      log.ops.map(({ op }) => op),
      ['create', 'write', 'sync', 'syncFolder', 'unlink'],
    );
  }),
);

faults('a moved file is synced in both folders before the move resolves', () =>
  withFolder(async (folder) => {
    const log = new DiskLog(folder);
    const backend = new FsBackend(folder);
    await backend.create('a/b/key', BODY);
    await log.record(() => backend.move('a/b/key', 'trash/c/key'));
    const [rename] = log.ops.splice(0, log.ops.findIndex(({ op }) => op === 'rename') + 1).slice(-1);
    assert.equal(rename, { op: 'rename', path: 'a/b/key', to: 'trash/c/key' });
    const synced = log.ops.map((op) => (op.op === 'syncFolder' ? op.path : op.op));
    assert.equal(synced.slice(0, 4), ['trash/c', 'trash', '', 'a/b']);
  }),
);

faults('a file whose sync failed is given up: no name, and not synced again', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    const synced = new Set<unknown>();
    const asides = new Set<unknown>();
    let syncs = 0;
    await intercepting(
      async ({ name, args, target }, act) => {
        if (name === 'open' && args[1] === 'wx') asides.add(args[0]);
        if (name !== 'handle.sync') return act();
        assert.not.ok(synced.has(target), 'the same file twice');
        synced.add(target);
        if (syncs++ === 0) throw errnoError('EIO');
        return act();
      },
      async () => {
        await rejects(backend.create('p', BODY), 'IO');
        assert.is(await backend.size('p'), undefined);
        assert.is(await backend.create('p', BODY), true);
      },
    );
    assert.is(asides.size, 2, 'written anew');
  }),
);

faults('short writes are completed', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    let writes = 0;
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff));
    const parts = [bytes.subarray(0, 300), bytes.subarray(300, 301), bytes.subarray(301)];
    await intercepting(
      async ({ name, args }, act) => {
        if (name !== 'handle.writev') return act();
        writes++;
        const rest = Buffer.concat(args[0] as Uint8Array[]);
        args[0] = [rest.subarray(0, Math.min(rest.length, 77))];
        return act();
      },
      () => backend.create('p', parts),
    );
    assert.is(writes, 13);
    assert.ok((await backend.read('p')).equals(bytes));
  }),
);

faults('a disk that takes nothing more is an error, not a loop', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    await intercepting(
      async ({ name }, act) => (name === 'handle.writev' ? { bytesWritten: 0 } : act()),
      () => rejects(backend.create('p', BODY), 'IO'),
    );
  }),
);

faults('a full disk says NO_SPACE and leaves nothing behind', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    for (const failing of ['handle.writev', 'handle.sync', 'link', 'mkdir']) {
      await intercepting(
        async ({ name }, act) => {
          if (name !== failing) return act();
          if (failing === 'handle.sync') throw errnoError('EDQUOT');
          throw errnoError('ENOSPC');
        },
        () => rejects(backend.create(`a/${failing.slice(-4)}`, BODY), 'NO_SPACE'),
      );
      assert.equal(await readdir(join(folder, 'tmp')).catch(() => []), []);
    }
    assert.is(await backend.create('a/p', BODY), true);
  }),
);

faults('after a failed sync of a folder nothing more is created', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    let syncs = 0;
    await intercepting(
      async ({ name }, act) => {
        if (name === 'handle.sync' && ++syncs === 2) throw errnoError('EIO'); // the first is the file's
        return act();
      },
      async () => {
        await rejects(backend.create('a/p', BODY), 'IO');
        assert.ok(
          (await rejects(backend.create('a/q', BODY), 'IO')).message.includes('cannot sync the folder'),
        );
      },
    );
    assert.equal(await keys(backend, ''), ['a/p']);
    assert.is(await new FsBackend(folder).create('a/p', BODY), false);
  }),
);

faults('a folder that cannot be opened for its sync makes the create ambiguous, not refused', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    await intercepting(
      async ({ name, args }, act) => {
        if (name === 'open' && args[1] === 'r') throw errnoError('EACCES');
        return act();
      },
      () => rejects(backend.create('a/p', BODY), 'IO'),
    );
    assert.is(await backend.create('a/p', BODY), false);
  }),
);

/** As if the disk kept no modes and showed `mode` for everything. */
function withoutModes<T>(errno: string, mode: number, body: () => Promise<T>): Promise<T> {
  return intercepting(async ({ name }, act) => {
    if (name === 'chmod' || name === 'handle.chmod') throw errnoError(errno);
    const result = await act();
    return ['stat', 'lstat', 'handle.stat'].includes(name) ? withMode(result as Stats, mode) : result;
  }, body);
}

function withMode(stat: Stats, mode: number): Stats {
  if (typeof stat.mode === 'number') stat.mode = (stat.mode & ~0o7777) | mode;
  return stat;
}

for (const [errno, mode] of [
  ['EPERM', 0o777],
  ['ENOSYS', 0o700],
  ['ENOTSUP', 0o755],
] as const) {
  faults(`a file system that keeps no modes is taken as it is: ${errno}, ${mode.toString(8)}`, () =>
    withFolder((folder) =>
      withoutModes(errno, mode, async () => {
        const path = join(folder, 'store');
        const backend = await openBackend({ type: 'fs', path }, { create: true });
        assert.is(await backend.create('a/p', BODY), true);
        assert.is(await backend.create('a/p', BODY), false);
        assert.equal(await keys(backend, ''), ['a/p']);
      }),
    ),
  );
}

faults('modes that keep a group out are not taken where the group shall come in', () =>
  withFolder((folder) =>
    withoutModes('EPERM', 0o755, async () => {
      const path = join(folder, 'store');
      await rejects(openBackend({ type: 'fs', path, shared: true }, { create: true }), 'PERMISSION');
      assert.equal(await readdir(path), []);
    }),
  ),
);

faults('another error of chmod is one', () =>
  withFolder((folder) =>
    withoutModes('EIO', 0o777, async () => {
      await rejects(openBackend({ type: 'fs', path: join(folder, 'store') }, { create: true }), 'IO');
      await rejects(new FsBackend(folder).create('p', BODY), 'IO');
    }),
  ),
);

/** Makes a store where no folder can be synced. */
function makeStoreUnsynced(errno: string, store: string): Promise<void> {
  return intercepting(
    async ({ name }, act) => {
      if (name === 'handle.sync') throw errnoError(errno);
      return act();
    },
    async () => void (await openBackend({ type: 'fs', path: store }, { create: true })),
  );
}

faults('a store is made where folders cannot be synced', () =>
  withFolder((folder) => makeStoreUnsynced('EINVAL', join(folder, 'a/store'))),
);

faults('a store is not made where a folder fails to sync', () =>
  withFolder(async (folder) => void (await rejects(makeStoreUnsynced('EIO', join(folder, 'store')), 'IO'))),
);

faults('a file system that cannot sync folders is taken as it is', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    const files: unknown[] = [];
    await intercepting(
      async ({ name, args }, act) => {
        if (name === 'open') files.push(args[1]);
        if (name === 'handle.sync' && files.at(-1) === 'r') throw errnoError('EINVAL');
        return act();
      },
      async () => assert.is(await backend.create('a/p', BODY), true),
    );
  }),
);

faults('a link whose answer was lost on the way counts', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    await intercepting(
      async ({ name }, act) => {
        const result = await act();
        if (name === 'link') throw errnoError('EEXIST');
        return result;
      },
      async () => assert.is(await backend.create('p', BODY), true),
    );
  }),
);

faults('without hard links the folder that a file leaves is synced before the one it comes to', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    const opened: unknown[] = [];
    await intercepting(
      async ({ name, args }, act) => {
        if (name === 'link') throw errnoError('EPERM');
        if (name === 'open' && args[1] === 'r') opened.push(args[0]);
        return act();
      },
      async () => assert.is(await backend.create('a/p', BODY), true),
    );
    assert.equal(
      opened.filter((path) => path !== `${folder}/`),
      [join(folder, 'tmp'), join(folder, 'a')],
    );
    assert.equal(await readdir(join(folder, 'tmp')), []);
    assert.equal(await keys(backend, ''), ['a/p']);
  }),
);

faults('a failed sync of the folder that a file leaves makes the create ambiguous', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    await intercepting(
      async ({ name, args }, act) => {
        if (name === 'link') throw errnoError('EPERM');
        if (name === 'open' && args[0] === join(folder, 'tmp')) throw errnoError('EIO');
        return act();
      },
      () => rejects(backend.create('a/p', BODY), 'IO'),
    );
    assert.is(await new FsBackend(folder).create('a/p', BODY), false);
  }),
);

faults('a folder that is pruned again and again is made again, within a bound', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    let links = 0;
    const prune = (times: number) =>
      intercepting(
        async ({ name }, act) => {
          if (name === 'link' && links++ < times)
            await rm(join(folder, 'txn/x'), { recursive: true, force: true });
          return act();
        },
        () => backend.create('txn/x/begin', BODY),
      );
    assert.is(await prune(5), true);
    await backend.remove('txn/x/begin');
    assert.equal(await readdir(join(folder, 'txn')), []);
    links = 0;
    await rejects(prune(1000), 'IO');
    assert.is(links, 8);
  }),
);

faults('a folder made by somebody else is synced before the first create in it counts', () =>
  withFolder(async (folder) => {
    const backend = new FsBackend(folder);
    const synced = async (key: string): Promise<string[]> => {
      const opened: string[] = [];
      await intercepting(
        async ({ name, args }, act) => {
          if (name === 'open' && args[1] === 'r') opened.push(String(args[0]).slice(folder.length + 1));
          return act();
        },
        () => backend.create(key, BODY),
      );
      return opened;
    };
    await mkdir(join(folder, 'objects/ab/cd'), { recursive: true });
    assert.equal(await synced('objects/ab/cd/1'), ['objects/ab/cd', 'objects/ab', 'objects', '']);
    assert.equal(await synced('objects/ab/cd/2'), ['objects/ab/cd']);
    assert.equal(await synced('objects/ab/cd/2'), ['objects/ab/cd'], 'also when the name exists');
    assert.equal(await synced('objects/ab/ef/3'), ['objects/ab/ef', 'objects/ab']);
    await rename(join(folder, 'objects/ab/cd'), join(folder, 'objects/ab/old'));
    await mkdir(join(folder, 'objects/ab/cd'));
    assert.equal(await synced('objects/ab/cd/4'), ['objects/ab/cd', 'objects/ab']);
  }),
);

faults.run();
