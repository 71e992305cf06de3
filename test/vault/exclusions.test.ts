/** What a snapshot leaves out: vaults, links to them, restores' leftovers, caches, rules, other file systems. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IgnoreChecker, initVault, Kind } from '../../src/index.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { assertHolds } from './inventory.ts';
import { fullTree, type Kept, pathsOf, type Taken, take, treeOf, withKept } from './kept.ts';

function write(kept: Kept, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(kept.at(path), '..'), { recursive: true });
    writeFileSync(kept.at(path), content);
  }
}

function excluded({ excluded }: Taken): string[] {
  return excluded.map(({ path, reason }) => `${path.toString('latin1')} (${reason})`);
}

function fifo(path: string): void {
  getPlatform().mknod(Buffer.from(path), Kind.fifo, 0o600, 0, 0);
}

test('the store in use, wherever it lies and whatever it is called', () =>
  withKept(async (kept) => {
    write(kept, { 'a.txt': 'a' });
    const vault = await kept.init();
    assert.equal(excluded(await take(vault)), ['.vault (store)']);
    await kept.close();
    mkdirSync(kept.at('deep/down'), { recursive: true });
    renameSync(kept.at('.vault'), kept.at('deep/down/data'));
    const moved = await kept.open({ store: kept.at('deep/down/data'), line: 'main' });
    const taken = await take(moved, { line: 'main' });
    assert.equal(excluded(taken), ['deep/down/data (store)']);
    assert.equal(await pathsOf(moved, taken), ['a.txt', 'deep', 'deep/down']);
    symlinkSync('deep/down/data', kept.at('.vault'));
    const linked = await kept.open({ line: 'main' });
    assert.equal(excluded(await take(linked, { line: 'main' })), ['deep/down/data (store)']);
  }));

test('other vaults and links to them, but not what is merely called .vault', () =>
  withKept(async (kept) => {
    write(kept, {
      'mine/.vault/notes.txt': 'my own folder',
      'mine/.vault/config': 'my own file',
      'config/objects/x': '',
      'config/refs/x': '',
      'config/config': 'no vault',
      'text/.vault': 'a file of mine',
    });
    const vault = await kept.init();
    await initVault({ folder: kept.at('other'), environment: kept.environment });
    await initVault({
      folder: kept.at('linked'),
      store: kept.at('stores/bare'),
      environment: kept.environment,
    });
    write(kept, { 'other/file': 'o', 'linked/file': 'l' });
    const full = kept.at('used');
    await initVault({ folder: full, environment: kept.environment });
    writeFileSync(join(full, 'file'), 'u');
    const used = await kept.open({ store: join(full, '.vault'), root: Buffer.from(full) });
    await take(used);
    const taken = await take(vault);
    assert.equal(excluded(taken), [
      '.vault (store)',
      'linked/.vault (vault)',
      'other/.vault (vault)',
      'stores/bare (vault)',
      'used/.vault (vault)',
    ]);
    const left = ['.vault', 'linked/.vault', 'other/.vault', 'stores/bare', 'used/.vault'];
    await assertHolds(vault, taken, (path) => left.includes(path));
    assert.equal(taken.excludedBy, { store: 1, vault: 4 });
  }));

test('a PATH in another vault leaves it out as well', () =>
  withKept(async (kept) => {
    write(kept, { 'a.txt': 'a' });
    const vault = await kept.init();
    await initVault({ folder: kept.at('other'), environment: kept.environment });
    const paths = [Buffer.from('other/.vault/config'), Buffer.from('.vault/config')];
    const taken = await take(vault, { paths });
    assert.equal(await pathsOf(vault, taken), ['other']);
    assert.equal(excluded(taken), ['.vault (store)', 'other/.vault (vault)']);
  }));

test('fifos in the place of a tag, an ignore file and a config do not block', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('like/objects'), { recursive: true });
    mkdirSync(kept.at('like/refs'));
    for (const name of ['CACHEDIR.TAG', '.vaultignore', 'like/config', 'like/.vault']) fifo(kept.at(name));
    const vault = await kept.init();
    const taken = await take(vault);
    await assertHolds(vault, taken);
  }));

test('what restores keep beside their destination', () =>
  withKept(async (kept) => {
    write(kept, {
      '.vault_restore.1/x': '',
      '.vault_restore_journal': '',
      'sub/.vault_restored/x': '',
      'a.vault_stage': '',
      'sub/b.vault_stage/x': '',
      'a.vault_stage.txt': 'kept',
      'x.vault_restore': 'kept',
    });
    const vault = await kept.init();
    const taken = await take(vault);
    assert.equal(await pathsOf(vault, taken), ['a.vault_stage.txt', 'sub', 'x.vault_restore']);
    assert.is(taken.excludedBy.restore, 5);
  }));

test('cache folders keep only their tag', () =>
  withKept(async (kept) => {
    const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n# this is a cache\n';
    write(kept, {
      'cache/CACHEDIR.TAG': tag,
      'cache/data': 'x',
      'cache/deep/data': 'x',
      'almost/CACHEDIR.TAG': tag.replace('8a47', '8a48'),
      'almost/data': 'x',
      'link/data': 'x',
    });
    symlinkSync('../cache/CACHEDIR.TAG', kept.at('link/CACHEDIR.TAG'));
    const vault = await kept.init();
    const taken = await take(vault);
    const paths = await pathsOf(vault, taken);
    assert.equal(
      paths.filter((path) => path.startsWith('cache')),
      ['cache', 'cache/CACHEDIR.TAG'],
    );
    assert.ok(paths.includes('almost/data'));
    // The specification wants a regular file.
    assert.ok(paths.includes('link/data'));
    assert.is(taken.excludedBy.cache, 2);
    assert.is(treeOf(await take(vault)), treeOf(taken));
  }));

test('a folder that becomes a cache loses its content in the next snapshot', () =>
  withKept(async (kept) => {
    write(kept, { 'c/a': '1', 'c/b': '2' });
    const vault = await kept.init();
    await take(vault);
    writeFileSync(kept.at('c/CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55');
    const taken = await take(vault);
    assert.equal(await pathsOf(vault, taken), ['c', 'c/CACHEDIR.TAG']);
  }));

const RULES: Record<string, string> = {
  '.vaultignore': '# comment\n*.log\n!keep.log\n/top\nbuild/\nREADME\nsp ace\n\\#hash\ndoc/**/tmp\n*.o\r\n\n',
  'sub/.vaultignore': '!*.log\nsecret\n/only-here\n',
  'sub/deep/.vaultignore': 'very.log\n',
};

