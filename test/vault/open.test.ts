import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostEnvironment, openVault } from '../../src/index.ts';
import { rejects } from '../store/backend-suite.ts';
import { withFolder } from '../store/temporary.ts';

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

test.run();
