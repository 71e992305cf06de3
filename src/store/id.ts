/**
 * Object ids and types. Computing an id is the seam for keyed ids of encrypted vaults: `hash.ts` does it.
 */

/** 32 bytes. */
export type Id = Buffer;

export const ID_LENGTH = 32;

/** Types of stored objects; the numbers are part of the pack format. */
export const ObjectType = { chunk: 1, list: 2, tree: 3, snapshot: 4, changes: 5 } as const;
export type ObjectType = (typeof ObjectType)[keyof typeof ObjectType];
export type ObjectTypeName = keyof typeof ObjectType;

const NAMES = new Map<number, ObjectTypeName>(
  Object.entries(ObjectType).map(([name, number]) => [number, name as ObjectTypeName]),
);

/** The name of a type number, or undefined for a number this version does not know. */
export function typeName(type: number): ObjectTypeName | undefined {
  return NAMES.get(type);
}

/** Types that users see; a blob is a content, whether one chunk or a list. */
export type UserType = 'blob' | 'tree' | 'snapshot' | 'changes';

/** The type that users see of a stored one. */
export function userType(type: ObjectType): UserType {
  switch (type) {
    case ObjectType.chunk:
    case ObjectType.list:
      return 'blob';
    case ObjectType.tree:
      return 'tree';
    case ObjectType.snapshot:
      return 'snapshot';
    case ObjectType.changes:
      return 'changes';
  }
}

/** SHA-256 of zero bytes: the content that always exists. */
export const EMPTY_CONTENT: Id = Buffer.from(
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'hex',
);

/** An id as a key of maps and sets: 32 characters of one byte each, taken from `ids` at `at`. */
export function idKey(ids: Buffer, at = 0): string {
  return ids.toString('latin1', at, at + ID_LENGTH);
}

/** Whether the id at `atA` of `a` is the one at `atB` of `b`: without a call into the runtime, which takes as long as a lookup. */
export function isSameId(a: Buffer, atA: number, b: Buffer, atB: number): boolean {
  for (let i = 0; i < ID_LENGTH; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}
