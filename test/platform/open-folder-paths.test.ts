import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OpenFolderPaths, splitOpenFolder } from '../../src/platform/linux/open-folder-paths.ts';

test('paths of names in open folders', () => {
  const paths = new OpenFolderPaths();
  for (const folder of [7, 7, 123, 0, 7]) {
    const path = paths.path(folder, Buffer.from([0xff, 0x2f, 0x61]));
    const prefix = `/proc/self/fd/${folder}/`;
    assert.equal(path, Buffer.concat([Buffer.from(prefix), Buffer.from([0xff, 0x2f, 0x61])]));
    assert.equal(splitOpenFolder(path), { folder, start: prefix.length });
  }
});

test('other paths are not taken apart', () => {
  for (const path of [
    '',
    'x',
    '/proc/self/fd',
    '/proc/self/fd/',
    '/proc/self/fd//x',
    '/proc/self/fd/7',
    '/proc/self/fd/7/',
    '/proc/self/fd/7//x', // the rest would be absolute
    '/proc/self/fd/7x/x',
    '/proc/self/fd/-7/x',
    '/proc/self/fd/07/x',
    '/proc/self/fd/4294967303/x',
    '/proc/self/fe/7/x',
    'proc/self/fd/7/x',
  ]) {
    assert.is(splitOpenFolder(Buffer.from(path)), undefined, path);
  }
});

test.run();
