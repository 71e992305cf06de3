/** The two spaces in which ids are kept apart, so that no file's content passes for a tree. */
import { ObjectType } from './id.ts';
import { PackKind } from './pack.ts';

export type Space = 'meta' | 'chunk';

export function spaceOf(type: ObjectType): Space {
  return type === ObjectType.chunk ? 'chunk' : 'meta';
}

/** That of all objects in a pack. */
export function spaceOfPack(kind: PackKind): Space {
  return kind === PackKind.data ? 'chunk' : 'meta';
}
