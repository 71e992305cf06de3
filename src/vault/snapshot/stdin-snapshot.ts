/**
 * A snapshot of one stream: its bytes become a file, everything else is taken over from the parent. The disk is not
 * looked at.
 */
import { VaultError } from '../../errors.ts';
import { type Entry, Kind, type Snapshot } from '../../objects/model.ts';
import { pathFault, quote } from '../../objects/names.ts';
import { ofEntry } from '../../objects/references.ts';
import { lookupPath } from '../../objects/tree.ts';
import { putEntry } from '../../objects/tree-edit.ts';
import { EMPTY_CONTENT } from '../../store/id.ts';
import type { ObjectWriter } from '../../store/store.ts';
import { storeContent } from '../contents/store-content.ts';
import { splitTime } from '../environment.ts';
import { keptFolder } from '../kept-folder.ts';
import type { Progress } from '../progress.ts';
import type { Repository } from '../repository.ts';
import { setContent } from '../scan/stat-entry.ts';
import { splitPath } from '../split-path.ts';
import { inTransaction } from '../transaction/begin-anew.ts';
import { finishRef } from '../transaction/commit.ts';
import { TakeOver } from '../transaction/take-over.ts';
import { checkOrigin, originOf } from './line-origin.ts';
import { type LineHead, lineHead } from './line-parents.ts';
import { type RecordedTree, recordSnapshot, type SnapshotHead } from './record.ts';
import type { SnapshotResult } from './snapshot.ts';
import { type TagRequest, tagged } from './tagged.ts';

export interface StreamSnapshotOptions extends SnapshotHead, TagRequest {
  /** the file's path from the root; folders that are not there are made */
  path: Buffer;
  /** a line other than the folder's own, whatever folder it was made of */
  line?: string;
  progress?: Progress;
}

/** Of the file and of folders that are made for it: what nobody has said anything else about. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

const NOT_SCANNED = {
  problems: [],
  problemCount: 0,
  warnings: [],
  excluded: [],
  excludedBy: {},
  excludedCount: 0,
};

/** @throws USAGE for a path that no tree may have, BAD_PATH for one that leads through a file, and as `takeSnapshot` */
export function takeStreamSnapshot(
  repository: Repository,
  bytes: AsyncIterable<Uint8Array>,
  options: StreamSnapshotOptions,
): Promise<SnapshotResult> {
  return tagged(repository, options, () => take(repository, bytes, options));
}

async function take(
  repository: Repository,
  bytes: AsyncIterable<Uint8Array>,
  options: StreamSnapshotOptions,
): Promise<SnapshotResult> {
  const { root, line } = keptFolder(repository, options.line);
  const fault = options.path.length === 0 ? 'is empty' : pathFault(options.path);
  if (fault !== undefined) throw new VaultError('USAGE', `the path ${quote(options.path)} ${fault}`);
  const started = repository.environment.now();
  await finishRef(repository, `refs/heads/${line}`);
  let file: Entry | undefined;
  return inTransaction(repository, line, async (transaction) => {
    const head = await lineHead(repository, line);
    const origin = originOf(repository, root);
    if (options.line === undefined) await checkOrigin(repository, line, origin);
    const writer = repository.store.writer(transaction);
    // A stream can be read once: another attempt takes over what the first has stored.
    if (file) await new TakeOver(transaction, writer).closure(ofEntry(file));
    else {
      options.progress?.phase('scan');
      file = await storeFile(repository, writer, bytes, options);
      await writer.flush();
    }
    options.progress?.phase('commit');
    const rebase = (current: LineHead): Promise<RecordedTree> =>
      treeWith(writer, current.parents[0]?.snapshot, splitPath(options.path), file!);
    const tree = await rebase(head);
    const recording = { transaction, writer, tree, head, line, origin, started, options, rebase };
    const recorded = await recordSnapshot(repository, recording);
    return { ...recorded, parent: head.parents[0]?.id, line, ...NOT_SCANNED };
  });
}

/** The file's entry, without a name. */
async function storeFile(
  { config, environment }: Repository,
  writer: ObjectWriter,
  bytes: AsyncIterable<Uint8Array>,
  { progress, signal }: StreamSnapshotOptions,
): Promise<Entry> {
  let told = 0;
  const content = await storeContent(bytes, config.chunker, writer, () => {
    signal?.throwIfAborted();
    progress?.stored(writer.totals.newBytes - told);
    told = writer.totals.newBytes;
  });
  progress?.file(content.size, false);
  const { s, ns } = splitTime(environment.now());
  const { size } = content;
  const entry: Entry = { ...made(Buffer.alloc(0), s, ns), kind: Kind.file, mode: FILE_MODE, size };
  setContent(entry, { ...content, xattrs: undefined }, 0);
  return entry;
}

function made(name: Buffer, mtimeS: number, mtimeNs: number): Entry {
  return { name, kind: Kind.dir, id: EMPTY_CONTENT, mode: FOLDER_MODE, mtimeS, mtimeNs };
}

async function treeWith(
  writer: ObjectWriter,
  parent: Snapshot | undefined,
  names: Buffer[],
  file: Entry,
): Promise<RecordedTree> {
  const { mtimeS = 0, mtimeNs = 0 } = file;
  const counts = { files: 0, dirs: 1, others: 0, bytes: 0, ...(parent && countsOf(parent)) };
  const before = parent && (await lookupPath(writer, parent.root, names));
  if (before) uncount(counts, before);
  counts.files++;
  counts.bytes += file.size ?? 0;
  const id = await putEntry(
    writer,
    (type, encoding) => writer.putMeta(type, encoding),
    parent?.tree,
    names.slice(0, -1),
    { ...file, name: names.at(-1)! },
    (name) => {
      counts.dirs++;
      return made(name, mtimeS, mtimeNs);
    },
  );
  const root = { ...(parent?.root ?? made(Buffer.alloc(0), mtimeS, mtimeNs)), id };
  return { root, mounts: parent?.mounts ?? [Buffer.alloc(0)], counts, problems: [], problemCount: 0 };
}

function countsOf({ stats: { files, dirs, others, bytes } }: Snapshot): RecordedTree['counts'] {
  return { files, dirs, others, bytes };
}

/** @throws BAD_PATH for a folder, which a file cannot replace */
function uncount(counts: RecordedTree['counts'], before: Entry): void {
  if (before.kind === Kind.dir) {
    throw new VaultError('BAD_PATH', `${quote(before.name)} is a folder in the newest snapshot`, {
      hint: 'choose another name',
      subject: before.name.toString(),
    });
  }
  if (before.kind === Kind.file) {
    counts.files--;
    counts.bytes -= before.size ?? 0;
  } else counts.others--;
}
