/** What a vault holds and takes, and what some of its snapshots do. */
import { isList } from '../../objects/entry-flags.ts';
import { contentChunks } from '../../objects/list.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { walkRuns } from '../../objects/walk.ts';
import { HEADS, TAGS } from '../../refs/names.ts';
import { isLive } from '../../refs/ref-record.ts';
import { type Id, ObjectType, type ObjectTypeName, typeName } from '../../store/id.ts';
import { IdSet } from '../../store/id-set.ts';
import { logSnapshots } from '../history/log.ts';
import { treeRoot } from '../list-tree.ts';
import { listPacks } from '../packs/pack-listing.ts';
import type { Repository } from '../repository.ts';
import { type ResolveOptions, resolve } from '../resolve.ts';
import { shareOf } from './object-facts.ts';

/** Bytes are integers; `stored` is what they take in the packs, rounded. */
export interface Extent {
  count: number;
  bytes: number;
  stored: number;
}

export interface VaultStats {
  lines: number;
  tags: number;
  /** kept ones, of all lines */
  snapshots: number;
  /** files in all of them together, and the sum of their sizes: what copies of them would take */
  files: number;
  bytes: number;
  /** each object once */
  objects: Record<ObjectTypeName, Extent>;
  packs: { count: number; bytes: number };
}

export interface TreeStats {
  /** as it was asked for */
  revision: string;
  files: number;
  /** folders, the root included */
  dirs: number;
  others: number;
  /** sum of the files' sizes */
  bytes: number;
  /** chunks that none of the revisions before it in the list has; absent when there are too many to tell */
  further?: Extent;
}

/** Chunks told apart by `treeStats`: some 140 MB. */
const MOST_CHUNKS = 3_000_000;
/** Chunks looked up at a time. */
const GROUP = 4096;

/**
 * Reads refs, snapshots and the index; no content. Memory does not grow with the vault but for what `logSnapshots` takes.
 *
 *     const { bytes, objects, packs } = await vaultStats(vault);
 * @throws errors of the index and of listing; MISSING_OBJECT, DAMAGED; ABORTED
 */
export async function vaultStats(
  repository: Repository,
  { signal }: { signal?: AbortSignal } = {},
): Promise<VaultStats> {
  const { index } = repository.store;
  const none = (): Extent => ({ count: 0, bytes: 0, stored: 0 });
  const stats: VaultStats = {
    lines: await countRefs(repository, HEADS),
    tags: await countRefs(repository, TAGS),
    snapshots: 0,
    files: 0,
    bytes: 0,
    objects: { chunk: none(), list: none(), tree: none(), snapshot: none(), changes: none() },
    packs: { count: 0, bytes: 0 },
  };
  await addSnapshots(repository, stats, signal);
  await index.refresh();
  for (const space of ['meta', 'chunk'] as const) {
    for await (const page of index.each(space)) {
      signal?.throwIfAborted();
      for (const { location } of page) {
        const name = typeName(location.type);
        if (name) add(stats.objects[name], location.length, shareOf(location));
      }
    }
  }
  for (const extent of Object.values(stats.objects)) extent.stored = Math.round(extent.stored);
  for await (const { size } of listPacks(repository)) {
    stats.packs.count++;
    stats.packs.bytes += size;
  }
  return stats;
}

async function countRefs({ refs }: Repository, namespace: string): Promise<number> {
  let count = 0;
  for await (const { record } of refs.list(namespace)) if (isLive(record)) count++;
  return count;
}

async function addSnapshots(repository: Repository, stats: VaultStats, signal?: AbortSignal): Promise<void> {
  if (stats.lines === 0) return;
  for await (const { snapshot } of await logSnapshots(repository, { all: true })) {
    signal?.throwIfAborted();
    stats.snapshots++;
    stats.files += snapshot.stats.files;
    stats.bytes += snapshot.stats.bytes;
  }
}

function add(extent: Extent, bytes: number, stored: number): void {
  extent.count++;
  extent.bytes += bytes;
  extent.stored += stored;
}

/**
 * Counts each revision by walking through it, and its contents as far as no revision before it had them: the first one's `further` is
 * what it takes alone, the sum is what all take together.
 *
 *     const [before, now] = await treeStats(vault, ['HEAD~1', 'HEAD']);
 *     console.log(now.further?.bytes, 'bytes are new');
 * @param revisions `REV`, `REV:folder`, or trees
 * @throws as `resolve`; WRONG_TYPE for a file; MISSING_OBJECT, DAMAGED; ABORTED
 */
export async function treeStats(
  repository: Repository,
  revisions: readonly (string | Buffer)[],
  options: Pick<ResolveOptions, 'here'> & { signal?: AbortSignal } = {},
): Promise<TreeStats[]> {
  const seen = new IdSet();
  const all: TreeStats[] = [];
  for (const revision of revisions) {
    const resolved = await resolve(repository, revision, { snapshotsOnly: true, ...options });
    const root = await treeRoot(repository.store, resolved, revision.toString());
    const counter = new TreeCounter(repository, revision.toString(), seen);
    all.push(await counter.count(root, options.signal));
  }
  return all;
}

class TreeCounter {
  readonly #repository: Repository;
  readonly #seen: IdSet;
  readonly #stats: TreeStats;
  readonly #further: Extent = { count: 0, bytes: 0, stored: 0 };
  #wanted: Id[] = [];

  constructor(repository: Repository, revision: string, seen: IdSet) {
    this.#repository = repository;
    this.#seen = seen;
    this.#stats = { revision, files: 0, dirs: 1, others: 0, bytes: 0 };
  }

  async count(root: Entry, signal?: AbortSignal): Promise<TreeStats> {
    for await (const { entries } of walkRuns(this.#repository.store, root)) {
      signal?.throwIfAborted();
      for (const entry of entries) {
        this.#countEntry(entry);
        if (entry.kind === Kind.file || entry.kind === Kind.symlink) await this.#addContent(entry);
      }
      if (this.#wanted.length >= GROUP) await this.#look();
    }
    await this.#look();
    if (this.#seen.size >= MOST_CHUNKS) return this.#stats;
    return { ...this.#stats, further: { ...this.#further, stored: Math.round(this.#further.stored) } };
  }

  #countEntry({ kind, size = 0 }: Entry): void {
    if (kind === Kind.file) {
      this.#stats.files++;
      this.#stats.bytes += size;
    } else if (kind === Kind.dir) this.#stats.dirs++;
    else this.#stats.others++;
  }

  async #addContent(entry: Entry): Promise<void> {
    const { id } = entry;
    if (!isList(entry)) return this.#want(id);
    if (!this.#isNew(id)) return;
    for await (const chunk of contentChunks(this.#repository.store, id, true)) this.#want(chunk.id);
  }

  #isNew(id: Id): boolean {
    return this.#seen.size < MOST_CHUNKS && this.#seen.add(id);
  }

  #want(id: Id): void {
    if (this.#isNew(id)) this.#wanted.push(Buffer.from(id));
  }

  async #look(): Promise<void> {
    const ids = this.#wanted;
    this.#wanted = [];
    for (const place of await this.#repository.store.locateAll(ids, 'chunk')) {
      if (place?.type === ObjectType.chunk) add(this.#further, place.length, shareOf(place));
    }
  }
}
