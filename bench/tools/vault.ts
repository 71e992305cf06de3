import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, versionOf } from '../measure.ts';
import type { Place, Tool } from './tool.ts';

const node = process.execPath;
const bin = fileURLToPath(new URL('../../bin/vault.js', import.meta.url));
const vault = [node, bin];

function env(place: Place): Record<string, string> {
  return { HOME: place.home, XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', VAULT_DIR: '' };
}

function command(place: Place, ...args: string[]): Command {
  return { argv: [...vault, ...args], cwd: place.source, env: env(place) };
}

export const vaultTool: Tool = {
  name: 'vault',
  version: () => versionOf(...vault, '--version'),
  // Leaves a link `.vault` in the folder, by which the later commands find the store.
  init: (place) => [
    { argv: ['rm', '-f', join(place.source, '.vault')] },
    command(place, 'init', '.', '--store', place.repo),
  ],
  snapshot: (place) => command(place, 'snapshot'),
  incremental: true,
  large: true,
  revisions: (_, count) => Array.from({ length: count }, (_, i) => `HEAD~${count - 1 - i}`),
  restore: (place, revision, dest) => command(place, 'restore', revision, '--to', dest),
  list: (place, revision) => command(place, 'ls', '-r', revision),
  diff: (place, a, b) => command(place, 'diff', '--name-status', a, b),
  log: (place, file) => command(place, 'log', '--', file),
  objects: {
    pack: () => [],
    revParse: (place) => command(place, 'rev-parse', 'HEAD'),
    catOne: (place, file) => command(place, 'cat-object', '-p', `HEAD:${file}`),
    ids: [...vault, 'ls-tree', '-r', '--object-only', 'HEAD'],
    batch: [...vault, 'cat-object', '--batch'],
    check: [...vault, 'cat-object', '--batch-check'],
    env,
  },
};
