import { versionOf } from '../measure.ts';
import type { Tool } from './tool.ts';

/** The measure of a restore: the files copied as they are. */
export const cp: Tool = {
  name: 'cp',
  version: () => versionOf('cp', '--version'),
  large: true,
  restore: (place, _, dest) => ({ argv: ['cp', '-a', `${place.source}/.`, dest] }),
};

/** The same made durable, as vault's restores are before they end. */
export const cpSynced: Tool = {
  ...cp,
  name: 'cp+sync',
  restore: (place, _, dest) => ({
    argv: ['sh', '-c', 'cp -a "$1/." "$2" && sync -f "$2"', 'sh', place.source, dest],
  }),
};
