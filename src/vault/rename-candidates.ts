/** Files that may have been renamed: the little that must be known of them, so that many fit into memory. */
import { type Entry, Flag, Kind } from '../objects/model.ts';
import { EMPTY_CONTENT } from '../store/id.ts';

export interface RenameCandidate {
  path: Buffer;
  /** the last name, as latin1 */
  name: string;
  /** equal for equal contents, whatever they are cut into */
  content: string;
  size: number;
  /** what reading the content needs */
  entry: Entry;
}

/** Undefined for what has no content to know it by: folders, devices, empty files. */
export function renameCandidate(path: Buffer, entry: Entry): RenameCandidate | undefined {
  const { kind, id, sha256, flags = 0, size = 0 } = entry;
  if ((kind !== Kind.file && kind !== Kind.symlink) || id.equals(EMPTY_CONTENT)) return undefined;
  const digest = (sha256 ?? id).toString('latin1');
  const list = sha256 ? 0 : flags & Flag.list;
  // Copies: an entry's own buffers are views of a whole page.
  const slim: Entry = { name: Buffer.alloc(0), kind, id: Buffer.from(id), size, flags };
  return {
    path,
    name: path.subarray(path.lastIndexOf(0x2f) + 1).toString('latin1'),
    content: `${kind} ${list} ${digest}`,
    size,
    entry: slim,
  };
}
