/**
 * `npm run man`: writes man/vault.1 and man/vault-<command>.1 from the command definitions; with `--check` only says
 * whether they are current (exit 1 when not). No date in them: the same sources give the same pages.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { catalogue } from '../src/catalogue.ts';
import { renderManPages } from '../src/cli/help/man-page.ts';
import { version } from '../src/main.ts';

const FOLDER = path.join(import.meta.dirname, '..', 'man');

const pages = renderManPages(await catalogue.describe(), version);
const stale = process.argv.includes('--check') ? differences() : update();
if (stale.length > 0) {
  console.error(`man pages are not current: ${stale.join(', ')}; run "npm run man"`);
  process.exitCode = 1;
}

function update(): never[] {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of existing()) if (!pages.has(name)) rmSync(path.join(FOLDER, name));
  for (const [name, text] of pages) writeFileSync(path.join(FOLDER, name), text);
  return [];
}

function differences(): string[] {
  const there = new Set(existing());
  const changed = [...pages].filter(([name, text]) => {
    return !there.delete(name) || readFileSync(path.join(FOLDER, name), 'utf8') !== text;
  });
  return [...changed.map(([name]) => name), ...there];
}

function existing(): string[] {
  try {
    return readdirSync(FOLDER).filter((name) => name.endsWith('.1'));
  } catch {
    return [];
  }
}
