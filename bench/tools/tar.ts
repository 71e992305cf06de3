import { pipeline, versionOf } from '../measure.ts';
import type { Place, Tool } from './tool.ts';

const archive = (place: Place, revision: string) => `${place.repo}/${revision}.tar.zst`;

export const tar: Tool = {
  name: 'tar',
  version() {
    const [first, second] = [versionOf('tar', '--version'), versionOf('zstd', '--version')];
    return first && second && `${first} with zstd ${second}`;
  },
  init: (place) => [{ argv: ['mkdir', '-p', place.repo] }],
  snapshot: (place, n) => ({
    argv: pipeline(
      ['tar', '-C', place.source, '-cf', '-', '.'],
      ['zstd', '-q', '-3', '-T2', '-f', '-o', archive(place, `s${n}`)],
    ),
  }),
  large: true,
  revisions: () => ['s0'],
  restore: (place, revision, dest) => ({
    argv: pipeline(['zstd', '-q', '-dc', archive(place, revision)], ['tar', '-xf', '-', '-C', dest]),
  }),
  list: (place, revision) => ({
    argv: pipeline(['zstd', '-q', '-dc', archive(place, revision)], ['tar', '-tf', '-']),
  }),
};
