import { versionOf } from '../measure.ts';
import type { Tool } from './tool.ts';

/** The measure of a restore: the files copied as they are. */
export const cp: Tool = {
  name: 'cp',
  version: () => versionOf('cp', '--version'),
  large: true,
  restore: (place, _, dest) => ({ argv: ['cp', '-a', `${place.source}/.`, dest] }),
};
