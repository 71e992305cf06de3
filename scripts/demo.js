/**
 * `npm start` without arguments: the tour of the README on a real store. Makes a small folder in a temporary place,
 * takes a snapshot, changes it, takes another, and shows log, diff and restore. Every line behind `$` is run as it
 * stands, by the `vault` of this checkout.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/vault.js', import.meta.url));
const base = mkdtempSync(path.join(tmpdir(), 'vault-demo-'));
const folder = path.join(base, 'thesis');
const { VAULT_DIR: _elsewhere, ...env } = process.env;

function write(name, text) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

function say(text) {
  console.log(`\n# ${text}`);
}

/** @param args words without spaces or quotes in them, but for a message in its own element */
function vault(...args) {
  console.log(`$ vault ${args.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`);
  const { status } = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`vault ${args[0]} ended with ${status}`);
}

function chapters() {
  const text = (n) =>
    Array.from({ length: 400 }, (_, i) => `Chapter ${n}, sentence ${i}: all of it invented.\n`);
  for (const n of [1, 2, 3]) write(`chapter${n}.tex`, text(n).join(''));
  write('figures/plot.csv', Array.from({ length: 5000 }, (_, i) => `${i},${(i * i) % 97}\n`).join(''));
  write('notes.txt', 'buy coffee\n');
}

try {
  say(`A folder with a few files: ${folder}`);
  mkdirSync(folder);
  chapters();
  vault('init');
  vault('snapshot', '-m', 'first');

  say('Edit one file, add one, remove one: what is different from the snapshot?');
  appendFileSync(path.join(folder, 'chapter2.tex'), 'And then it was over.\n');
  write('abstract.tex', 'Everything, in short.\n');
  rmSync(path.join(folder, 'notes.txt'));
  vault('status');
  vault('diff', '-p');

  say('Keep that, too, and give it a name.');
  vault('snapshot', '-m', 'chapter 2');
  vault('tag', 'v1');

  say('The history of the folder, and of one file.');
  vault('log');
  vault('log', 'chapter2.tex');
  vault('diff', '--name-status', 'HEAD~1', 'HEAD');

  say('Get back what is gone: one file, and the whole folder as it was at first.');
  vault('restore', 'HEAD~1:notes.txt');
  vault('restore', 'HEAD~1', '--to', '../as-it-was');
  vault('ls', '-l', 'HEAD~1');

  say('That was a store in a temporary folder; it is removed again. Your own:');
  console.log('  npm start -- snapshot DIR --init');
} finally {
  rmSync(base, { recursive: true, force: true });
}
