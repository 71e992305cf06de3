/** What every command shares: global options, help, errors in both modes, signals, pipes, bytes of arguments. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

const session = startSession();
// Here it is vault that says where compiled code is kept.
delete session.env.NODE_COMPILE_CACHE;
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

test('version, by command and by option', () => {
  const text = `vault ${version} (node ${process.versions.node}, ${process.platform} ${process.arch})\n`;
  assert.equal(session.run('vault version'), { stdout: text, stderr: '', code: 0 });
  assert.equal(session.run('vault --version'), { stdout: text, stderr: '', code: 0 });
  assert.is(session.json('vault version --json').schema, 'vault/version/1');
});

test('help, by command, by option and alone', () => {
  const { stdout, code } = session.run('vault');
  assert.is(code, 0);
  assert.match(stdout, /^COMMANDS$/m);
  assert.match(stdout, /^PLUMBING$/m);
  assert.is(session.run('vault help').stdout, stdout);
  assert.is(session.run('vault -h').stdout, stdout);
  const one = session.run('vault help cat-object').stdout;
  assert.match(one, /^USAGE\n {2}\$ vault cat-object /m);
  assert.is(session.run('vault cat-object --help').stdout, one, 'although operands are missing');
  assert.is(session.run('vault --help cat-object').stdout, one);
  assert.is(session.run('vault cat-object -h').stdout, one);
  assert.is(session.json('vault help --json').schema, 'vault/help/1');
  const piped = session.run('vault help snapshot').stdout;
  assert.match(piped, '\n    $ vault snapshot -m "chapter 2"\n');
  assert.match(piped, '\n    $ pg_dump db | vault snapshot --stdin --name db.sql\n');
  const check = session.run('vault help check').stdout;
  assert.match(check, '[--quick | --read-data[=<percent>%]] |');
  assert.match(
    check,
    /\nEXIT STATUS\n {2}1 {2}--against: they differ\n[\s\S]* {2}4 {2}damage was found\n$/,
    'as in the man page',
  );
});

test('every command has a summary, a known group and an example', () => {
  const { commands } = session.json('vault help --json') as { commands: Record<string, unknown>[] };
  assert.ok(commands.length >= 2);
  for (const { id, summary, group, examples } of commands) {
    assert.match(summary as string, /^[a-z].*[^.]$/, `summary of ${id}`);
    assert.ok(['porcelain', 'plumbing'].includes(group as string), `group of ${id}`);
    assert.ok((examples as unknown[]).length > 0, `examples of ${id}`);
  }
});

test('usage errors name options and operands, not values', () => {
  session.expect(`
    $ vault verison
    ! vault: verison is no vault command
    ! hint: did you mean version?
    [2]
    $ vault help verison
    ! vault: verison is no vault command
    ! hint: did you mean version?
    [2]
    $ vault version --secret=hunter2
    ! vault: --secret is no option of vault version
    ! hint: see "vault help version"
    [2]
    $ vault version hunter2 hunter3
    ! vault: too many operands: 2 more than vault version takes
    ! hint: see "vault help version"
    [2]
    $ vault version --vault
    ! vault: --vault expects a value
    ! hint: see "vault help version"
    [2]
    $ vault --secret version
    ! vault: --secret is no option of vault
    ! hint: see "vault help"
    [2]
    $ vault -C
    ! vault: -C needs a value
    [2]
    $ vault version --json=no
    ! vault: --json takes no value
    ! hint: see "vault help version"
    [2]
    $ vault forget HEAD --apply=false
    ! vault: --apply takes no value
    ! hint: see "vault help forget"
    [2]
    $ vault restore --no-metadata=x
    ! vault: --no-metadata takes no value
    ! hint: see "vault help restore"
    [2]
    $ vault show-ref -- --tags=x
    ! vault: no vault in $DIR or above it
    ! hint: run "vault init" in the folder to keep, or name a vault with --vault
    [10]
    $ vault ../version
    ! vault: ../version is no vault command
    ! hint: see "vault help"
    [2]
  `);
});

test('an error is one document on stdout with --json, wherever that stands', () => {
  for (const line of ['vault --json version x', 'vault version x --json', 'vault version --json x']) {
    const { stdout, stderr, code } = session.run(line);
    assert.is(stderr, '');
    assert.is(code, 2);
    const { error } = JSON.parse(stdout);
    assert.is(error.code, 'USAGE');
    assert.is(error.exit, 2);
    assert.ok(error.hint);
  }
  assert.is(session.run('vault version -- --json').stdout, '', 'an operand is no option');
});

test('global options stand before or after the command', () => {
  mkdirSync(path.join(session.folder, 'sub/deeper'), { recursive: true });
  for (const line of [
    'vault -C sub -C deeper show-ref',
    'vault show-ref -C sub -C deeper',
    'vault -Csub/deeper show-ref',
  ]) {
    const { stderr, code } = session.run(line);
    assert.is(code, 10);
    assert.match(stderr, `no vault in ${path.join(session.folder, 'sub/deeper')}`);
  }
  session.expect(`
    $ vault -C absent version
    ! vault: absent does not exist
    ! hint: -C takes an existing folder
    [2]
    $ vault --vault=absent show-ref
    ! vault: $DIR/absent does not exist
    ! hint: name a store, or a folder that holds .vault; "vault init" makes one
    [10]
    $ VAULT_DIR=s3://bucket vault show-ref
    ! vault: s3://bucket: only vaults in folders are supported
    ! hint: name a folder
    [2]
  `);
});

test('a folder whose name is not UTF-8 can be named and worked in', () => {
  spawnSync('/bin/sh', ['-c', 'mkdir -p "$(printf \'caf\\351\')"'], { cwd: session.folder });
  const { stderr, code } = session.run('vault -C "$(printf \'caf\\351\')" show-ref');
  assert.is(code, 10);
  assert.match(stderr, `no vault in "${session.folder}/caf\\351" or above it`);
});

test('a closed pipe is quiet', () => {
  const { stderr, stdout } = session.run('vault help --json | true; vault help | head -n 1');
  assert.is(stderr, '');
  assert.is(stdout, 'vault keeps every version of a folder, once.\n');
});

test('a vault that may not be looked into is not taken for none', () => {
  const closed = startSession();
  closed.run('mkdir sub && vault init && chmod 0 .vault');
  closed.expect(
    `
    $ vault -C sub show-ref
    ! vault: no permission to look into $DIR/.vault
    ! hint: run as a user who may read it, or name another vault with --vault
    [5]
    $ vault --vault . show-ref
    ! vault: no permission to look into $DIR/.vault
    ! hint: run as a user who may read it, or name another vault with --vault
    [5]
  `,
    { unprivileged: true },
  );
  closed.run('chmod 700 .vault');
});

test('no stack without DEBUG, one with it', () => {
  assert.not.match(session.run('vault nothing').stderr, /\n\s+at /);
  assert.match(session.run('vault nothing', { env: { DEBUG: '1' } }).stderr, /\n\s+at /);
});

test('a full disk below stdout is an I/O failure', () => {
  const { stderr, code } = session.run('vault help > /dev/full');
  assert.is(code, 5);
  assert.match(stderr, 'standard output cannot be written: no space left on device');
});

test('a broken user config is named with its line', () => {
  session.write('../home/.config/vault/config.toml', '\nstore = 3 4\n');
  const { stderr, code } = session.run('vault show-ref');
  assert.is(code, 2);
  assert.match(stderr, /config\.toml: line 2: /);
  session.write('../home/.config/vault/config.toml', '');
});

test('compiled code is kept in the cache folder', () => {
  assert.is(session.run('vault version').code, 0);
  assert.ok(globSync('../home/.cache/vault/compiled/*/*', { cwd: session.folder }).length > 0);
});

