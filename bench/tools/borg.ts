import { type Command, versionOf } from '../measure.ts';
import type { Place, Tool } from './tool.ts';

function command(place: Place, cwd: string, ...args: string[]): Command {
  const env = {
    HOME: place.home,
    BORG_BASE_DIR: place.home,
    BORG_REPO: place.repo,
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
  };
  return { argv: ['borg', ...args], cwd, env, ok: [1] };
}

export const borg: Tool = {
  name: 'borg',
  version: () => versionOf('borg', '--version'),
  init: (place) => [command(place, place.source, 'init', '--encryption=none')],
  snapshot: (place, n) => command(place, place.source, 'create', '--compression=zstd,3', `::s${n}`, '.'),
  incremental: true,
  large: true,
  revisions: (_, count) => Array.from({ length: count }, (_, i) => `s${i}`),
  restore: (place, revision, dest) => command(place, dest, 'extract', `::${revision}`),
  list: (place, revision) => command(place, place.source, 'list', '--short', `::${revision}`),
  diff: (place, a, b) => command(place, place.source, 'diff', `::${a}`, b),
};
