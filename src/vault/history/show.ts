/** Whatever a revision names, opened for showing. */
import { readChanges } from '../../objects/changes.ts';
import type { Change, Snapshot } from '../../objects/model.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { type Walked, walkTree } from '../../objects/walk.ts';
import type { Id } from '../../store/id.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import { treeRoot } from '../list-tree.ts';
import { infoOf, type ObjectInfo, objectBytes } from '../object-info.ts';
import type { Repository } from '../repository.ts';
import { type ResolveOptions, resolve } from '../resolve.ts';
import { type RefNames, refNames } from './decorations.ts';

export type Shown =
  | {
      kind: 'snapshot';
      id: Id;
      snapshot: Snapshot;
      names: RefNames;
      forgotten: boolean;
      changes: AsyncIterable<Change>;
    }
  /** what is directly in it; `path` where it was found by one */
  | { kind: 'tree'; id: Id; path?: Buffer; entries: AsyncIterable<Walked> }
  | { kind: 'blob'; info: ObjectInfo; path?: Buffer; bytes: AsyncIterable<Buffer> }
  | { kind: 'changes'; id: Id; changes: AsyncIterable<Change> };

/** @throws as `resolve`; reading what is shown throws MISSING_OBJECT, DAMAGED */
export async function show(
  repository: Repository,
  revision: string | Buffer,
  options: ResolveOptions = {},
): Promise<Shown> {
  const { store } = repository;
  const resolved = await resolve(repository, revision, { snapshotsOnly: true, ...options });
  const path = resolved.kind === 'path' ? { path: resolved.path } : {};
  const info = infoOf(resolved);
  const { id, type } = info;
  switch (type) {
    case 'snapshot': {
      const snapshot = await readSnapshot(store, id);
      const names = (await refNames(repository)).get(id.toString('hex')) ?? { lines: [], tags: [] };
      const forgotten = (await forgottenSnapshots(repository)).has(id);
      return {
        kind: 'snapshot',
        id,
        snapshot,
        names,
        forgotten,
        changes: rows(repository, snapshot.changes),
      };
    }
    case 'tree': {
      const root = await treeRoot(store, resolved, revision.toString());
      return { kind: 'tree', id, ...path, entries: walkTree(store, root, { recursive: false }) };
    }
    case 'blob':
      return { kind: 'blob', info, ...path, bytes: objectBytes(store, info) };
    case 'changes':
      return { kind: 'changes', id, changes: rows(repository, id) };
  }
}

async function* rows(
  { store }: Repository,
  changes: Id | undefined,
): AsyncGenerator<Change, void, undefined> {
  if (!changes) return;
  for await (const page of readChanges(store, changes)) yield* page;
}
