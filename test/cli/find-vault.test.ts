/** Which vault a command means. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { joinBytes, liesIn, parentOf, resolveBytes } from '../../src/cli/paths/path-bytes.ts';
import { findVault } from '../../src/cli/vault/find-vault.ts';
import { isVaultError } from '../../src/errors.ts';

const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'vault-find-')));
const at = (...names: string[]): string => path.join(base, ...names);
const places = suite('findVault');

places.before(() => {
  for (const vault of ['thesis/.vault', 'store', 'outer/.vault', 'outer/inner/.vault']) {
    mkdirSync(at(vault, 'objects'), { recursive: true });
    mkdirSync(at(vault, 'refs'));
    writeFileSync(at(vault, 'config'), '{}');
  }
  mkdirSync(at('thesis/deep/deeper'), { recursive: true });
  mkdirSync(at('linked/sub'), { recursive: true });
  mkdirSync(at('thesis/own/.vault'), { recursive: true });
  mkdirSync(at('home/vault'), { recursive: true });
  writeFileSync(at('linked/.vault'), 'store = "../store"\nline = "laptop/linked"\n');
  writeFileSync(at('thesis/a.txt'), '');
  process.env.XDG_CONFIG_HOME = at('home');
  delete process.env.VAULT_DIR;
});

places.before.each(() => {
  process.chdir(base);
  delete process.env.VAULT_DIR;
  rmSync(at('home/vault/config.toml'), { force: true });
});

places.after(() => {
  process.chdir('/');
  rmSync(base, { recursive: true });
});

const THESIS = { store: at('thesis/.vault'), root: Buffer.from(at('thesis')) };
const LINKED = { store: at('store'), root: Buffer.from(at('linked')), line: 'laptop/linked' };

function fails(
  code: 'NO_VAULT' | 'BAD_PATH' | 'USAGE' | 'UNKNOWN_FORMAT',
  text: RegExp,
  call: () => unknown,
): void {
  assert.throws(call, (error: unknown) => isVaultError(error, code) && text.test(error.message));
}

places('the nearest upward from the current folder', () => {
  process.chdir(at('thesis/deep/deeper'));
  assert.equal(findVault(), THESIS);
  process.chdir(at('outer/inner'));
  assert.is(findVault().store, at('outer/inner/.vault'));
});

places('a file is a link', () => {
  process.chdir(at('linked/sub'));
  assert.equal(findVault(), LINKED);
});

places("a user's own folder of that name is none", () => {
  process.chdir(at('thesis/own'));
  assert.equal(findVault(), THESIS);
});

places('the environment comes before the search, the option before both', () => {
  process.chdir(at('thesis'));
  process.env.VAULT_DIR = '../linked';
  assert.equal(findVault(), LINKED);
  assert.equal(findVault({ vault: '../store' }), { store: at('store') });
  assert.equal(findVault({ vault: '.vault' }), THESIS, 'a store called .vault keeps its folder');
  assert.equal(findVault({ vault: '../linked/.vault' }), LINKED, 'a link file');
  process.env.VAULT_DIR = '';
  assert.equal(findVault(), THESIS);
});

places('upward from the first path, and all must lie there', () => {
  assert.equal(findVault({ paths: ['thesis/deep', 'thesis/a.txt', 'thesis/gone'] }), THESIS);
  assert.equal(findVault({ paths: ['thesis/gone/further'] }), THESIS, 'a path need not exist');
  assert.equal(findVault({ paths: ['thesis'] }), THESIS);
  fails('BAD_PATH', /store lies outside .*thesis/, () => findVault({ paths: ['thesis/deep', 'store'] }));
  fails('BAD_PATH', /thesis-2 lies outside/, () => findVault({ vault: 'thesis', paths: ['thesis-2'] }));
});

places('the default store of the user', () => {
  fails('NO_VAULT', /or above it/, () => findVault());
  writeFileSync(at('home/vault/config.toml'), `store = "${at('store')}"\n`);
  assert.equal(findVault(), { store: at('store') });
  writeFileSync(at('home/vault/config.toml'), 'store = "store"\n');
  fails('USAGE', /absolute/, () => findVault());
  writeFileSync(at('home/vault/config.toml'), 'store = \n');
  fails('USAGE', /config\.toml: line 1: /, () => findVault());
});

places('what is no vault is said', () => {
  fails('NO_VAULT', /does not exist/, () => findVault({ vault: 'absent' }));
  fails('NO_VAULT', /is not a vault and holds none/, () => findVault({ vault: 'home' }));
  fails('UNKNOWN_FORMAT', /is not a link/, () => findVault({ vault: 'thesis/a.txt' }));
  writeFileSync(at('long'), `store = "../store"\nline = "a"\n# ${'long '.repeat(20_000)}\n`);
  fails('UNKNOWN_FORMAT', /is not a link/, () => findVault({ vault: 'long' }));
  fails('USAGE', /only vaults in folders/, () => findVault({ vault: 's3://bucket/prefix' }));
});

places.run();

const bytes = suite('path bytes');

bytes('resolve as path.resolve does', () => {
  const cases = ['a', './a//b/', '..', '../..', '../../../x', '/', '//', '/a/../b/.', 'a/..', '...', '.a'];
  for (const one of cases) {
    const expected = path.resolve('/from/here', one);
    assert.is(resolveBytes(Buffer.from('/from/here'), Buffer.from(one)).toString(), expected, one);
  }
});

bytes('an empty one is refused', () => {
  fails('USAGE', /an empty path/, () => resolveBytes(Buffer.from('/a'), Buffer.alloc(0)));
});

bytes('parents and insides', () => {
  assert.is(parentOf(Buffer.from('/a/b')).toString(), '/a');
  assert.is(parentOf(Buffer.from('/a')).toString(), '/');
  assert.is(parentOf(Buffer.from('/')).toString(), '/');
  assert.is(joinBytes(Buffer.from('/'), 'x').toString(), '/x');
  assert.ok(liesIn(Buffer.from('/a/b'), Buffer.from('/a')));
  assert.ok(liesIn(Buffer.from('/a'), Buffer.from('/a')));
  assert.ok(liesIn(Buffer.from('/a'), Buffer.from('/')));
  assert.not(liesIn(Buffer.from('/ab'), Buffer.from('/a')));
});

bytes.run();
