/**
 * Golden tests of the command line: a transcript is the test.
 *
 *     const session = startSession();
 *     session.write('a.txt', 'hello\n');
 *     session.expect(`
 *       $ vault snapshot
 *       ! main <id:1> …          lines of standard error begin with "! "
 *       $ vault cat HEAD:b.txt
 *       ! vault: …
 *       [1]                      an exit code other than 0
 *     `);
 *
 * Commands run one after the other in `sh`, in the session's folder and a cleared environment: own home, UTC, C.UTF-8,
 * no terminal; neighbours that need no shell share a process (`one-process.js`). What differs from run to run is
 * replaced: the session's folder by `$DIR`, ids by `<id:N>` in order of appearance (a prefix of a known id by the same
 * number), times by `<time>`, durations by `<duration>`, this host and user by `<host>` and `<user>`.
 * `startSession({ keep: […] })` leaves ids alone that the content fixes.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { FAST_FOLDER } from '../support/fast-folder.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Compiled code, which each session would otherwise have made anew in its own home. */
const COMPILED = process.env.NODE_COMPILE_CACHE ?? path.join(ROOT, 'node_modules/.cache/vault-tests');
const ONE_PROCESS = path.join(import.meta.dirname, 'one-process.js');
/** For the long tests: each command in a process of its own. */
const ALONE = process.env.TEST_ALONE !== undefined;
/** Between what one command says and the next. */
const MARK = '\u001eended with ';
/** A command of vault of which each word is what a shell, too, would take it for. */
const PLAIN = /^vault(?: (?!~)(?:[\w@%+=:,./^~{}-]|'[^']*'|"[^"$`\\]*")+)*$/;
const TIME_LIMIT_MS = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

export interface RunResult {
  stdout: string;
  stderr: string;
  code: number;
}

export interface RunOptions {
  input?: string | Uint8Array;
  env?: Record<string, string>;
  /** as somebody whom permissions hold back: where the tests run as root all of the session is given to `nobody` */
  unprivileged?: boolean;
}

const NOBODY = 65534;

export class Session {
  /** the folder that commands run in */
  readonly folder: string;
  readonly #base: string;
  readonly #keep: Set<string>;
  readonly #ids: string[] = [];
  readonly env: Record<string, string>;

  constructor(keep: string[]) {
    this.#keep = new Set(keep);
    this.#base = realpathSync(mkdtempSync(path.join(FAST_FOLDER, 'vault-golden-')));
    this.folder = path.join(this.#base, 'work');
    const bin = path.join(this.#base, 'bin');
    for (const name of ['work', 'home', 'bin']) mkdirSync(path.join(this.#base, name));
    writeFileSync(
      path.join(bin, 'vault'),
      `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/bin/vault.js' "$@"\n`,
    );
    chmodSync(path.join(bin, 'vault'), 0o755);
    this.env = {
      PATH: `${bin}:/usr/bin:/bin`,
      HOME: path.join(this.#base, 'home'),
      TZ: 'UTC',
      LANG: 'C.UTF-8',
      NODE_COMPILE_CACHE: COMPILED,
    };
  }

  /** Writes a file of the session's folder, with its folders. */
  write(name: string, content: string | Uint8Array): void {
    const full = path.join(this.folder, name);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
  }

  /** Runs one line of shell; nothing is replaced in what it says. */
  run(line: string, options: RunOptions = {}): RunResult {
    return this.#spawn('/bin/sh', ['-c', line], options);
  }

  #spawn(
    program: string,
    args: string[],
    { input = '', env = {}, unprivileged = false }: RunOptions,
  ): RunResult {
    const isOther = unprivileged && process.getuid?.() === 0;
    if (isOther) spawnSync('chown', ['-hR', `${NOBODY}:${NOBODY}`, this.#base]);
    const done = spawnSync(program, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      ...(isOther && { uid: NOBODY, gid: NOBODY }),
      input,
      encoding: 'utf8',
      timeout: TIME_LIMIT_MS,
      maxBuffer: MAX_OUTPUT,
    });
    if (done.error) throw done.error;
    return { stdout: done.stdout, stderr: done.stderr, code: done.status ?? 128 };
  }

  /** As `run`, which must succeed; the one JSON document on stdout. */
  json(line: string, options?: RunOptions): Record<string, unknown> {
    const { stdout, stderr, code } = this.run(line, options);
    assert.is(code, 0, `${line}\n${stderr}${stdout}`);
    return JSON.parse(stdout);
  }

  /**
   * Runs lines one after the other, as `run`. Neighbours that are commands of vault and nothing else share a process: to start one
   * costs five times what most commands do. `npm run test:long -- alone` gives each its own.
   */
  runAll(lines: readonly string[], options: RunOptions = {}): RunResult[] {
    if (ALONE) return lines.map((line) => this.run(line, options));
    const results: RunResult[] = [];
    while (results.length < lines.length) {
      const rest = lines.slice(results.length);
      const other = options.input === undefined ? rest.findIndex((line) => !PLAIN.test(line)) : 0;
      const together = other === -1 ? rest : rest.slice(0, other);
      if (together.length > 1) results.push(...this.#runInOneProcess(together, options));
      else results.push(this.run(rest[0]!, options));
    }
    return results;
  }

  #runInOneProcess(lines: readonly string[], options: RunOptions): RunResult[] {
    const list = JSON.stringify(lines.map(argumentsOf));
    const { stdout, stderr } = this.#spawn(process.execPath, [ONE_PROCESS, MARK, list], options);
    const ends = new RegExp(`${MARK}(\\d+)\n`);
    const said = stdout.split(ends);
    const complained = stderr.split(ends);
    return lines.map((line, i) => {
      const code = said[2 * i + 1];
      assert.ok(code !== undefined, `${line} did not end: ${complained.at(-1)}`);
      return { stdout: said[2 * i]!, stderr: complained[2 * i]!, code: Number(code) };
    });
  }

  /** Runs the commands of a transcript and compares all they say. */
  expect(transcript: string, options?: RunOptions): void {
    const expected = dedent(transcript);
    const lines = expected.split('\n').filter((line) => line.startsWith('$ '));
    const commands = lines.map((line) => line.slice(2));
    const results = this.runAll(commands, options);
    const actual = commands.map((line, i) => this.#transcribe(line, results[i]!)).join('');
    assert.fixture(actual, expected);
  }

  #transcribe(line: string, { stdout, stderr, code }: RunResult): string {
    const errors = this.normalise(stderr).replace(/^(?=.)/gm, '! ');
    const ended = (text: string): string =>
      text === '' || text.endsWith('\n') ? text : `${text}\n\\ no newline\n`;
    return `$ ${line}\n${ended(this.normalise(stdout))}${ended(errors)}${code === 0 ? '' : `[${code}]\n`}`;
  }

  normalise(text: string): string {
    return text
      .replaceAll(this.folder, '$DIR')
      .replaceAll(this.#base, '$BASE')
      .replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{8}\b/g, (id) => this.#idName(id))
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d\d:?\d\d|Z)?/g, '<time>')
      .replace(/\b\d+(\.\d+)? s\b|\b\d+ min \d+ s\b/g, '<duration>')
      .replace(new RegExp(`\\b${literally(hostname())}\\b`, 'g'), '<host>')
      .replace(new RegExp(`\\b${literally(userInfo().username)}\\b`, 'g'), '<user>');
  }

  #idName(id: string): string {
    if (this.#keep.has(id)) return id;
    let at = this.#ids.findIndex((known) => known.startsWith(id) || id.startsWith(known));
    if (at === -1) at = this.#ids.push(id) - 1;
    // A short id may be seen before its whole.
    if (id.length > this.#ids[at]!.length) this.#ids[at] = id;
    return `<id:${at + 1}>`;
  }

  /** Remembers all files as they are now, its home's included. */
  save(): void {
    copy(this.#base, this.#saved);
  }

  /** Puts all files back as they were when they were saved; ids get new names. */
  reset(): void {
    remove(this.#base);
    copy(this.#saved, this.#base);
    this.#ids.length = 0;
  }

  get #saved(): string {
    return `${this.#base}-saved`;
  }

  end(): void {
    for (const folder of [this.#base, this.#saved]) if (existsSync(folder)) remove(folder);
  }
}

function literally(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}

const sessions = new Set<Session>();
process.on('exit', () => {
  for (const session of sessions) session.end();
});

/** Removed when the test file ends. */
export function startSession({ keep = [] }: { keep?: string[] } = {}): Session {
  const session = new Session(keep);
  sessions.add(session);
  return session;
}

/**
 * For tests that begin with the same files and commands: these are made once, and each test finds them in the same place, as if it had
 * made them itself (only inodes differ). The session of the test before is gone.
 */
export function preparedSession(
  make: (session: Session) => void,
  options: { keep?: string[] } = {},
): () => Session {
  let made: Session | undefined;
  return () => {
    if (made) {
      made.reset();
      return made;
    }
    const session = startSession(options);
    make(session);
    session.save();
    made = session;
    return session;
  };
}

function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

function remove(folder: string): void {
  execFileSync('chmod', ['-R', 'u+rwX', folder]); // a test may have taken away what removing needs
  rmSync(folder, { recursive: true });
}

/** Of a line that is `PLAIN`. */
function argumentsOf(line: string): string[] {
  const words = line.match(/(?:[^ '"]|'[^']*'|"[^"]*")+/g)!.slice(1);
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** Without the common indentation, the empty first line and the last line's spaces. */
function dedent(text: string): string {
  const lines = text.replace(/^\n/, '').replace(/\n *$/, '\n').split('\n');
  const indent = Math.min(...lines.filter((line) => line !== '').map((line) => line.search(/\S|$/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}