test('a cache folder that may not be written does not matter', () => {
  const cache = path.join(session.folder, 'cache');
  mkdirSync(cache);
  chmodSync(cache, 0o500);
  assert.is(session.run('vault version', { env: { XDG_CACHE_HOME: cache } }).code, 0);
});

test('bin/vault.js hands over to the packaged Node, arguments and exit code included', async () => {
  const old = '/usr/bin/node';
  const major = Number(/^v(\d+)/.exec(spawnSync(old, ['-v'], { encoding: 'utf8' }).stdout ?? '')?.[1]);
  if (!(major >= 18 && major < 24)) return; // nothing older here to start it with
  const bin = path.resolve(import.meta.dirname, '../../bin/vault.js');
  const { folder: cwd, env } = session;
  const run = (args: string[]) => spawnSync(old, [bin, ...args], { cwd, env, encoding: 'utf8' });
  assert.match(run(['version']).stdout, `node ${process.versions.node}`);
  assert.is(run(['nothing']).status, 2);
  const raw = session.run(`${old} ${bin} -C "$(printf 'caf\\351')" show-ref`);
  assert.match(raw.stderr, 'caf\\351');
});

test('SIGINT ends a run with 130', async () => {
  const child = spawn(process.execPath, [path.resolve(import.meta.dirname, 'fixtures/waits.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  for await (const part of child.stderr) {
    text += part;
    if (text === 'waiting\n') child.kill('SIGINT');
  }
  assert.is(await ended, 130);
  assert.is(text, 'waiting\nvault: interrupted\nhint: what was finished is safe; run the command again\n');
});

test.run();
