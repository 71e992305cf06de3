/** A tree entry as the fields of a JSON object. */
import { type Entry, Flag, KIND_NAMES, modeText, storedType, userType } from '../../index.ts';
import { jsonTime, nameFields } from './json.ts';

/** Absent fields of the entry are absent here. */
export function entryFields(path: Buffer, entry: Entry): Record<string, unknown> {
  const { uid, gid, user, group, size, nlink, flags = 0 } = entry;
  return {
    ...nameFields(path),
    kind: KIND_NAMES[entry.kind],
    type: userType(storedType(entry)),
    id: entry.id,
    mode: modeText(entry),
    ...(size !== undefined && { size }),
    ...(entry.sha256 && { sha256: entry.sha256 }),
    ...time('mtime', entry.mtimeS, entry.mtimeNs),
    ...time('ctime', entry.ctimeS, entry.ctimeNs),
    ...time('btime', entry.btimeS, entry.btimeNs),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
    ...(entry.ino !== undefined && { ino: entry.ino }),
    ...(nlink !== undefined && { nlink }),
    ...(entry.target && nameFields(entry.target, 'target')),
    ...(entry.rdevMajor !== undefined && { rdev: [entry.rdevMajor, entry.rdevMinor] }),
    ...((flags & Flag.sparse) !== 0 && { sparse: true }),
    ...(entry.xattrs && { xattrs: entry.xattrs.map(xattrFields) }),
  };
}

function time(
  name: string,
  seconds: number | undefined,
  nanoseconds: number | undefined,
): Record<string, string> {
  return seconds === undefined ? {} : { [name]: jsonTime(seconds, nanoseconds) };
}

function xattrFields(xattr: NonNullable<Entry['xattrs']>[number]): object {
  const name = nameFields(xattr.name, 'name');
  return 'value' in xattr
    ? { ...name, value_b64: xattr.value.toString('base64') }
    : { ...name, id: xattr.id };
}
