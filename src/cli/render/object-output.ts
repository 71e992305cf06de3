/** How plumbing prints one object. */
import {
  formatTime,
  listTree,
  nanoseconds,
  type ObjectInfo,
  ObjectType,
  objectBytes,
  objectSize,
  type Repository,
  readChanges,
  readSnapshot,
  type Snapshot,
  treeRoot,
  viewOf,
} from '../../index.ts';
import { printable, quote } from '../text/quoting.ts';
import { lsTreeHead } from './ls-tree-line.ts';

/** `raw`: a blob's content, any other object's encoding. */
export type ObjectForm = 'type' | 'size' | 'pretty' | 'raw';

type Print = (data: string | Uint8Array) => Promise<void> | undefined;

export async function printObject(
  vault: Repository,
  info: ObjectInfo,
  form: ObjectForm,
  print: Print,
): Promise<void> {
  if (form === 'type') await print(`${info.type}\n`);
  else if (form === 'size') await print(`${await objectSize(vault.store, info)}\n`);
  else if (form === 'pretty' && info.type !== 'blob') await printPretty(vault, info, print);
  else for await (const bytes of objectBytes(vault.store, info)) await print(bytes);
}

async function printPretty(vault: Repository, info: ObjectInfo, print: Print): Promise<void> {
  const { store } = vault;
  if (info.type === 'snapshot') await print(snapshotText(await readSnapshot(store, info.id)));
  else if (info.type === 'tree') {
    const root = await treeRoot(store, { kind: 'object', id: info.id, type: ObjectType.tree }, '');
    for await (const { path, entry } of listTree(store, root)) {
      await print(`${lsTreeHead(viewOf(entry))}${quote(path)}\n`);
    }
  } else {
    for await (const page of readChanges(store, info.id)) {
      for (const { letter, path } of page) await print(`${letter}\t${quote(path)}\n`);
    }
  }
}

/** Headers, an empty line, the message: as git prints a commit. */
export function snapshotText(snapshot: Snapshot): string {
  const { tree, parents, changes, timeS, timeNs, host, user, author, rootPath, labels, generation } =
    snapshot;
  const lines = [
    `tree ${tree.toString('hex')}`,
    ...parents.map((parent) => `parent ${parent.toString('hex')}`),
    ...(changes ? [`changes ${changes.toString('hex')}`] : []),
    `generation ${generation}`,
    `time ${formatTime(nanoseconds(timeS, timeNs))}`,
    `host ${oneLine(host)}`,
    `user ${oneLine(user)}`,
    ...(author === undefined ? [] : [`author ${oneLine(author)}`]),
    `root ${quote(rootPath)}`,
    ...labels.map(([key, value]) => `label ${oneLine(key)}=${oneLine(value)}`),
    ...(snapshot.problemCount > 0 ? [`problems ${snapshot.problemCount}`] : []),
    '',
    printable(snapshot.message),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function oneLine(text: string): string {
  return quote(Buffer.from(text));
}
