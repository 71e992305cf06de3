/** Which metadata of two entries of one name differs: what `sameEntry` looks at besides the content. */
import { type Entry, Kind, type Xattr } from '../../objects/model.ts';

export type MetadataChange =
  | { field: 'mode'; old: number | undefined; new: number | undefined }
  /** names where they are known and differ, else numbers */
  | { field: 'owner' | 'group'; old: string | undefined; new: string | undefined }
  | { field: 'mtime'; old: Time | undefined; new: Time | undefined }
  /** `A` when the attribute is new, `D` when it is gone */
  | { field: 'xattr'; name: Buffer; letter: 'A' | 'M' | 'D' };

export interface Time {
  s: number;
  ns: number;
}

/** In the order of the type above, attributes by name. A folder's time follows from what is in it and is no change. */
export function metadataChanges(old: Entry, next: Entry): MetadataChange[] {
  const changes: MetadataChange[] = [];
  if (old.mode !== next.mode) changes.push({ field: 'mode', old: old.mode, new: next.mode });
  const owner = differentNames([old.user, old.uid], [next.user, next.uid]);
  if (owner) changes.push({ field: 'owner', ...owner });
  const group = differentNames([old.group, old.gid], [next.group, next.gid]);
  if (group) changes.push({ field: 'group', ...group });
  const isTimed = next.kind !== Kind.dir;
  if (isTimed && (old.mtimeS !== next.mtimeS || old.mtimeNs !== next.mtimeNs)) {
    changes.push({ field: 'mtime', old: timeOf(old), new: timeOf(next) });
  }
  return [...changes, ...xattrChanges(old.xattrs ?? [], next.xattrs ?? [])];
}

type Account = [name: string | undefined, id: number | undefined];

function differentNames(
  [oldName, oldId]: Account,
  [newName, newId]: Account,
): { old: string | undefined; new: string | undefined } | undefined {
  if (oldName !== newName && oldName !== undefined && newName !== undefined) {
    return { old: oldName, new: newName };
  }
  if (oldId !== newId) return { old: oldId?.toString(), new: newId?.toString() };
  return oldName === newName ? undefined : { old: oldName, new: newName };
}

function timeOf({ mtimeS, mtimeNs }: Entry): Time | undefined {
  return mtimeS === undefined ? undefined : { s: mtimeS, ns: mtimeNs ?? 0 };
}

/** Both are sorted by name. */
function xattrChanges(old: readonly Xattr[], next: readonly Xattr[]): MetadataChange[] {
  const changes: MetadataChange[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < next.length) {
    const a = old[i];
    const b = next[j];
    const order = !a ? 1 : !b ? -1 : a.name.compare(b.name);
    if (order <= 0) i++;
    if (order >= 0) j++;
    if (order === 0 && sameValue(a!, b!)) continue;
    const letter = order === 0 ? 'M' : order < 0 ? 'D' : 'A';
    changes.push({ field: 'xattr', name: (b && order >= 0 ? b : a!).name, letter });
  }
  return changes;
}

function sameValue(a: Xattr, b: Xattr): boolean {
  if ('value' in a) return 'value' in b && a.value.equals(b.value);
  return 'id' in b && a.id.equals(b.id);
}
