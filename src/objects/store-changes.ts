/** Stores what happened between two trees, as the snapshot of the second records it. */
import type { Id } from '../store/id.ts';
import type { ObjectWriter } from '../store/store.ts';
import { ChangesBuilder } from './changes.ts';
import { changesBetween } from './tree-diff.ts';

/** The id of the changes object and its number of rows. */
export async function storeChanges(
  writer: ObjectWriter,
  before: Id,
  after: Id,
): Promise<{ id: Id; rows: number }> {
  const builder = new ChangesBuilder((type, encoding) => writer.putMeta(type, encoding));
  for await (const changes of changesBetween(writer, before, after)) {
    for (const change of changes) {
      const flushed = builder.add(change);
      if (flushed) await flushed;
    }
  }
  return builder.finish();
}
