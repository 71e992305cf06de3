/** The packed tarball, as somebody installs it: its own files and its dependencies, nothing of the checkout. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { examplesProgram } from './library-examples.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const base = mkdtempSync(path.join(tmpdir(), 'vault-package-'));
const modules = path.join(base, 'node_modules');
const installed = path.join(modules, 'vault');
const env = { PATH: '/usr/bin:/bin', HOME: base, TZ: 'UTC', LANG: 'C.UTF-8' };

function run(command: string, args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: base, env, encoding: 'utf8' });
  assert.is(status, 0, `${command} ${args.join(' ')}\n${stderr}${stdout}`);
  return stdout;
}

test.before(() => {
  // The build is the one that this test run uses: no prepack.
  const npm = ['pack', '--silent', '--ignore-scripts', '--pack-destination', base];
  const packed = spawnSync('npm', npm, { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', path.join(base, packed), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
});

test.after(() => rmSync(base, { recursive: true }));

test('holds what is run and read, not what it is made from', () => {
  const top = readdirSync(installed);
  for (const name of ['bin', 'dist', 'man', 'docs', 'LICENSE', 'package.json'])
    assert.ok(top.includes(name), name);
  for (const name of ['src', 'test', 'scripts', 'bench']) assert.not(top.includes(name), name);
});

test('a command brings only what it uses: every start reads and checks all of its file', () => {
  const holds = (command: string) =>
    readFileSync(path.join(installed, 'dist/commands', `${command}.js`), 'utf8').includes('ustar');
  assert.equal(['archive', 'rev-parse', 'version', 'ls', 'snapshot'].filter(holds), ['archive']);
});

test('the command runs', () => {
  const bin = path.join(installed, 'bin/vault.js');
  assert.match(run(process.execPath, [bin, 'version']), /^vault \d/);
  assert.match(run(process.execPath, [bin, 'help']), /^PLUMBING$/m);
});

test('the library takes a snapshot, with its worker threads and LevelDB', () => {
  mkdirSync(path.join(base, 'folder'));
  writeFileSync(path.join(base, 'folder/a.txt'), 'hello\n');
  const script = path.join(base, 'use.mjs');
  writeFileSync(
    script,
    `import { hostEnvironment, initVault, openVault, takeSnapshot } from 'vault';
     const environment = hostEnvironment(${JSON.stringify(path.join(base, 'cache'))});
     const folder = ${JSON.stringify(path.join(base, 'folder'))};
     const { store } = await initVault({ folder, environment });
     const vault = await openVault({ store, root: Buffer.from(folder), environment });
     const { snapshot } = await takeSnapshot(vault, { message: 'first', threads: 2 });
     await vault.close();
     console.log(snapshot.stats.files);`,
  );
  assert.is(run(process.execPath, [script]), '1\n');
});

test('every function of the library has an example, which type-checks and runs', () => {
  const listing =
    "console.log(JSON.stringify(Object.entries(await import('vault')).map(([n, v]) => [n, typeof v])))";
  const exported: [name: string, type: string][] = JSON.parse(
    run(process.execPath, ['--input-type=module', '-e', listing]),
  );
  const document = readFileSync(path.join(installed, 'docs/library.md'), 'utf8');
  const program = examplesProgram(
    document,
    exported.map(([name]) => name),
  );
  const examples = program.slice(program.indexOf('const examples'));
  const without = exported.filter(
    ([name, type]) => type === 'function' && !new RegExp(`\\b${name}\\b`).test(examples),
  );
  assert.equal(without, [], 'these functions need an example in docs/library.md');
  writeFileSync(path.join(base, 'examples.mts'), program);
  writeFileSync(
    path.join(base, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        ...{ target: 'es2024', lib: ['es2024', 'esnext.disposable'], module: 'nodenext', strict: true },
        ...{ noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        typeRoots: [path.join(ROOT, 'node_modules/@types')],
        types: ['node'],
      },
      files: ['examples.mts'],
    }),
  );
  run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', base]);
  mkdirSync(path.join(base, 'kept'));
  mkdirSync(path.join(base, 'made'));
  run(process.execPath, ['examples.mts', path.join(base, 'kept'), path.join(base, 'made')]);
});

test.run();
