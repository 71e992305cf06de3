/** Files that may have been renamed, and what is needed to tell. */
import { type Entry, Flag, Kind } from '../../objects/model.ts';
import { EMPTY_CONTENT } from '../../store/id.ts';

export interface RenameCandidate {
  path: Buffer;
  /** the last name, as latin1 */
  name: string;
  /** equal for equal contents, whatever they are cut into */
  content: string;
  size: number;
  /** with buffers of its own: a read entry's are views of a whole page */
  entry: Entry;
}

/** Undefined for what has no content to know it by: folders, devices, empty files. */
export function renameCandidate(path: Buffer, entry: Entry): RenameCandidate | undefined {
  const { kind, id, sha256, flags = 0, size = 0 } = entry;
  if ((kind !== Kind.file && kind !== Kind.symlink) || id.equals(EMPTY_CONTENT)) return undefined;
  const digest = (sha256 ?? id).toString('latin1');
  const list = sha256 ? 0 : flags & Flag.list;
  const name = path.subarray(path.lastIndexOf(0x2f) + 1);
  const own = { ...entry, name, id: Buffer.from(id), ...(sha256 && { sha256: Buffer.from(sha256) }) };
  return {
    path,
    name: name.toString('latin1'),
    content: `${kind} ${list} ${digest}`,
    size,
    entry: own,
  };
}
