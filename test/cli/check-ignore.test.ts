/** @time-limit 300 */
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import { startSession } from './golden.ts';

test('which rule leaves a path out, as git says it', () => {
  const session = startSession();
  session.run('vault init');
  session.write('.vaultignore', '# objects\n*.o\nbuild/\n/top\n!keep.o\n');
  session.write('src/.vaultignore', '*.log\n!b.o\n');
  session.write('cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n');
  session.write('cache/x', '');
  session.write('more', '\ufeff*.bak\n*.tmp\n');
  session.write('other/.vault/x', 'a folder of the user that is only called so');
  symlinkSync('src', path.join(session.folder, 'link'));
  mkdirSync(path.join(session.folder, 'build'));
  session.expect(`
    $ vault check-ignore a.o build/x sub/top top keep.o src/b.o src/a.log nothing
    a.o
    build/x
    top
    src/a.log
    $ vault check-ignore -v a.o build/x ./top keep.o src/b.o src/a.log nothing
    .vaultignore:2:*.o	a.o
    .vaultignore:3:build/	build/x
    .vaultignore:4:/top	./top
    .vaultignore:5:!keep.o	keep.o
    src/.vaultignore:2:!b.o	src/b.o
    src/.vaultignore:1:*.log	src/a.log
    $ vault check-ignore -v -n new/build/ new/build
    .vaultignore:3:build/	new/build/
    ::	new/build
    $ vault -C src check-ignore -v a.o ../build "$(printf 'new\\nline.o')"
    .vaultignore:2:*.o	a.o
    .vaultignore:3:build/	../build
    .vaultignore:2:*.o	"new\\nline.o"
    $ vault check-ignore nothing keep.o
    [1]
    $ vault check-ignore -q a.o nothing
    $ vault check-ignore -v .vault cache cache/x cache/CACHEDIR.TAG other/.vault x.vault_stage
    -:0:store	.vault
    cache/CACHEDIR.TAG:1:Signature: 8a477f597d28d172789f06886806bc55	cache/x
    -:0:restore	x.vault_stage
    $ vault check-ignore -v --exclude '*.x' --exclude '*.c' --exclude-file more a.c a.bak a.tmp a.o
    --exclude:2:*.c	a.c
    more:1:*.bak	a.bak
    more:2:*.tmp	a.tmp
    .vaultignore:2:*.o	a.o
    $ printf 'a.o\\nno\\n"src/\\\\303\\\\244.log"' | vault check-ignore --stdin -v
    .vaultignore:2:*.o	a.o
    src/.vaultignore:1:*.log	src/ä.log
    $ printf 'a.o\\0no\\0b\\n.o\\0' | vault check-ignore --stdin -z -v | tr '\\0' '|'
    .vaultignore|2|*.o|a.o|.vaultignore|2|*.o|b
    .o|
    \\ no newline
    $ vault check-ignore --json-lines a.o no .vault
    {"path":"a.o","ignored":true,"reason":"rule","source":".vaultignore","line":2,"pattern":"*.o"}
    {"path":"no","ignored":false}
    {"path":".vault","ignored":true,"reason":"store"}
    $ vault check-ignore link/x
    ! vault: "link" is no folder: nothing of the vault lies in it
    ! hint: what lies behind a symlink is named by its own path
    [2]
    $ vault check-ignore
    ! vault: name PATHs, or say --stdin
    ! hint: see "vault help check-ignore"
    [2]
    $ vault check-ignore ../out 2>&1 | head -n 1
    vault: no vault in $BASE or above it
    $ vault check-ignore --stdin < /dev/null
    [1]
  `);
});

test.run();
