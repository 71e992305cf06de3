/** The two spaces in which ids are kept apart, so that no file's content passes for a tree. A pack has objects of one. */
import { ObjectType } from './id.ts';

export type Space = 'meta' | 'chunk';

/** As the header of a pack says it. */
export const PackKind = { data: 1, meta: 2 } as const;
export type PackKind = (typeof PackKind)[keyof typeof PackKind];

export function spaceOf(type: ObjectType): Space {
  return type === ObjectType.chunk ? 'chunk' : 'meta';
}

/** That of all objects in a pack. */
export function spaceOfPack(kind: PackKind): Space {
  return kind === PackKind.data ? 'chunk' : 'meta';
}
