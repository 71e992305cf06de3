/** Archives, unpacked by the programs that everybody has, are the folder; the same snapshot gives the same bytes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArchiveOptions, archive, Kind, type Repository } from '../../src/index.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { ZipWriter } from '../../src/vault/archive/zip.ts';
import { testWith } from '../support/tools.ts';
import { inventory } from './inventory.ts';
import { type Kept, take, withKept } from './kept.ts';

const LONG = 'l'.repeat(180);

/** Everything that a format may stumble over. `others`: what zip has no word for. */
function fill(kept: Kept): void {
  const platform = getPlatform();
  const write = (name: string | Buffer, content: string | Buffer): Buffer => {
    const path = Buffer.concat([Buffer.from(`${kept.root}/`), Buffer.from(name)]);
    mkdirSync(path.subarray(0, path.lastIndexOf(0x2f)), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  platform.setTimes(write('a.txt', 'hello\n'), 1_600_000_001, 123_456_789);
  platform.setTimes(write('old', 'before 1970'), -2, 500_000_000);
  platform.setTimes(write('1979', 'before zip'), 300_000_001, 0);
  platform.setTimes(write('late', 'after 2038'), 4_000_000_000, 1);
  write('empty', '');
  write(`${LONG}/${LONG}/deep.txt`, 'in long folders');
  write('grüße/naïve — ☃.txt', 'not ASCII');
  write('line\nbreak', 'x');
  write('many.txt', 'the same line again and again\n'.repeat(40_000));
  write('random.bin', randomBytes(50_000));
  mkdirSync(kept.at('void'));
  chmodSync(write('run.sh', '#!/bin/sh\n'), 0o4751);
  symlinkSync('a.txt', kept.at('link'));
  symlinkSync(`${LONG}/${LONG}/deep.txt`, kept.at('long link'));
  chmodSync(kept.at('void'), 0o1770);
}

function fillOthers(kept: Kept): void {
  const platform = getPlatform();
  mkdirSync(kept.at('others'));
  linkSync(kept.at('a.txt'), kept.at('others/zz.txt'));
  platform.mknod(Buffer.from(kept.at('others/fifo')), Kind.fifo, 0o640, 0, 0);
  platform.mknod(Buffer.from(kept.at('others/socket')), Kind.socket, 0o640, 0, 0);
  writeFileSync(Buffer.concat([Buffer.from(`${kept.root}/others/caf`), Buffer.of(0xe9)]), 'latin1');
}

async function bytesOf(
  vault: Repository,
  options: Omit<ArchiveOptions, 'revision'> & { revision?: string },
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await archive(vault, { revision: 'HEAD', ...options })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A line a name: kind, mode, time, content. */
function listing(folder: string, precise: boolean, leaves: (path: string) => boolean): string[] {
  const lines: string[] = [];
  for (const [path, stat] of inventory(Buffer.from(folder), leaves)) {
    const full = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
    const content = stat.isFile() ? createHash('sha256').update(readFileSync(full)).digest('hex') : '';
    const target = stat.isSymbolicLink() ? getPlatform().readlink(full).toString('latin1') : '';
    const time = precise ? stat.mtimeNs : stat.mtimeNs / 1_000_000_000n;
    const links = precise && stat.isFile() ? stat.nlink : '';
    const mtime = !precise && (stat.isDirectory() || stat.isSymbolicLink()) ? '' : time;
    const mode = stat.isSymbolicLink() ? '' : stat.mode.toString(8);
    lines.push(JSON.stringify([path, mode, String(mtime), String(links), content, target]));
  }
  return lines.sort();
}

const isVault = (path: string): boolean => path === '.vault' || path === 'others/socket';

testWith(['python3', 'tar', 'unzip'], 'tar and tar.gz hold all but sockets', () =>
  withKept(async (kept) => {
    fill(kept);
    fillOthers(kept);
    const vault = await kept.init();
    await take(vault);
    const left: string[] = [];
    const tar = await bytesOf(vault, { format: 'tar', onLeftOut: (path) => left.push(path.toString()) });
    assert.equal(left, ['others/socket']);
    assert.is(tar.length % 10_240, 0, 'whole records');
    assert.ok((await bytesOf(vault, { format: 'tar' })).equals(tar), 'the same bytes again');
    const out = join(kept.base, 'out');
    mkdirSync(out);
    const unpack = ['-xpf', '-', '--warning=no-timestamp', '-C', out];
    const said = spawnSync('tar', unpack, { input: tar, encoding: 'utf8' });
    assert.is(said.stderr, '');
    assert.equal(listing(out, true, isVault), listing(kept.root, true, isVault));

    const gz = await bytesOf(vault, { format: 'tar.gz', prefix: Buffer.from('p-1/') });
    assert.ok((await bytesOf(vault, { format: 'tar.gz', prefix: Buffer.from('p-1/') })).equals(gz));
    const names = execFileSync('tar', ['-tzf', '-'], { input: gz, encoding: 'utf8' }).trim().split('\n');
    assert.is(names[0], 'p-1/');
    assert.ok(names.every((name) => name.startsWith('p-1/')));
    const [python] = pythonOn(
      tar,
      'import tarfile,sys,io;t=tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()));print(t.getmember("a.txt").mtime, t.getmember("old").mtime)',
    );
    assert.is(python, '1600000001.1234567 -1.5');
  }),
);

function pythonOn(input: Buffer, script: string, ...args: string[]): string[] {
  return execFileSync('python3', ['-c', script, ...args], { input, encoding: 'utf8', maxBuffer: 1 << 26 })
    .trim()
    .split('\n');
}

testWith(['python3', 'tar', 'unzip'], 'zip holds files, folders and symlinks', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    const zip = await bytesOf(vault, { format: 'zip' });
    assert.ok((await bytesOf(vault, { format: 'zip' })).equals(zip), 'the same bytes again');
    const file = join(kept.base, 'a.zip');
    writeFileSync(file, zip);
    execFileSync('python3', ['-m', 'zipfile', '-t', file]);
    const out = join(kept.base, 'out');
    const unzip = spawnSync('unzip', ['-q', file, '-d', out], { encoding: 'utf8', env: { LANG: 'C.UTF-8' } });
    assert.is(unzip.status, 0, unzip.stderr);
    // Times that 32 bits do not hold, and what unzip leaves out of names and modes.
    const same = (line: string): boolean => !/^\["(old|late|run\.sh|void|line.*break)"/.test(line);
    assert.equal(listing(out, false, isVault).filter(same), listing(kept.root, false, isVault).filter(same));
    fillOthers(kept);
    await take(vault);
    const left: string[] = [];
    const whole = await bytesOf(vault, {
      revision: 'HEAD:others',
      format: 'zip',
      onLeftOut: (path) => left.push(path.toString()),
    });
    assert.equal(left, ['fifo', 'socket']);
    assert.ok(whole.includes(Buffer.from([0x63, 0x61, 0x66, 0xe9])), 'the bytes of the name');
  }),
);

testWith(['python3', 'tar', 'unzip'], 'one folder, one file, and prefixes', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('sub'));
    writeFileSync(kept.at('sub/x'), 'x');
    const vault = await kept.init();
    await take(vault);
    const names = async (revision: string, prefix = ''): Promise<string> => {
      const tar = await bytesOf(vault, { revision, format: 'tar', prefix: Buffer.from(prefix) });
      return execFileSync('tar', ['-tf', '-'], { input: tar, encoding: 'utf8' });
    };
    assert.is(await names('HEAD:sub'), 'x\n');
    assert.is(await names('HEAD:sub/x'), 'x\n');
    assert.is(await names('HEAD:sub/x', 'in/v1-'), 'in/v1-x\n');
    assert.is(await names('HEAD', 'in/'), 'in/\nin/sub/\nin/sub/x\n');
    for (const prefix of ['/abs/', '../up/', 'a/../b', 'a//b/', '/', 'nul\0'])
      await names('HEAD', prefix).then(assert.unreachable, ({ code }) => assert.is(code, 'USAGE', prefix));
  }),
);