const FILES = [
  'a.log',
  'keep.log',
  'top',
  'build/x',
  'src/build/x',
  'src/build.txt',
  'src/top',
  'README',
  'readme',
  'sp ace',
  '#hash',
  'doc/tmp',
  'doc/a/b/tmp',
  'x.o',
  'x.O',
  'sub/b.log',
  'sub/secret',
  'sub/only-here',
  'sub/deep/c.log',
  'sub/deep/very.log',
  'sub/deep/only-here',
  'other/secret',
];

test('.vaultignore: nested, with negation, anchored, case-sensitive', () =>
  withKept(async (kept) => {
    write(kept, { ...Object.fromEntries(FILES.map((path) => [path, path])), ...RULES });
    const vault = await kept.init();
    const taken = await take(vault);
    const there = (await pathsOf(vault, taken)).filter((path) => FILES.includes(path));
    assert.equal(there.sort(), keptByGit(kept).sort());
    assert.ok(there.includes('readme') && !there.includes('README'));
    assert.is(taken.excludedBy.rule, taken.excluded.length - 1);
  }));

/** What git says of the same rules: there they stand in `.gitignore`. */
function keptByGit(kept: Kept): string[] {
  const copy = join(kept.base, 'git');
  cpSync(kept.root, copy, { recursive: true, filter: (path) => !path.endsWith('/.vault') });
  for (const path of Object.keys(RULES))
    renameSync(join(copy, path), join(copy, path.replace('vault', 'git')));
  execFileSync('git', ['init', '-q', copy]);
  const listed = execFileSync('git', ['-C', copy, 'ls-files', '-z', '--others', '--exclude-standard']);
  return listed
    .toString()
    .split('\0')
    .filter((path) => FILES.includes(path));
}

test('--exclude wins over all files, and over what it lets in again', () =>
  withKept(async (kept) => {
    write(kept, {
      '.vaultignore': '*.log\n',
      'a.log': '',
      'b.txt': '',
      'c.tmp': '',
      'sub/.vaultignore': '!*.tmp\n',
      'sub/d.tmp': '',
    });
    const vault = await kept.init();
    const taken = await take(vault, { exclude: ['*.tmp', '!a.log', 'SUB'] });
    assert.equal(await pathsOf(vault, taken), ['.vaultignore', 'a.log', 'b.txt', 'sub', 'sub/.vaultignore']);
  }));

