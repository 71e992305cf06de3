/** @time-limit 300 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith } from '../support/tools.ts';
import { startSession } from './golden.ts';

const session = startSession();
session.write('src/main.c', 'x\n');
session.write('src/my file.c', 'x\n');
session.write('src/line\nbreak', 'x\n');
session.write('sub/deep/a', 'x\n');
session.run('vault snapshot --init --tag v1.0; vault tag v2');

function script(shell: string): string {
  return session.run(`vault completion ${shell}`).stdout;
}

/** Its script as a file, which the shell must be able to read without a word. */
function scriptFile(shell: string): string {
  const name = `../bin/completion.${shell}`;
  session.write(name, script(shell));
  assert.is(session.run(`${shell} -n ${name}`).stderr, '');
  return name;
}

test('bash completes commands, options, values, names and paths', () => {
  // As readline calls it: the line, and where the cursor is.
  const rows: [line: string, answers: string][] = [
    ['vault sna', 'snapshot'],
    ['vault -C src arch', 'archive'],
    ['vault snapshot --exc', '--exclude --exclude-file'],
    ['vault archive --format ', 'tar tar.gz zip'],
    ['vault archive --format=z', 'zip'],
    ['vault --json completion p', 'powershell'],
    ['vault config s', 'set'],
    ['vault help comp', 'completion'],
    ['vault show v', 'v1.0 v2'],
    ['vault diff v2..v1', 'v2..v1.0'],
    ['vault cat HEAD:sr', 'src/'],
    ['vault cat HEAD:src/m', 'src/main.c src/my file.c'],
    ['vault cat HEAD:src/my\\ f', 'src/my file.c'],
    ['vault cat HEAD:src/my\\ ', 'src/my file.c'],
    ['vault snapshot src/my\\ ', 'src/my file.c'],
    ['vault restore --no-m', '--no-metadata'],
    ['vault -C sub cat HEAD:./', './deep/'],
    ['vault cat v1.0:sub/deep/', 'sub/deep/a'],
    ['vault cat nothing:x', ''],
    ['vault snapshot sr', 'src'],
    ['vault snapshot -m ', ''],
    ['vault diff HEAD -- su', 'sub'],
    ['vault log --since s', ''],
  ];
  const calls = rows.map(
    ([line]) => `COMP_LINE='${line}' COMP_POINT=${line.length}; _vault; (IFS=' '; echo "\${COMPREPLY[*]}")`,
  );
  const [line] = rows.find(([, answers]) => answers.includes('my file.c'))!;
  const asked = `compopt() { echo "$*"; }; COMP_LINE='${line}' COMP_POINT=${line.length}; _vault`;
  session.write(
    '../bin/c.sh',
    `${script('bash')}\nset -u\n${calls.join('\n')}\ncomplete -p vault\n${asked}\n`,
  );
  const { stdout, stderr } = session.run('bash --norc ../bin/c.sh');
  assert.is(stderr, '');
  const said = stdout.trimEnd().split('\n');
  assert.equal(
    rows.map(([line], i) => `${line}| ${said[i]}`),
    rows.map(([line, answers]) => `${line}| ${answers}`),
  );
  assert.is(said.at(-2), 'complete -F _vault vault');
  assert.is(said.at(-1), '-o filenames', 'so that readline quotes blanks');
});

testWith(['zsh'], 'zsh takes its script', () => {
  scriptFile('zsh');
  assert.match(script('zsh'), /^#compdef vault\n/);
});

testWith(['fish'], 'fish takes its script and completes', () => {
  const ask = `source ${scriptFile('fish')}; complete -C "vault sna"; complete -C "vault show v2"`;
  assert.match(session.run(`fish -c '${ask}'`).stdout, /^snapshot\b.*\nv2/);
});

test("PowerShell's script is balanced and names every command", () => {
  const text = script('powershell');
  assert.match(text, 'Register-ArgumentCompleter -Native -CommandName vault');
  const bare = text.replace(/'(?:[^']|'')*'/g, '').replace(/#.*$/gm, '');
  for (const [open, close] of ['{}', '()', '[]'].map((pair) => [...pair])) {
    assert.is(bare.split(open!).length, bare.split(close!).length, `${open} and ${close}`);
  }
  assert.not.match(bare, /'/, 'every quote is closed');
  const { commands } = session.json('vault help --json') as unknown as {
    commands: { id: string; hidden: boolean }[];
  };
  for (const { id, hidden } of commands) assert.is(text.includes(`'${id}' = @{ Summary`), !hidden, id);
});

test('complete-word without a word lists every name', () => {
  const session = startSession();
  session.write('a', 'a');
  session.run('vault snapshot --init --tag v1');
  session.expect(`
    $ vault complete-word
    HEAD
    main
    v1
  `);
});

test('another shell is refused', () => {
  session.expect(`
    $ vault completion tcsh
    ! vault: the operand must be one of: bash, zsh, fish, powershell
    ! hint: see "vault help completion"
    [2]
    $ vault help | grep -c complete-word
    0
    [1]
  `);
});

test.run();
