/** The structure of one object, for `cat-object --json`. */
import {
  contentSha256,
  type ObjectInfo,
  objectSize,
  type Repository,
  readChanges,
  readSnapshot,
  readTree,
} from '../../index.ts';
import { entryFields } from '../text/json-entry.ts';
import { changeFields } from './change.ts';
import { snapshotFields } from './snapshot.ts';

/** Of a blob type, size and SHA-256; of any other object also what is in it. @throws MISSING_OBJECT, DAMAGED */
export async function objectFields(vault: Repository, info: ObjectInfo): Promise<object> {
  const { id, type } = info;
  const head = { id, type, size: await objectSize(vault.store, info) };
  switch (type) {
    case 'blob':
      return { ...head, sha256: await contentSha256(vault, info) };
    case 'tree':
      return { ...head, entries: await treeFields(vault, id) };
    case 'snapshot':
      return { ...head, ...snapshotFields(id, await readSnapshot(vault.store, id)) };
    case 'changes':
      return { ...head, changes: await changesFields(vault, id) };
  }
}

async function treeFields({ store }: Repository, id: Buffer): Promise<object[]> {
  const entries: object[] = [];
  for await (const page of readTree(store, id)) {
    for (const entry of page) entries.push(entryFields(entry.name, entry));
  }
  return entries;
}

async function changesFields({ store }: Repository, id: Buffer): Promise<object[]> {
  const rows: object[] = [];
  for await (const page of readChanges(store, id)) rows.push(...page.map(changeFields));
  return rows;
}
