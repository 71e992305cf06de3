import { type Command, run, versionOf } from '../measure.ts';
import type { Place, Tool } from './tool.ts';

function command(place: Place, ...args: string[]): Command {
  const env = {
    HOME: place.home,
    RESTIC_REPOSITORY: place.repo,
    RESTIC_PASSWORD: 'bench',
    RESTIC_CACHE_DIR: `${place.home}/restic`,
  };
  return { argv: ['restic', ...args], cwd: place.source, env };
}

export const restic: Tool = {
  name: 'restic',
  version: () => versionOf('restic', 'version'),
  // Repository version 2 compresses ("auto" is zstd's fastest level); from restic 0.15 on it is the default.
  init: (place) => [command(place, 'init', '--repository-version', '2')],
  snapshot: (place) => command(place, 'backup', '.'),
  incremental: true,
  large: true,
  revisions(place) {
    const snapshots = JSON.parse(run(command(place, 'snapshots', '--json'))) as {
      id: string;
      time: string;
    }[];
    return snapshots.sort((a, b) => (a.time < b.time ? -1 : 1)).map((snapshot) => snapshot.id);
  },
  restore: (place, revision, dest) => command(place, 'restore', revision, '--target', dest),
  list: (place, revision) => command(place, 'ls', revision),
  diff: (place, a, b) => command(place, 'diff', a, b),
};
