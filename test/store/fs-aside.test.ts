import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clearAside } from '../../src/store/backend/fs-aside.ts';
import { withFolder } from './temporary.ts';

const NOW = 1_767_225_600_000;
const HOUR = 3_600_000;

test('what killed processes have left in tmp/ goes, what may be in use and what is not ours stays', () =>
  withFolder(async (folder) => {
    const tmp = join(folder, 'tmp');
    const isRunning = (pid: number) => pid === 7;
    const clear = () => clearAside(folder, { now: NOW, isRunning });
    assert.is(await clear(), 0);
    mkdirSync(tmp);
    const make = (name: string, hours: number, isFolder = false) => {
      const path = join(tmp, name);
      if (isFolder) mkdirSync(path);
      else writeFileSync(path, 'x');
      utimesSync(path, new Date(NOW - hours * HOUR), new Date(NOW - hours * HOUR));
      return path;
    };
    const nonce = '00112233445566ff';
    const goes = [
      make(`8-${nonce}`, 2),
      make(`7-${nonce}`, 25),
      make('index-0011223344556677', 25, true),
      make('probe-00ff', 25),
    ];
    const stays = [
      make(`9-${nonce}`, 0.5),
      make(`7-${nonce.replace('00', '01')}`, 2),
      make('index-0011223344556688', 2, true),
      make('notes.txt', 1000),
      make(`8-${nonce}.bak`, 1000),
    ];
    assert.is(await clear(), goes.length);
    assert.equal(
      goes.map(existsSync),
      goes.map(() => false),
    );
    assert.equal(
      stays.map(existsSync),
      stays.map(() => true),
    );
  }));

test.run();
