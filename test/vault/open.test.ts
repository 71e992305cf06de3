import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import fsp from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostEnvironment, openVault } from '../../src/index.ts';
import { rejects } from '../store/backend-suite.ts';
import { errnoError } from '../store/fs-faults.ts';
import { withFolder } from '../store/temporary.ts';
import { contentOf, entriesOf, take, withKept } from './kept.ts';

const FDS = '/proc/self/fd';
const test = suite('opening');
const fdTest = existsSync(FDS) ? test : test.skip;

function isHeld(folder: string): boolean {
  return readdirSync(FDS).some((fd) => {
    try {
      return readlinkSync(join(FDS, fd)) === folder;
    } catch {
      return false; // the descriptor of the listing itself
    }
  });
}

fdTest('a folder that holds no vault is let go of', () =>
  withFolder(async (folder) => {
    await rejects(
      openVault({ store: folder, environment: hostEnvironment(join(folder, 'cache')) }),
      'NO_VAULT',
    );
    assert.not.ok(isHeld(folder));
  }),
);

test('a store on a read-only file system that does not say so is read by a private index', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'text');
    const vault = await kept.init();
    const taken = await take(vault);
    await vault.close();
    const store = kept.at('.vault');
    rmSync(join(store, 'index'), { recursive: true });
    const { mkdir } = fsp;
    // As fuseiso: what is there may be "made" again by a recursive call, else Node says ENOENT of the ENOSYS.
    const readOnly = async (path: string, options?: { recursive?: true; mode?: number }) => {
      if (!path.startsWith(store)) return mkdir(path, options);
      const isRecursive = options?.recursive === true;
      if (existsSync(path) && isRecursive) return undefined;
      throw errnoError(existsSync(path) ? 'EEXIST' : isRecursive ? 'ENOENT' : 'ENOSYS');
    };
    fsp.mkdir = readOnly as typeof fsp.mkdir;
    try {
      const again = await kept.open();
      const file = (await entriesOf(again, taken)).get('a');
      assert.is((await contentOf(again, file!)).toString(), 'text');
      await again.close();
    } finally {
      fsp.mkdir = mkdir;
    }
    assert.not.ok(existsSync(join(store, 'index')));
  }));

test.run();
