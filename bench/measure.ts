/**
 * Runs one command and measures it: wall time, CPU time and memory of the whole process tree.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  argv: string[];
  cwd?: string;
  /** Added to the harness' own environment; '' removes a variable. */
  env?: Record<string, string>;
  stdin?: string;
  stdout?: string;
  /** Exit codes that count as success besides 0 (borg's 1 is "warnings"). */
  ok?: number[];
}

export interface Sample {
  /** seconds */
  wall: number;
  /** user + system seconds of the command and all its waited-for descendants; absent without GNU time */
  cpu?: number;
  /** highest sum of resident sets over the tree (MB, sampled); shared pages count once for each process */
  treeMB?: number;
  /** highest resident set of a single process (MB, from the kernel's own accounting) */
  singleMB?: number;
  /** cores that everything else on the machine used meanwhile: how far to trust this sample */
  others?: number;
}

const GNU_TIME = '/usr/bin/time';
const SAMPLE_MS = 20;
const MAX_PROCESSES = 4096;
const MB = 1e6;
/** The kernel counts the machine's busy time in hundredths of a second. */
const MIN_WALL_FOR_OTHERS = 0.2;
const hasTime = existsSync(GNU_TIME);
const hasProc = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);
const pageSize = Number(spawnSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }).stdout) || 4096;

/** A pipeline of commands as one argv. Fails when any of its parts fails. */
export function pipeline(...parts: string[][]): string[] {
  const quoted = parts.map((argv) => argv.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' '));
  return ['bash', '-o', 'pipefail', '-c', quoted.join(' | ')];
}

export function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  // Reading a bundle of certificates is part of an old Node's start and of no interest here.
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_EXTRA_CA_CERTS: '', LC_ALL: 'C.UTF-8', ...extra };
  for (const [name, value] of Object.entries(env)) if (value === '') delete env[name];
  return env;
}

/** @throws Error with the end of stderr when the command fails */
export async function measure(command: Command): Promise<Sample> {
  const scratch = mkdtempSync(join(tmpdir(), 'vault-bench-'));
  const report = join(scratch, 'time');
  const stderr = join(scratch, 'stderr');
  const fds = [
    openSync(command.stdin ?? '/dev/null', 'r'),
    openSync(command.stdout ?? '/dev/null', 'w'),
    openSync(stderr, 'w'),
  ];
  const timed = hasTime ? [GNU_TIME, '-q', '-o', report, '-f', '%U %S %M', ...command.argv] : command.argv;
  try {
    const busyBefore = machineBusy();
    const begin = process.hrtime.bigint();
    const child = spawn(timed[0]!, timed.slice(1), {
      cwd: command.cwd,
      env: environment(command.env),
      stdio: fds as [number, number, number],
    });
    let peak = 0;
    const sampler = setInterval(() => {
      peak = Math.max(peak, treeResident(child.pid!));
    }, SAMPLE_MS);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    }).finally(() => clearInterval(sampler));
    const wall = Number(process.hrtime.bigint() - begin) / 1e9;
    const busy = machineBusy() - busyBefore;
    if (code !== 0 && !command.ok?.includes(code ?? -1)) {
      throw new Error(
        `${command.argv.join(' ')}: exit ${code}\n${readFileSync(stderr, 'utf8').slice(-2000)}`,
      );
    }
    const sample: Sample = { wall };
    if (hasTime) {
      const [user, system, kib] = readFileSync(report, 'utf8').trim().split(/\s+/).map(Number);
      sample.cpu = user! + system!;
      sample.singleMB = (kib! * 1024) / MB;
      if (wall >= MIN_WALL_FOR_OTHERS) sample.others = Math.max(0, busy - sample.cpu) / wall;
    }
    // A process shorter than the sampling interval is known from the kernel's figure only.
    if (hasProc) sample.treeMB = Math.max(peak / MB, sample.singleMB ?? 0);
    return sample;
  } finally {
    for (const fd of fds) closeSync(fd);
    rmSync(scratch, { recursive: true });
  }
}

/** Runs a preparation step, unmeasured. */
export function run(command: Command): string {
  const stdout = command.stdout === undefined ? undefined : openSync(command.stdout, 'w');
  const result = spawnSync(command.argv[0]!, command.argv.slice(1), {
    cwd: command.cwd,
    env: environment(command.env),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  });
  if (stdout !== undefined) closeSync(stdout);
  if (result.error) throw result.error;
  if (result.status !== 0 && !command.ok?.includes(result.status ?? -1)) {
    throw new Error(`${command.argv.join(' ')}: exit ${result.status}\n${result.stderr.slice(-2000)}`);
  }
  return result.stdout ?? '';
}

/** The number that a version command prints first, undefined when it cannot be run. */
export function versionOf(...argv: string[]): string | undefined {
  const result = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8', env: environment() });
  return result.status === 0 ? result.stdout.match(/\d+(\.\d+)+/)?.[0] : undefined;
}

/** Resident bytes of the descendants of `pid` (itself left out: it is GNU time). */
function treeResident(pid: number): number {
  const pids = [pid];
  let bytes = 0;
  for (let i = 0; i < pids.length && i < MAX_PROCESSES; i++) {
    try {
      if (i > 0 || !hasTime)
        bytes += Number(readFileSync(`/proc/${pids[i]}/statm`, 'latin1').split(' ')[1]) * pageSize;
      for (const thread of readdirSync(`/proc/${pids[i]}/task`)) {
        const children = readFileSync(`/proc/${pids[i]}/task/${thread}/children`, 'latin1');
        for (const child of children.split(' ')) if (child !== '') pids.push(Number(child));
      }
    } catch {
      // The process or thread ended between two reads.
    }
  }
  return bytes;
}

/** Seconds of CPU that the whole machine has used since it started. */
export function machineBusy(): number {
  try {
    const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'latin1')
      .split('\n')[0]!
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user! + nice! + system! + irq! + softirq! + steal!) / 100;
  } catch {
    return 0;
  }
}