test('rules for names that are no UTF-8', () =>
  withKept(async (kept) => {
    const root = Buffer.from(`${kept.root}/`);
    for (const name of ['a\xff', 'b\xff'])
      writeFileSync(Buffer.concat([root, Buffer.from(name, 'latin1')]), name);
    writeFileSync(kept.at('ü.txt'), '');
    writeFileSync(kept.at('.vaultignore'), Buffer.from('a\xff\n', 'latin1'));
    const vault = await kept.init();
    const taken = await take(vault, { exclude: [Buffer.from('ü*').toString('latin1')] });
    assert.equal(await pathsOf(vault, taken), ['.vaultignore', 'b\xff']);
  }));

test('an ignore file that comes, changes and goes; a symlink to one', () =>
  withKept(async (kept) => {
    write(kept, { 'a.log': 'a', 'b.txt': 'b', 'd/c.log': 'c' });
    writeFileSync(join(kept.base, 'shared'), '*.log\n');
    const vault = await kept.init();
    await take(vault);
    symlinkSync('../../shared', kept.at('d/.vaultignore'));
    assert.equal(await pathsOf(vault, await take(vault)), ['a.log', 'b.txt', 'd', 'd/.vaultignore']);
    writeFileSync(kept.at('.vaultignore'), '*.txt\n');
    const taken = await take(vault);
    assert.equal(await pathsOf(vault, taken), ['.vaultignore', 'a.log', 'd', 'd/.vaultignore']);
    assert.is(treeOf(taken), await fullTree(vault));
  }));

test('hard links to what is left out elsewhere are kept', () =>
  withKept(async (kept) => {
    write(kept, { 'out/a': 'linked', '.vaultignore': '/out\n' });
    linkSync(kept.at('out/a'), kept.at('b'));
    const vault = await kept.init();
    const taken = await take(vault);
    assert.equal(await pathsOf(vault, taken), ['.vaultignore', 'b']);
  }));

test('of an ignore file only 1 MiB is read, and that is said', () =>
  withKept(async (kept) => {
    const line = '# a comment of some length that says nothing\n';
    writeFileSync(kept.at('.vaultignore'), `*.o\n${line.repeat(25_000)}*.txt\n`);
    write(kept, { 'a.o': 'a', 'a.txt': 'a' });
    const taken = await take(await kept.init());
    assert.equal(await pathsOf(await kept.open(), taken), ['.vaultignore', 'a.txt']);
    assert.equal(
      taken.warnings.map(({ path, code }) => [String(path), code]),
      [['.vaultignore', 'LONG']],
    );
  }));

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const mountTest = canMount ? test : (title: string) => test.skip(`${title} (needs the right to mount)`);

async function withMounts<T>(places: string[], body: () => Promise<T>): Promise<T> {
  const mounted: string[] = [];
  try {
    for (const place of places) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'vault-test', place]);
      mounted.push(place);
    }
    return await body();
  } finally {
    for (const place of mounted.reverse()) execFileSync('umount', [place]);
  }
}

mountTest('other file systems: taken, with their ordinal, or left out', () =>
  withKept(async (kept) => {
    for (const path of ['m1', 'sub/m2']) mkdirSync(kept.at(path), { recursive: true });
    await withMounts([kept.at('m1'), kept.at('sub/m2')], async () => {
      write(kept, { 'm1/a': 'a', 'sub/m2/b': 'b', 'sub/c': 'c' });
      const vault = await kept.init();
      const all = await take(vault);
      await assertHolds(vault, all);
      assert.equal(all.snapshot.mounts.map(String), ['', 'm1', 'sub/m2']);
      const one = await take(vault, { oneFileSystem: true });
      assert.equal(await pathsOf(vault, one), ['m1', 'sub', 'sub/c', 'sub/m2']);
      assert.is(one.excludedBy['file system'], 2);
      const checker = new IgnoreChecker(vault, { oneFileSystem: true });
      assert.is(checker.check(Buffer.from('sub/m2/b')).reason, 'file system');
      assert.is(checker.check(Buffer.from('sub/c')).ignored, false);
      const again = await take(vault);
      assert.is(treeOf(again), treeOf(all));
      const partial = await take(vault, { paths: [Buffer.from('sub/m2')] });
      assert.is(treeOf(partial), treeOf(all));
      assert.equal(partial.snapshot.mounts.map(String), ['', 'm1', 'sub/m2']);
      await kept.close();
    });
  }),
);

test.run();
