/** @time-limit 300 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

const LINES = Array.from({ length: 20 }, (_, i) => `line ${i} of a text that is long enough\n`);

function text(changed: number, prefix = ''): string {
  return LINES.map((line, i) => (i < changed ? `${prefix}other ${i} than it was before this\n` : line)).join(
    '',
  );
}

test('renames in diff and in log --follow, as git prints them', () => {
  const session = startSession();
  const rename = (from: string, to: string) => {
    mkdirSync(path.dirname(path.join(session.folder, to)), { recursive: true });
    renameSync(path.join(session.folder, from), path.join(session.folder, to));
  };
  session.write('same.txt', 'exactly this\n');
  session.write('alike.txt', text(0));
  session.write('unlike.txt', text(15, 'x'));
  session.write('dir/moved.txt', text(0, 'm').replaceAll('line', 'row'));
  session.write('empty', '');
  session.run('vault snapshot --init');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: session.folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: session.env.HOME },
    });
  const hasGit = spawnSync('git', ['--version']).status === 0;
  if (hasGit) {
    git('init', '-q');
    session.write('.git/info/exclude', '.vault\n');
    git('add', '.');
    git('commit', '-qm1');
  }
  rename('same.txt', 'new/same.txt');
  rename('alike.txt', 'alike2.txt');
  session.write('alike2.txt', text(3));
  rename('dir/moved.txt', 'else/where.txt');
  rm('unlike.txt');
  session.write('fresh.txt', text(15, 'y'));
  rename('empty', 'void');
  function rm(name: string): void {
    rmSync(path.join(session.folder, name));
  }
  session.run('vault snapshot --exclude .git');
  session.expect(`
    $ vault diff HEAD~1 HEAD
    R085	alike.txt	alike2.txt
    A	else
    R100	dir/moved.txt	else/where.txt
    D	empty
    A	fresh.txt
    A	new
    R100	same.txt	new/same.txt
    D	unlike.txt
    A	void
    $ vault diff HEAD~1 HEAD -M90%
    D	alike.txt
    A	alike2.txt
    A	else
    R100	dir/moved.txt	else/where.txt
    D	empty
    A	fresh.txt
    A	new
    R100	same.txt	new/same.txt
    D	unlike.txt
    A	void
    $ vault diff HEAD~1 HEAD --no-renames -- same.txt new/same.txt
    D	same.txt
    A	new/same.txt
    $ vault diff -M -z HEAD~1 HEAD -- alike.txt alike2.txt | tr '\\0' '|'
    R085|alike.txt|alike2.txt|
    \\ no newline
    $ vault diff --stat HEAD~1 HEAD -- alike.txt alike2.txt
    R    -15 bytes  alike.txt => alike2.txt
    1 renamed; -15 bytes
    $ vault diff --raw HEAD~1 HEAD -- same.txt new/same.txt
    :100644 100644 <id:1> <id:1> R100	same.txt	new/same.txt
    $ vault diff -p HEAD~1 HEAD -- same.txt new/same.txt alike.txt alike2.txt | grep -v '^[ +-]'
    diff --git a/same.txt b/new/same.txt
    similarity index 100%
    rename from same.txt
    rename to new/same.txt
    diff --git a/alike.txt b/alike2.txt
    similarity index 85%
    rename from alike.txt
    rename to alike2.txt
    index <id:2>..<id:3> 100644
    @@ -1,6 +1,6 @@
    $ vault diff -M0 HEAD~1 HEAD
    ! vault: 0 is no share of a file: -M takes 1% to 100%
    ! hint: for example -M90%, or -M9 for the same
    [2]
    $ vault diff HEAD~1 HEAD --rename-limit 1 -- alike.txt unlike.txt alike2.txt fresh.txt
    D	alike.txt
    D	unlike.txt
    A	alike2.txt
    A	fresh.txt
    ! vault: warning: renames were looked for by equal content and equal name only: 4 files are too many or too large to compare (see -l)
    $ vault log --follow alike2.txt | sed 's/^.*<id/<id/'
       1  <time>  <id:4>  R    735 bytes  -rw-r--r--  <id:3>  from alike.txt, 85 % alike
       2  <time>  <id:5>  A    750 bytes  -rw-r--r--  <id:2>
    $ vault log --follow new/same.txt | sed 's/^.*<id/<id/'
       1  <time>  <id:4>  R     13 bytes  -rw-r--r--  <id:1>  from same.txt
       2  <time>  <id:5>  A     13 bytes  -rw-r--r--  <id:1>
    $ vault log fresh.txt | wc -l
    1
  `);
  const { changes } = session.json('vault diff --json HEAD~1 HEAD -- alike.txt alike2.txt') as {
    changes: Record<string, unknown>[];
  };
  assert.equal(
    changes.map(({ letter, path, from, similarity, metadata_only }) => [
      letter,
      path,
      from,
      similarity,
      metadata_only,
    ]),
    [['R', 'alike2.txt', 'alike.txt', 85, false]],
  );
  if (!hasGit) return;
  git('add', '-A');
  const ours = session.run('vault diff HEAD~1 HEAD').stdout.split('\n');
  const theirs = git('diff', '--cached', '--name-status', '--no-rename-empty').split('\n');
  assert.equal(
    ours.filter((line) => !/^[AD]\t(else|new)$/.test(line)),
    theirs,
  );
  // What we print as a patch is one that git applies.
  git('reset', '-q', '--hard', 'HEAD');
  session.run('vault diff -p HEAD~1 HEAD > ../patch');
  git('apply', '../patch');
  assert.is(session.run('vault diff --no-renames | grep -v metadata').stdout.includes('alike2'), true);
});

test('a file that is renamed into a folder of its name, or to that of a folder', () => {
  const session = startSession();
  session.write('a', text(0));
  session.write('b/x', text(0).replaceAll('line', 'row'));
  session.write('b/y', 'y\n');
  session.run('vault snapshot --init');
  session.run('mkdir c && mv a c/a && mv c a && mv b/x c && rm -r b && mv c b');
  session.run('vault snapshot');
  session.expect(`
    $ vault diff HEAD~1 HEAD
    A	a
    R100	a	a/a
    D	b
    R100	b/x	b
    D	b/y
    $ vault diff --no-renames HEAD~1 HEAD
    T	a
    A	a/a
    T	b
    D	b/x
    D	b/y
    $ vault log --follow a/a
       1  <time>  <id:1>  R    750 bytes  -rw-r--r--  <id:2>  from a
       2  <time>  <id:3>  A    750 bytes  -rw-r--r--  <id:2>
    $ vault log --follow b
       1  <time>  <id:1>  R    730 bytes  -rw-r--r--  <id:4>  from b/x
       2  <time>  <id:3>  A    730 bytes  -rw-r--r--  <id:4>
  `);
});

test('other line ends alone make no other file', () => {
  const session = startSession();
  session.write('unix', text(0));
  session.write('short', 'a\r\nb\r\nc\r\n\0');
  session.run('vault snapshot --init');
  rmSync(path.join(session.folder, 'unix'));
  rmSync(path.join(session.folder, 'short'));
  session.write('dos', text(0).replaceAll('\n', '\r\n'));
  session.write('bytes', 'a\nb\nc\n\0');
  session.expect(`
    $ vault diff
    A	bytes
    R097	unix	dos
    D	short
  `);
});

test.run();
