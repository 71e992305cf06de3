/** Any object as plumbing shows it: type, size, bytes. */
import { VaultError } from '../errors.ts';
import { type ContentRange, readContent, statContent } from '../objects/list.ts';
import { type Entry, Kind } from '../objects/model.ts';
import { storedType } from '../objects/references.ts';
import type { Resolved } from '../refs/resolve.ts';
import { type Id, ObjectType, type UserType, userType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';

export { storedType, type UserType, userType };

export interface ObjectInfo {
  id: Id;
  type: UserType;
  /** the stored type behind it: for a blob chunk or list */
  stored: ObjectType;
  /** the entry, where the object was found by a path */
  entry?: Entry;
}

export function infoOf(resolved: Resolved): ObjectInfo {
  switch (resolved.kind) {
    case 'snapshot':
      return { id: resolved.id, type: 'snapshot', stored: ObjectType.snapshot };
    case 'object':
      return { id: resolved.id, type: userType(resolved.type), stored: resolved.type };
    case 'path': {
      const { entry } = resolved;
      const stored = storedType(entry);
      return { id: entry.id, type: userType(stored), stored, entry };
    }
  }
}

/** Bytes: of a blob's content, of any other object's encoding. @throws MISSING_OBJECT, DAMAGED */
export async function objectSize(reader: ObjectReader, info: ObjectInfo): Promise<number> {
  if (info.type !== 'blob') return (await reader.readMeta(info.id, info.stored)).length;
  return (await statContent(reader, info.id, info.stored === ObjectType.list)).size;
}

/** A blob's content in pieces; any other object's encoding in one. @throws MISSING_OBJECT, DAMAGED */
export async function* objectBytes(
  reader: ObjectReader,
  info: ObjectInfo,
  range: ContentRange = {},
): AsyncGenerator<Buffer, void, undefined> {
  if (info.type === 'blob') yield* readContent(reader, info.id, info.stored === ObjectType.list, range);
  else yield await reader.readMeta(info.id, info.stored);
}

/** @throws WRONG_TYPE unless the object is a blob */
export function assertBlob(info: ObjectInfo, text: string): void {
  if (info.type === 'blob') return;
  throw new VaultError('WRONG_TYPE', `${text} is a ${info.type}, not a file's content`, {
    subject: text,
    hint: '`vault ls` and `vault show` list what is in it',
  });
}

/** st_mode as six octal digits: the kind's bits, and the permissions where the entry has them. */
export function modeText(entry: { kind: Kind; mode?: number | undefined }): string {
  return (KIND_BITS[entry.kind] | (entry.mode ?? 0)).toString(8).padStart(6, '0');
}

/** S_IFMT values of inode(7). */
const KIND_BITS: Record<Kind, number> = {
  [Kind.file]: 0o100000,
  [Kind.dir]: 0o040000,
  [Kind.symlink]: 0o120000,
  [Kind.fifo]: 0o010000,
  [Kind.socket]: 0o140000,
  [Kind.char]: 0o020000,
  [Kind.block]: 0o060000,
};

const PERMISSIONS = 0o7777;

/** The inverse of `modeText`, of a number: undefined when it has the bits of no kind. */
export function kindOfMode(mode: number): { kind: Kind; permissions: number } | undefined {
  const permissions = mode & PERMISSIONS;
  for (const [kind, bits] of Object.entries(KIND_BITS)) {
    if (bits === mode - permissions) return { kind: Number(kind) as Kind, permissions };
  }
  return undefined;
}
