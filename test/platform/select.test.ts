/** Which platform is chosen, when koffi is loaded, and that threads have their own. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { getPlatform } from '../../src/platform/select.ts';

const SELECT = new URL('../../src/platform/select.ts', import.meta.url).href;
const linux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

test('Linux gets libc, others plain Node; always the same one', () => {
  assert.is(getPlatform().name, linux ? 'linux' : 'portable');
  assert.is(getPlatform(), getPlatform());
});

if (linux) {
  test('koffi is loaded by the first call, not by the import', () => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { getPlatform } from '${SELECT}';
      const loaded = () => readFileSync('/proc/self/maps', 'latin1').includes('koffi.node');
      const before = loaded();
      getPlatform();
      console.log(before, loaded());`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program]);
    assert.is(output.toString().trim(), 'false true');
  });
}

/** A thread that writes, looks at and reads back 500 files. */
const THREAD = `
    const { parentPort, workerData } = require('node:worker_threads');
    import('${SELECT}').then(({ getPlatform }) => {
      const platform = getPlatform();
      let bytes = 0;
      for (let i = 0; i < 500; i++) {
        const path = Buffer.from(workerData + '-' + i);
        const fd = platform.createFile(path, 0o600);
        platform.write(fd, Buffer.from(workerData));
        platform.setTimesFd(fd, i, i);
        platform.close(fd);
        const stat = platform.lstat(path);
        if (stat.mtimeS !== i || stat.mtimeNs !== (platform.abilities.nanoseconds ? i : stat.mtimeNs)) throw new Error('time');
        const read = platform.openForRead(path);
        bytes += platform.read(read, Buffer.alloc(4096));
        platform.close(read);
        try { platform.lstat(Buffer.from(workerData + '-none')); throw new Error('there'); }
        catch (error) { if (error.code !== 'ENOENT') throw error; }
      }
      parentPort.postMessage(bytes);
    });`;

test('four threads at once, each with its own', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'vault-platform-'));
  try {
    const prefixes = [0, 1, 2, 3].map((i) => join(folder, `thread-${i}`));
    const bytes = await Promise.all(prefixes.map(runThread));
    assert.equal(
      bytes,
      prefixes.map((prefix) => 500 * prefix.length),
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

/** What the thread posts; a warning of it (a descriptor that Node did not open) fails. */
function runThread(prefix: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, { eval: true, workerData: prefix, stderr: true });
    let said = '';
    thread.stderr.on('data', (text) => {
      said += text;
    });
    let posted: unknown;
    thread.on('message', (message) => {
      posted = message;
    });
    thread.on('error', reject);
    thread.on('exit', () => (said === '' ? resolve(posted) : reject(new Error(said))));
  });
}

test.run();
