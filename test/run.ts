/**
 * `node test/run.ts [FILE|FOLDER…]`: runs every `*.test.ts` in a process of its own with a time limit, and ends with
 * the line `N passed, N failed` (and `, N skipped`). A file passes only when at least one test was declared, every
 * suite was run, all declared tests passed or were skipped by name, none was marked `.only`, and the process ended by
 * itself with 0. With `CI` set, skipping needs the environment variable `ALLOW_SKIPS`.
 *
 * A file that needs longer than `TIME_LIMIT` says so in its first lines: `@time-limit 180` (seconds).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, globSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { killGroup, outlives } from './support/process-group.ts';
import type { SuiteRecord } from './support/uvu-recorder.ts';

const TIME_LIMIT = 120;
/** For a file over its limit to say where it is, and for what a file started to end behind it, before they are killed. */
const GRACE_MS = 1000;
const HEAD = 2048;
/** Output that is kept of a file, from its end. */
const KEPT_OUTPUT = 64 * 1024;
/** What the guard reports is small; more than this is not a report. */
const MAX_REPORT = 4 * 1024 * 1024;
/** One more than there are cores: tests of what is written wait for the disk. */
const JOBS = Number(process.env.TEST_JOBS) || Math.min(availableParallelism() + 1, 4);
/** `USER_HZ`, the unit of times in /proc, is 100 wherever Node runs. */
const TICKS_PER_SECOND = 100;

/** Sources without their types, and compiled: kept, that halves what a short test costs. */
const COMPILED =
  process.env.NODE_COMPILE_CACHE ?? path.join(import.meta.dirname, '../node_modules/.cache/vault-tests');

