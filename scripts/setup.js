/**
 * What `npm start` and `npm test` do first on a fresh machine: install what is locked, find Node 24, build.
 * Plain JavaScript: it runs on the system's Node (20 or later) before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const NODE_NEEDED = 24;
const STAMP = path.join(ROOT, 'dist', '.sources');

/** What a build is made from; a change in any of them makes the next `npm start` build anew. */
const SOURCES = [
  'src',
  'scripts/build.js',
  'scripts/esbuild-plugins.js',
  'package-lock.json',
  'tsconfig.json',
];

/** The Node that runs everything of ours: this one when it is new enough, else the one npm package `node` brought. */
export function nodePath() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_NEEDED) return process.execPath;
  const packaged = packagedNode();
  if (existsSync(packaged)) return packaged;
  fail(
    `Node ${NODE_NEEDED} or later is needed and the npm package "node" did not install: try "npm ci" again`,
  );
}

function packagedNode() {
  return path.join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Runs `npm ci` when what is installed is not what is locked. Its output goes to stderr: stdout is the program's. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.error('installing the locked dependencies …');
  const env = { ...process.env };
  // Under `npm start` these describe the outer npm run; the inner one finds out for itself.
  for (const name of ['npm_command', 'npm_lifecycle_event', 'npm_lifecycle_script']) delete env[name];
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) fail('npm ci failed');
}

/** npm keeps what it installed in node_modules/.package-lock.json: compare it with what is locked. */
function isInstalled() {
  const locked = readLock('package-lock.json');
  const installed = readLock('node_modules/.package-lock.json');
  if (locked === undefined || installed === undefined || !existsSync(packagedNode())) return false;
  for (const [name, entry] of Object.entries(locked.packages)) {
    if (name === '') continue;
    const there = installed.packages[name];
    if (there === undefined && entry.optional === true) continue; // of another platform
    if (there?.version !== entry.version || there?.integrity !== entry.integrity) return false;
  }
  return true;
}

function readLock(name) {
  try {
    return JSON.parse(readFileSync(path.join(ROOT, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Builds when the sources are not those that `dist` was made from. */
export function ensureBuilt() {
  const stamp = sourceStamp();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  console.error('building …');
  const done = spawnSync(nodePath(), [path.join(ROOT, 'scripts', 'build.js')], { stdio: ['ignore', 2, 2] });
  if (done.status !== 0) fail('the build failed');
}

/** Called by the build when it has succeeded. `stamp` was taken before it began, so a later edit is seen. */
export function recordBuild(stamp) {
  writeFileSync(STAMP, stamp);
}

/** SHA-256 over the names and contents of everything a build is made from. */
export function sourceStamp() {
  const hash = createHash('sha256').update(process.platform + process.arch);
  for (const name of SOURCES.flatMap(filesUnder)) {
    const bytes = readFileSync(path.join(ROOT, name));
    hash.update(`\n${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

function filesUnder(name) {
  const full = path.join(ROOT, name);
  if (!existsSync(full)) return [];
  const entries = name.includes('.') ? [] : readdirSync(full, { recursive: true, withFileTypes: true });
  if (entries.length === 0) return [name];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Runs a program to its end with our terminal and signals, and ends as it ended. */
export function runThrough(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('close', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  console.error(`vault: ${message}`);
  process.exit(70);
}