testWith(['python3', 'tar', 'unzip'], 'zip64: many names, and sizes in large fields', async () => {
  const COUNT = 66_000;
  const name = (i: number) => ({
    path: Buffer.from(`n${i}`),
    entry: { name: Buffer.of(), kind: Kind.file, id: Buffer.of() },
  });
  const large = Buffer.alloc(1024 * 1024 + 1, 'z');
  async function* none(): AsyncGenerator<Buffer> {}
  async function* content(): AsyncGenerator<Buffer> {
    yield large.subarray(0, 700_000);
    yield large.subarray(700_000);
  }
  async function* members(count: number) {
    for (let i = 0; i < count; i++) yield name(i);
  }
  const collect = async (writer: ZipWriter, count: number, last: boolean): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const isLarge = last && i === count - 1;
      for await (const piece of writer.member(
        name(i),
        isLarge ? large.length : 0,
        isLarge ? content() : none(),
      ))
        pieces.push(piece);
    }
    for await (const piece of writer.end(members(count))) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const script = `import zipfile,sys,io
z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
print(len(z.namelist()), z.testzip() if len(z.namelist()) < 9 else None, sum(i.file_size for i in z.infolist()), z.infolist()[-1].extract_version)`;
  assert.equal(pythonOn(await collect(new ZipWriter(), COUNT, false), script), [`${COUNT} None 0 20`]);
  const wide = await collect(new ZipWriter(50), 3, true);
  assert.equal(pythonOn(wide, script), [`3 None ${large.length} 45`]);
});

test('an abort ends it in the middle of a file', () =>
  withKept(async (kept) => {
    const size = 16 * 1024 * 1024;
    writeFileSync(kept.at('large'), randomBytes(size));
    const vault = await kept.init();
    await take(vault);
    for (const format of ['tar', 'tar.gz', 'zip'] as const) {
      const ending = new AbortController();
      const pieces = await archive(vault, { revision: 'HEAD', format, signal: ending.signal });
      await pieces.next();
      ending.abort(new Error('enough'));
      let bytes = 0;
      const rest = async () => {
        for await (const piece of pieces) bytes += piece.length;
      };
      await rest().then(
        () => assert.unreachable(format),
        ({ message }) => assert.is(message, 'enough'),
      );
      assert.ok(bytes < size / 2, `${format}: ${bytes} bytes came after it`);
    }
  }));

test.run();
