/** Snapshots: `[version, tree, root, parents, …]` in the order of `FIELDS`. */
import { VaultError } from '../errors.ts';
import { ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { decode, type Encodable, encode, int, text } from './encoding.ts';
import { entryFields, entryFromFields } from './entry.ts';
import { decoding, malformed } from './malformed.ts';
import { Kind, type Problem, type Snapshot, type SnapshotStats } from './model.ts';
import { pathFault } from './names.ts';
import {
  arrayOf,
  bytesOf,
  extensionFields,
  extensionsOf,
  fieldsOf,
  idOf,
  intOf,
  MAX_NANOS,
  nanosOf,
  objectFields,
  optional,
  secondsOf,
  textOf,
  VERSION,
} from './shape.ts';

const FIELDS = 19;
/** Problems kept in a snapshot; the count says how many there were. */
export const MAX_PROBLEMS = 100;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/** Statistics in the order of their encoding. */
const STATS = [
  'files',
  'dirs',
  'others',
  'bytes',
  'newBytes',
  'storedBytes',
  'durationMs',
] as const satisfies (keyof SnapshotStats)[];

/** @throws USAGE when no reader would accept it */
export function encodeSnapshot(snapshot: Snapshot): Buffer {
  const fault = snapshotFault(snapshot);
  if (fault !== undefined) throw new VaultError('USAGE', `the snapshot cannot be stored: ${fault}`);
  return encode([
    VERSION,
    snapshot.tree,
    entryFields(snapshot.root),
    snapshot.parents,
    count(snapshot.generation, 'generation'),
    snapshot.changes ?? null,
    int(snapshot.timeS),
    count(snapshot.timeNs, 'time'),
    text(snapshot.host),
    text(snapshot.user),
    snapshot.author === undefined ? null : text(snapshot.author),
    snapshot.rootPath,
    snapshot.mounts,
    text(snapshot.message),
    snapshot.labels.map(([key, value]) => [text(key), text(value)]),
    count(snapshot.problemCount, 'number of problems'),
    snapshot.problems.map(({ path, code, message }) => [path, text(code), text(message)]),
    STATS.map((name) => count(snapshot.stats[name], name)),
    extensionFields(snapshot.ext),
  ]);
}

function count(value: number, what: string): Encodable {
  if (Number.isSafeInteger(value) && value >= 0) return int(value);
  throw new VaultError('USAGE', `the snapshot cannot be stored: its ${what} is ${value}`);
}

/** What makes a snapshot impossible, or undefined; the same when it is written and when it is read. */
function snapshotFault(snapshot: Snapshot): string | undefined {
  const { tree, root, parents, changes, mounts, problems, problemCount } = snapshot;
  if (![tree, ...parents, ...(changes ? [changes] : [])].every((id) => id.length === ID_LENGTH)) {
    return 'an id has another length';
  }
  if (root.kind !== Kind.dir || root.name.length > 0 || !root.id.equals(tree)) {
    return 'its root is not a nameless folder with its tree';
  }
  if (parents.length === 0 && changes) return 'it has changes but no parent';
  if (parents.length === 0 && snapshot.generation !== 0) return 'it has a generation but no parent';
  if (snapshot.timeNs > MAX_NANOS) return 'its time is out of range';
  if (problems.length > MAX_PROBLEMS) return `it has more than ${MAX_PROBLEMS} problems`;
  if (problems.length > problemCount) return 'it has more problems than it counts';
  const [first, ...others] = mounts;
  if (first && first.length > 0) return 'its first mount point is not its root';
  if (others.some((path) => path.length === 0 || pathFault(path) !== undefined)) {
    return 'a mount point is not below its root';
  }
  return undefined;
}

/**
 * The snapshot that `encoding` holds.
 * @throws DAMAGED or UNKNOWN_FORMAT naming `id`
 */
export function decodeSnapshot(encoding: Buffer, id: Id): Snapshot {
  return decoding(ObjectType.snapshot, id, () => {
    const snapshot = snapshotFromFields(objectFields(decode(encoding), FIELDS, 'it'));
    const fault = snapshotFault(snapshot);
    return fault === undefined ? snapshot : malformed(fault);
  });
}

function snapshotFromFields(fields: unknown[]): Snapshot {
  const changes = optional(fields[5], 'the changes', idOf);
  const author = optional(fields[10], 'the author', textOf);
  const ext = extensionsOf(fields[18], 'the extensions');
  return {
    tree: idOf(fields[1], 'the tree'),
    root: entryFromFields(fields[2], true),
    parents: arrayOf(fields[3], 'the list of parents').map((parent) => idOf(parent, 'a parent')),
    generation: intOf(fields[4], 0, MAX_COUNT, 'the generation'),
    ...(changes && { changes }),
    timeS: secondsOf(fields[6], 'the time'),
    timeNs: nanosOf(fields[7], 'the time'),
    host: textOf(fields[8], 'the host'),
    user: textOf(fields[9], 'the user'),
    ...(author !== undefined && { author }),
    rootPath: bytesOf(fields[11], 'the root’s path'),
    mounts: arrayOf(fields[12], 'the list of mount points').map((path) => bytesOf(path, 'a mount point')),
    message: textOf(fields[13], 'the message'),
    labels: arrayOf(fields[14], 'the list of labels').map(labelOf),
    problemCount: intOf(fields[15], 0, MAX_COUNT, 'the number of problems'),
    problems: arrayOf(fields[16], 'the list of problems').map(problemOf),
    stats: statsOf(fields[17]),
    ...(ext && { ext }),
  };
}

function labelOf(value: unknown): [key: string, value: string] {
  const [key, label] = fieldsOf(value, 2, 'a label');
  return [textOf(key, 'a label'), textOf(label, 'a label')];
}

function problemOf(value: unknown): Problem {
  const [path, code, message] = fieldsOf(value, 3, 'a problem');
  return {
    path: bytesOf(path, 'a problem’s path'),
    code: textOf(code, 'a problem’s code'),
    message: textOf(message, 'a problem’s message'),
  };
}

function statsOf(value: unknown): SnapshotStats {
  const numbers = fieldsOf(value, STATS.length, 'the statistics');
  const stats: Partial<SnapshotStats> = {};
  for (const [i, name] of STATS.entries())
    stats[name] = intOf(numbers[i], 0, MAX_COUNT, `the statistic ${name}`);
  return stats as SnapshotStats;
}

export async function readSnapshot(reader: ObjectReader, id: Id): Promise<Snapshot> {
  return decodeSnapshot(await reader.readMeta(id, ObjectType.snapshot), id);
}
