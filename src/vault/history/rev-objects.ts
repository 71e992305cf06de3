/** Trees and contents below trees, each once: `rev-list --objects`. */
import { joinPath } from '../../objects/names.ts';
import { storedType } from '../../objects/references.ts';
import { readTree } from '../../objects/tree.ts';
import { checkDepth } from '../../objects/walk.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { ObjectSet } from '../../store/object-set.ts';
import type { ObjectReader } from '../../store/store.ts';

export interface NamedObject {
  id: Id;
  stored: ObjectType;
  /** where it was met first; empty for what was named itself, and for the root of a snapshot */
  path: Buffer;
}

interface Frame {
  pages: AsyncIterator<NamedObject[]>;
  rows: NamedObject[];
  index: number;
}

/**
 * The roots and what is below them, a folder before what is in it; without `known` ones and what is below these.
 * @throws MISSING_OBJECT, DAMAGED
 */
export async function* objectsOf(
  reader: ObjectReader,
  roots: readonly NamedObject[],
  known: readonly NamedObject[],
): AsyncGenerator<NamedObject, void, undefined> {
  const seen = new ObjectSet();
  for (const root of known) for await (const _ of walk(reader, root, seen));
  for (const root of roots) yield* walk(reader, root, seen);
}

async function* walk(
  reader: ObjectReader,
  root: NamedObject,
  seen: ObjectSet,
): AsyncGenerator<NamedObject, void, undefined> {
  const frames: Frame[] = [{ pages: only(root), rows: [], index: 0 }];
  while (frames.length > 0) {
    const frame = frames.at(-1)!;
    if (frame.index === frame.rows.length) {
      const { done, value } = await frame.pages.next();
      if (done) frames.pop();
      else Object.assign(frame, { rows: value, index: 0 });
      continue;
    }
    const object = frame.rows[frame.index++]!;
    if (!seen.add(object.stored, object.id)) continue;
    yield object;
    if (object.stored !== ObjectType.tree) continue;
    checkDepth(frames.length, object.path);
    frames.push({ pages: pagesOf(reader, object), rows: [], index: 0 });
  }
}

async function* only(root: NamedObject): AsyncGenerator<NamedObject[], void, undefined> {
  yield [root];
}

async function* pagesOf(
  reader: ObjectReader,
  { id, path }: NamedObject,
): AsyncGenerator<NamedObject[], void, undefined> {
  for await (const page of readTree(reader, id)) {
    yield page.map((entry) => ({
      id: entry.id,
      stored: storedType(entry),
      path: joinPath(path, entry.name),
    }));
  }
}
