/** Options of `write-tree`: those of `snapshot` that say what is left out. */
import type { WriteTreeOptions } from '../../index.ts';
import type { exclusionFlags } from './exclude-patterns.ts';
import { type SnapshotFlags, snapshotOptions } from './snapshot.ts';

const NOTHING_ELSE = {
  message: undefined,
  tag: undefined,
  author: undefined,
  line: undefined,
  label: undefined,
  'if-changed': false,
  stdin: false,
};

/** @throws BAD_PATH for a file of patterns that cannot be read */
export function treeOptions(flags: Pick<SnapshotFlags, keyof typeof exclusionFlags>): WriteTreeOptions {
  const { exclude, oneFileSystem, threads } = snapshotOptions({ ...NOTHING_ELSE, ...flags }, []);
  return { ...(exclude && { exclude }), ...(oneFileSystem !== undefined && { oneFileSystem }), threads };
}