/** For a file and the TypeScript that it starts; the command line's tests clear their environment. */
const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import ${new URL('./support/near-imports.ts', import.meta.url).href}`;

interface Outcome {
  file: string;
  passed: number;
  failed: number;
  skipped: string[];
  reasons: string[];
  output: string;
  seconds: number;
  /** what the file's processes computed; 0 where there is no /proc */
  cpuSeconds: number;
}

const root = process.env.TEST_ROOT ?? path.dirname(import.meta.dirname);
const running = new Set<ChildProcess>();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of running) killGroup(child.pid!);
    process.exit(130);
  });
}

function findFiles(wanted: string[]): string[] {
  const patterns = wanted.length === 0 ? ['test'] : wanted;
  const files = patterns.flatMap((name) => {
    const full = path.resolve(root, name);
    if (!statSync(full).isDirectory()) return [full];
    return globSync('**/*.test.ts', {
      cwd: full,
      exclude: (entry) => path.basename(entry) === 'fixtures',
    }).map((found) => path.join(full, found));
  });
  return [...new Set(files)].sort();
}

function timeLimit(file: string): number {
  const head = Buffer.alloc(HEAD);
  const fd = openSync(file, 'r');
  readSync(fd, head, 0, HEAD, 0);
  closeSync(fd);
  const found = /@time-limit (\d+)/.exec(head.toString('latin1'));
  return found === null ? TIME_LIMIT : Number(found[1]);
}

async function runFile(file: string, limit: number): Promise<Outcome> {
  const began = performance.now();
  const guard = new URL('./support/uvu-guard.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', guard, file], {
    cwd: root,
    detached: true, // its own process group, so that a time limit ends its children too
    env: {
      ...process.env,
      FORCE_COLOR: '0',
      NODE_ENV: 'test',
      NODE_COMPILE_CACHE: COMPILED,
      NODE_OPTIONS,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let timedOut = false;
  const overdue = setTimeout(() => {
    timedOut = true;
    child.kill('SIGUSR2'); // the guard reports which test it is
  }, limit * 1000);
  const stuck = setTimeout(() => killGroup(child.pid!), limit * 1000 + GRACE_MS);
  const output = new Tail();
  child.stdout!.on('data', (bytes: Buffer) => output.add(bytes));
  child.stderr!.on('data', (bytes: Buffer) => output.add(bytes));
  const report = collect(child.stdio[3] as Readable);
  // Not `close`: a process that the test left behind would hold our pipes open for ever.
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('exit', (...how) => resolve(how));
  });
  const cpuSeconds = cpuSinceLastExit();
  clearTimeout(overdue);
  clearTimeout(stuck);
  await settle(child);
  const leftBehind = await outlives(child.pid!, GRACE_MS);
  killGroup(child.pid!);
  running.delete(child);
  const end = timedOut ? `ran longer than ${limit} s` : endOf(code, signal);
  const judged = judge(parseReport(await report), end);
  if (leftBehind && !timedOut) fail(judged, 'left a process behind');
  const seconds = (performance.now() - began) / 1000;
  return { file, ...judged, output: output.text(), seconds, cpuSeconds };
}

let cpuOfExited = 0;

/** CPU of the child that has just exited, and of the processes it waited for: seconds are noise on a busy machine, this is not. */
function cpuSinceLastExit(): number {
  if (!existsSync('/proc/self/stat')) return 0;
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const before = cpuOfExited;
  // cutime and cstime, fields 16 and 17 of proc(5); the third one is the first here
  cpuOfExited = (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  return cpuOfExited - before;
}

function endOf(code: number | null, signal: string | null): string | undefined {
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? undefined : `exit code ${code}`;
}

/** What the pipes still hold is read; a process that holds them open is not waited for. */
function settle(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    child.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function collect(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      size += part.length;
      if (size > MAX_REPORT) break;
      parts.push(part);
    }
  } catch {
    // a killed process: what it wrote is judged
  }
  return Buffer.concat(parts).toString();
}

function parseReport(text: string): SuiteRecord[] | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Judgement = Pick<Outcome, 'passed' | 'failed' | 'skipped' | 'reasons'>;

function judge(suites: SuiteRecord[] | undefined, end: string | undefined): Judgement {
  const judged: Judgement = { passed: 0, failed: 0, skipped: [], reasons: [] };
  for (const suite of suites ?? []) {
    judged.passed += suite.passed;
    judged.failed += suite.declared - suite.passed;
    judged.skipped.push(...suite.skipped);
    const name = suite.name === '' ? 'a suite' : `suite ${suite.name}`;
    if (!suite.ran) fail(judged, `${name} was never run: .run() is missing`);
    if (suite.only > 0) fail(judged, `${name} has a left-in .only`);
    for (const title of suite.failed) judged.reasons.push(`"${title}" failed`);
    if (suite.current !== undefined && !suite.failed.includes(suite.current)) {
      judged.reasons.push(`"${suite.current}" never settled`);
    }
    if (suite.declared > suite.passed)
      judged.reasons.push(`${suite.passed} of ${suite.declared} passed in ${name}`);
  }
  if (suites === undefined) fail(judged, 'no report: the process was killed or left the guard behind');
  else if (judged.passed + judged.failed + judged.skipped.length === 0) fail(judged, 'no test found');
  if (end !== undefined) fail(judged, end);
  if (judged.skipped.length > 0 && process.env.CI && !process.env.ALLOW_SKIPS) fail(judged, 'skips in CI');
  return judged;
}

function fail(judged: Judgement, reason: string): void {
  judged.failed = Math.max(judged.failed, 1);
  judged.reasons.push(reason);
}

/** The last `KEPT_OUTPUT` bytes. */
class Tail {
  #parts: Buffer[] = [];
  #size = 0;

  add(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    while (this.#size - this.#parts[0]!.length > KEPT_OUTPUT) this.#size -= this.#parts.shift()!.length;
  }

  text(): string {
    return Buffer.concat(this.#parts).toString();
  }
}

function show({ file, passed, failed, skipped, reasons, output, seconds, cpuSeconds }: Outcome): void {
  const mark = failed > 0 ? 'FAIL' : 'ok  ';
  const skips = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  const times = `${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s`;
  console.log(`${mark} ${path.relative(root, file)}  ${passed} passed${skips}  ${times}`);
  for (const title of skipped) console.log(`     skipped: ${title}`);
  for (const reason of reasons) console.log(`     ${reason}`);
  if (failed > 0) console.log(output.replace(/^/gm, '     | '));
}

async function runAll(files: string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  // The longest first, so that none is left for the end alone.
  const queue = files.map((file) => ({ file, limit: timeLimit(file) })).sort((a, b) => b.limit - a.limit);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const outcome = await runFile(next.file, next.limit);
      show(outcome);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
  return outcomes;
}

const outcomes = await runAll(findFiles(process.argv.slice(2)));
const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
const passed = sum((one) => one.passed);
const failed = sum((one) => one.failed);
const skipped = sum((one) => one.skipped.length);
if (passed === 0 && failed === 0) console.log('no test found');
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`CPU ${sum((one) => one.cpuSeconds).toFixed(0)} s in ${(performance.now() / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
