/** A snapshot from its parts: `make-snapshot`. It moves no ref. */
import { VaultError } from '../../errors.ts';
import { type Entry, Kind, type Snapshot, type SnapshotStats } from '../../objects/model.ts';
import { encodeSnapshot, readSnapshot } from '../../objects/snapshot.ts';
import { storeChanges } from '../../objects/store-changes.ts';
import { walkRuns } from '../../objects/walk.ts';
import type { Resolved } from '../../refs/resolve.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import type { ObjectWriter } from '../../store/store.ts';
import { splitTime } from '../environment.ts';
import { treeRoot } from '../list-tree.ts';
import type { Repository } from '../repository.ts';
import { type HandWriter, storeByHand } from '../transaction/stored-by-hand.ts';

export interface MakeSnapshotOptions {
  /** the first is what its changes are against */
  parents?: readonly Id[];
  message?: string;
  author?: string;
  labels?: [key: string, value: string][];
  /** nanoseconds since 1970; now unless given */
  time?: bigint;
  /** this one unless given */
  host?: string;
}

const NO_NAME = Buffer.alloc(0);

/**
 * @param tree what a revision names: a tree, a folder in a snapshot, or a snapshot, whose root's metadata and mount points are taken
 *   over
 * @throws WRONG_TYPE for what is no tree, NOT_FOUND for an object that is not there
 */
export async function makeSnapshot(
  repository: Repository,
  tree: Resolved,
  text: string,
  options: MakeSnapshotOptions = {},
): Promise<Id> {
  const { store } = repository;
  const root = { ...(await treeRoot(store, tree, text)), name: NO_NAME };
  const source = await sourceOf(repository, tree);
  const { ids } = await storeByHand(repository, async (hand) => {
    await assertThere(hand, root, options.parents ?? []);
    const { writer } = hand;
    const parents: Snapshot[] = [];
    for (const id of options.parents ?? []) parents.push(await readSnapshot(store, id));
    const stats = await statsOf(writer, root);
    const changes = parents[0] && (await storeChanges(writer, parents[0].tree, root.id)).id;
    const snapshot = describe(repository, root, source, parents, changes, stats, options);
    return { ids: [await writer.putMeta(ObjectType.snapshot, encodeSnapshot(snapshot))] };
  });
  return ids[0]!;
}

/** The snapshot whose whole tree it is, if it was named by one. */
async function sourceOf({ store }: Repository, tree: Resolved): Promise<Snapshot | undefined> {
  if (tree.kind === 'snapshot') return readSnapshot(store, tree.id);
  if (tree.kind !== 'path' || tree.path.length > 0 || !tree.snapshot) return undefined;
  return readSnapshot(store, tree.snapshot);
}

async function assertThere(hand: HandWriter, root: Entry, parents: readonly Id[]): Promise<void> {
  const [tree] = await hand.mayName([{ id: root.id, type: ObjectType.tree }]);
  let lost = tree ? undefined : root.id;
  for (const id of parents) if (!(await hand.mayDescendFrom(id))) lost ??= id;
  if (!lost) return;
  const hex = lost.toString('hex');
  throw new VaultError('NOT_FOUND', `object ${hex} is not in the vault; nothing was stored`, {
    subject: hex,
  });
}

async function statsOf(writer: ObjectWriter, root: Entry): Promise<SnapshotStats> {
  const stats = { files: 0, dirs: 1, others: 0, bytes: 0, newBytes: 0, storedBytes: 0, durationMs: 0 };
  for await (const { entries } of walkRuns(writer, root)) {
    for (const { kind, size = 0 } of entries) {
      if (kind === Kind.dir) stats.dirs++;
      else if (kind === Kind.file) {
        stats.files++;
        stats.bytes += size;
      } else stats.others++;
    }
  }
  return stats;
}

function describe(
  { environment, root: folder }: Repository,
  root: Entry,
  source: Snapshot | undefined,
  parents: readonly Snapshot[],
  changes: Id | undefined,
  stats: SnapshotStats,
  options: MakeSnapshotOptions,
): Snapshot {
  const time = splitTime(options.time ?? environment.now());
  return {
    tree: root.id,
    root,
    parents: [...(options.parents ?? [])],
    generation: Math.max(-1, ...parents.map(({ generation }) => generation)) + 1,
    ...(changes && { changes }),
    timeS: time.s,
    timeNs: time.ns,
    host: options.host ?? environment.host,
    user: environment.user,
    ...(options.author !== undefined && { author: options.author }),
    rootPath: source?.rootPath ?? folder ?? NO_NAME,
    mounts: source?.mounts ?? [NO_NAME],
    message: options.message ?? '',
    labels: options.labels ?? [],
    problemCount: 0,
    problems: [],
    stats,
  };
}
