/** Memory whose address libc has survives garbage collection, and a folder's names take little of it. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createLinuxPlatform } from '../../src/platform/linux.ts';
import { withFolder } from './folder.ts';

/** By which V8's own memory was seen to vary on a busy machine. */
const OWN_NOISE = 4e6;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Collects garbage and puts something else where it was. */
function churn(): Buffer[] {
  gc();
  const litter: Buffer[] = [];
  for (const size of [1, 8, 32, 48, 64, 256, 4096, 8192, 65_536, 262_144]) {
    for (let i = 0; i < 200; i++) litter.push(Buffer.alloc(size, 0xee));
  }
  gc();
  return litter;
}

if (process.platform !== 'linux') test.skip('memory of the Linux platform: this is another system', () => {});
else defineMemory();

function defineMemory(): void {
  test('every call works after the garbage was collected', () => {
    withFolder(({ path, at }) => {
      fs.writeFileSync(at('file'), 'content');
      fs.symlinkSync('target', at('link'));
      const platform = createLinuxPlatform();
      const directory = platform.openDirectory(path);
      for (let round = 0; round < 3; round++) {
        const litter = churn();
        const fd = platform.openForRead(at('file'));
        assert.is(platform.fstat(fd).size, 7);
        platform.setTimesFd(fd, 1000 + round, 5);
        platform.setTimes(at('link'), 2000 + round, 6);
        assert.is(directory.stat(0).mtimeS, 1000 + round);
        assert.is(directory.stat(1).mtimeS, 2000 + round);
        assert.is(directory.readlink(1).toString(), 'target');
        assert.equal(platform.listXattrsFd(fd), []);
        assert.equal(platform.listXattrs(at('file')), []);
        assert.is(platform.userId('root'), 0);
        assert.is(platform.userName(0), 'root');
        platform.close(fd);
        assert.ok(litter.every((buffer) => buffer[0] === 0xee && buffer.at(-1) === 0xee));
      }
      directory.close();
    });
  });

  test('names of a large folder take their bytes, and a little more while it is listed', () => {
    const COUNT = 60_000;
    const NAME = 200;
    withFolder(
      ({ path, at }) => {
        fs.writeFileSync(at('first'), '');
        for (let i = 1; i < COUNT; i++) fs.linkSync(at('first'), at(String(i).padStart(NAME, '0')));
        const grown = execFileSync(process.execPath, [import.meta.filename, 'child', path.toString()]);
        const bytes = COUNT * (NAME + 7);
        assert.ok(Number(grown) < 2.2 * bytes + OWN_NOISE, `${grown} bytes more for ${bytes} bytes of names`);
      },
      fs.existsSync('/dev/shm') ? '/dev/shm' : undefined,
    );
  });
}

/** In a process of its own: by how much the peak of its memory rose over what it had. */
function listAndTell(path: string): void {
  const platform = createLinuxPlatform();
  platform.openDirectory(Buffer.from('/')).close();
  gc();
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
  const before = Math.max(peak(), process.memoryUsage.rss());
  const directory = platform.openDirectory(Buffer.from(path));
  const after = peak();
  directory.close();
  process.stdout.write(String(after - before));
}

if (process.argv[2] === 'child') listAndTell(process.argv[3]!);
else test.run();
