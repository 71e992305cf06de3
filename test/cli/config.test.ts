/** @time-limit 300 */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

test('what the user has settled is shown and set, comments stay', () => {
  const session = startSession();
  const file = path.join(session.env.HOME!, '.config/vault/config.toml');
  session.expect(`
    $ vault config list
    $ vault config get store
    [1]
    $ vault config init
    ! wrote $BASE/home/.config/vault/config.toml
    $ vault config list
    $ vault config set store /srv/vault
    ! wrote $BASE/home/.config/vault/config.toml
    $ cat ~/.config/vault/config.toml
    # What all vault commands of this user go by. TOML; see \`vault help config\`.

    # the vault that is used where neither --vault nor VAULT_DIR names one and no folder above has one
    # store = "/mnt/backup/vault"
    store = "/srv/vault"

    # the policy of \`vault forget\` where none is given: its options
    # forget = "keep-within=2d,keep-daily=7,keep-weekly=5,keep-monthly=12"
    $ vault config init
    ! vault: $BASE/home/.config/vault/config.toml is there already
    ! hint: edit it, or use \`vault config set\`
    [8]
  `);
  session.write(
    '../home/.config/vault/config.toml',
    '# mine\nfuture = 3\nstore = \'/a\'  # old disk\n\n[table]\nstore = "other"\n',
  );
  session.run(`vault config set store '/b"c'`);
  assert.is(
    readFileSync(file, 'utf8'),
    '# mine\nfuture = 3\nstore = "/b\\"c"  # old disk\n\n[table]\nstore = "other"\n',
  );
  assert.is(session.run('vault config get store').stdout, '/b"c\n');
  assert.is(session.run('vault config get store -z').stdout, '/b"c\0');
  assert.equal(session.json('vault config get --json store'), {
    schema: 'vault/config/1',
    file,
    settings: [{ key: 'store', value: '/b"c', origin: 'user' }],
    warnings: [],
  });
});

test('bad keys and values are refused, and the file stays as it was', () => {
  const session = startSession();
  session.expect(`
    $ vault config get stor
    ! vault: "stor" is no key of the config
    ! hint: known keys: store, forget
    [2]
    $ vault config set colour always
    ! vault: "colour" is no key of the config
    ! hint: known keys: store, forget
    [2]
    $ vault config set vault.id 1
    ! vault: "vault.id" was settled when the vault was made and cannot be changed
    ! hint: what can be set: store, forget
    [2]
    $ vault config set store relative
    ! vault: "store" must be an absolute path
    ! hint: for example: vault config set store /mnt/backup/vault
    [2]
    $ vault config set store
    ! vault: vault config set takes a KEY and a VALUE
    ! hint: see "vault help config"
    [2]
    $ vault config edit
    ! vault: the operand must be one of: get, set, list, init
    ! hint: see "vault help config"
    [2]
  `);
  assert.not(existsSync(path.join(session.env.HOME!, '.config')));
  const odd = '"store" = "/a"\n';
  session.write('../home/.config/vault/config.toml', odd);
  const refused = session.run('vault config set store /b');
  assert.is(refused.code, 8);
  assert.match(refused.stderr, 'by hand; nothing was changed');
  assert.is(readFileSync(path.join(session.env.HOME!, '.config/vault/config.toml'), 'utf8'), odd);
});

test('a config that a full disk takes only in part is not put in the place of the old one', () => {
  const session = startSession();
  const folder = path.join(session.env.HOME!, '.config/vault');
  const old = `# ${'long '.repeat(1000)}\n`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'config.toml'), old);
  const { stderr } = session.run('(ulimit -f 1; vault config set store /srv/vault) 2>&1 | cat >&2');
  assert.match(stderr, /file too large/);
  assert.is(readFileSync(path.join(folder, 'config.toml'), 'utf8'), old);
  assert.equal(readdirSync(folder), ['config.toml']);
});

test("the vault's own settings are shown, and the default store is used", () => {
  const session = startSession({ keep: ['16777216'] });
  session.run('vault init');
  session.write('../home/dotfiles/vault.toml', '');
  mkdirSync(path.join(session.env.HOME!, '.config/vault'), { recursive: true });
  const link = path.join(session.env.HOME!, '.config/vault/config.toml');
  symlinkSync('../../dotfiles/vault.toml', link);
  session.run(`vault config set store ${session.folder}/.vault`);
  assert.is(
    readFileSync(path.join(session.env.HOME!, 'dotfiles/vault.toml'), 'utf8'),
    `store = "${session.folder}/.vault"\n`,
    'a symlink stays one',
  );
  session.expect(`
    $ vault config list
    store=$DIR/.vault
    vault.format=1
    vault.id=<id:1>
    vault.created=<time>
    vault.chunker.algorithm=fastcdc
    vault.chunker.min=131072
    vault.chunker.avg=524288
    vault.chunker.max=2097152
    vault.chunker.normalization=2
    vault.pack.target=16777216
    vault.block.target=262144
    vault.compression.codec=zstd
    vault.compression.level=3
    vault.cipher=plain
    vault.features.read=
    vault.features.write=
    vault.shared=false
    $ vault -C / config get vault.chunker.avg
    524288
    $ vault config get --json-lines vault.cipher
    {"key":"vault.cipher","value":"plain","origin":"vault"}
    $ vault config get vault.nothing 2>&1 | head -n 1
    vault: "vault.nothing" is no key of the config
  `);
});

test.run();
