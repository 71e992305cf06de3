import { type Command, versionOf } from '../measure.ts';
import type { Place, Tool } from './tool.ts';

function env(place: Place): Record<string, string> {
  return {
    HOME: place.home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_DIR: place.repo,
    GIT_WORK_TREE: place.source,
    GIT_AUTHOR_NAME: 'bench',
    GIT_AUTHOR_EMAIL: 'bench@localhost',
    GIT_COMMITTER_NAME: 'bench',
    GIT_COMMITTER_EMAIL: 'bench@localhost',
  };
}

function command(place: Place, ...args: string[]): Command {
  return { argv: ['git', ...args], cwd: place.source, env: env(place) };
}

export const git: Tool = {
  name: 'git',
  version: () => versionOf('git', '--version'),
  init: (place) => [command(place, 'init', '-q', '-b', 'main'), command(place, 'config', 'gc.auto', '0')],
  // -f: the tree's own ignore rules must not make the work smaller.
  snapshot: (place) => ({
    argv: ['sh', '-c', 'git add -A -f . && git commit -q --allow-empty -m snapshot'],
    cwd: place.source,
    env: env(place),
  }),
  incremental: true,
  revisions: (_, count) => Array.from({ length: count }, (_, i) => `HEAD~${count - 1 - i}`),
  restore: (place, revision, dest) => ({
    argv: ['git', 'checkout', '-q', '-f', revision, '--', '.'],
    cwd: dest,
    env: { ...env(place), GIT_WORK_TREE: dest, GIT_INDEX_FILE: `${place.home}/restore-index` },
  }),
  list: (place, revision) => command(place, 'ls-tree', '-r', '--name-only', revision),
  diff: (place, a, b) => command(place, 'diff', '--name-status', a, b),
  log: (place, file) => command(place, 'log', '--', file),
  objects: {
    pack: (place) => [command(place, 'repack', '-q', '-a', '-d')],
    revParse: (place) => command(place, 'rev-parse', 'HEAD'),
    catOne: (place, file) => command(place, 'cat-file', '-p', `HEAD:${file}`),
    ids: ['git', 'ls-tree', '-r', '--object-only', 'HEAD'],
    batch: ['git', 'cat-file', '--batch'],
    check: ['git', 'cat-file', '--batch-check'],
    env,
  },
};
