/** Memory does not grow with what a folder holds: 200,000 names in one. @time-limit 300 */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { type Kept, withKept } from '../vault/kept.ts';

const NAMES = 200_000;
/** Every so many names one is a file, of which `LINKS` share an inode: quick to make. */
const FILE_EVERY = 10;
const LINKS = 1000;
/** 178 and 192 were seen; a snapshot of a single file takes 62. */
const MOST_MEGABYTES = 350;

test(`a snapshot of ${NAMES} names stays under ${MOST_MEGABYTES} MB`, () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('d'));
    let linked = '';
    for (let i = 0; i < NAMES; i++) {
      const path = kept.at('d', `name-${String(i).padStart(7, '0')}`);
      if (i % FILE_EVERY !== 0) symlinkSync('target', path);
      else if (i % (FILE_EVERY * LINKS) !== 0) linkSync(linked, path);
      else {
        writeFileSync(path, `content ${i}`);
        linked = path;
      }
    }
    const first = snapshot(kept, '--init');
    const { files, others } = first.snapshot;
    assert.equal([files, others], [NAMES / FILE_EVERY, NAMES - NAMES / FILE_EVERY]);
    const second = snapshot(kept);
    assert.equal(second.snapshot.files, files);
    const most = Math.max(first.megabytes, second.megabytes);
    assert.ok(most < MOST_MEGABYTES, `${Math.round(most)} MB`);
  }, FAST_FOLDER));

/** Runs the built program on the folder: what it says, and what memory its process took with all threads. */
function snapshot(kept: Kept, ...options: string[]): { snapshot: Counts; megabytes: number } {
  const peak = join(import.meta.dirname, 'peak-memory.ts');
  const program = join(import.meta.dirname, '../../bin/vault.js');
  const args = ['--import', peak, program, 'snapshot', kept.root, ...options, '--json'];
  const env = { PATH: '/usr/bin:/bin', HOME: kept.base };
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe'] as const;
  const { status, output } = spawnSync(process.execPath, args, { env, stdio: [...stdio] });
  assert.is(status, 0);
  const { snapshot } = JSON.parse(String(output[1]));
  return { snapshot, megabytes: Number(output[3]) / 1024 };
}

interface Counts {
  files: number;
  others: number;
}

test.run();
