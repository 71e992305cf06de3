/** Memory does not grow with what a folder holds: 200,000 names in one. @time-limit 120 */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withKept } from '../vault/kept.ts';

const NAMES = 200_000;
/** Every so many names one is a file, of which `LINKS` share an inode: quick to make. */
const FILE_EVERY = 10;
const LINKS = 1000;
/** In memory where that can be: making and removing so many names on a disk takes most of a minute. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** Of which a snapshot of a single file takes 135. */
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
    await kept.init();
    await kept.close();
    const script = join(import.meta.dirname, 'memory-process.ts');
    const { files, others, megabytes } = JSON.parse(
      execFileSync(process.execPath, [script, kept.base]).toString(),
    );
    assert.equal([files, others], [NAMES / FILE_EVERY, NAMES - NAMES / FILE_EVERY]);
    assert.ok(megabytes < MOST_MEGABYTES, `${Math.round(megabytes)} MB`);
  }, PARENT));

test.run();
