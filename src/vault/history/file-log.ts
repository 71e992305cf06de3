/**
 * The versions of a file or folder, newest first, from the index of histories: its time does not grow with the number of
 * snapshots that left the path alone.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { changeOf } from '../../objects/entry-diff.ts';
import { contentChunks } from '../../objects/list.ts';
import { type ChangeLetter, type Entry, Kind, type Snapshot } from '../../objects/model.ts';
import { quote } from '../../objects/names.ts';
import { storedType } from '../../objects/references.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { type Kept, nearestKept } from '../../refs/ancestors.ts';
import { snapshotTime } from '../../refs/dates.ts';
import type { Forgotten } from '../../refs/forgotten.ts';
import { EMPTY_CONTENT, type Id, idKey, ObjectType } from '../../store/id.ts';
import { IdSet } from '../../store/id-set.ts';
import { spaceOf } from '../../store/space.ts';
import type { ObjectReader } from '../../store/store.ts';
import { entryAt } from '../entry-at.ts';
import type { Progress } from '../progress.ts';
import type { Repository } from '../repository.ts';
import { splitPath } from '../split-path.ts';
import { ancestors, type Visited } from './ancestry.ts';
import type { FormerName } from './follow-rename.ts';
import { HistoryIndex, type PathEvent } from './history-index.ts';
import { type HistoryOptions, type HistoryRange, historyRange } from './log.ts';
import { mergeNewest } from './merge-newest.ts';

/** A snapshot in which the path changed. */
export interface PathVersion {
  /** counted from 1, newest first; absent for a deletion, which is no version, and in another history than HEAD's */
  number?: number;
  id: Id;
  snapshot: Snapshot;
  path: Buffer;
  /** R: renamed from `from`, at least half of the content being the same */
  letter: ChangeLetter | 'R';
  from?: Buffer;
  /** R only: how much of the content stayed, in percent */
  similarity?: number;
  /** the content is that of the version before */
  metadataOnly: boolean;
  /** absent for a deletion, and where the snapshot's trees are gone */
  entry?: Entry;
  /** the entry in the first parent (or the kept one behind it), where only metadata differs */
  old?: Entry;
  /** whether it can be restored; false for a deletion */
  available: boolean;
}

export interface PathLogOptions extends HistoryOptions {
  /** go on with the name that a file had before it was renamed */
  follow?: boolean;
  /** with `follow`: so many deleted files were too many, or too large, to look for a similar one among them */
  onSkipped?: (files: number) => void;
  since?: bigint;
  until?: bigint;
  limit?: number;
  progress?: Progress;
}

/** Chunks of one version that are looked up; of a larger file the rest is taken for there. */
const MOST_CHUNKS = 4096;

/**
 * @param path from the root, not empty
 * @throws as `historyRange` and `HistoryIndex.events`; NOT_FOUND at the end when the path was never there
 */
export async function logPath(
  repository: Repository,
  path: Buffer,
  options: PathLogOptions,
): Promise<AsyncGenerator<PathVersion, void, undefined>> {
  const range = await historyRange(repository, options);
  return select(new PathLog(repository, options), path, range, options);
}

/** Whether any snapshot of HEAD's history, or of all lines', ever had the path. */
export async function hasHistory(
  repository: Repository,
  path: Buffer,
  options: PathLogOptions,
): Promise<boolean> {
  if (path.length === 0) return true;
  const { tips, forgotten } = await historyRange(repository, options);
  const log = new PathLog(repository, options);
  for (const tip of tips) for await (const _ of log.versions(path, tip, forgotten)) return true;
  return false;
}

async function* select(
  log: PathLog,
  path: Buffer,
  { tips, excluded, forgotten }: HistoryRange,
  { revision, all, since, until, limit = Number.POSITIVE_INFINITY }: PathLogOptions,
): AsyncGenerator<PathVersion, void, undefined> {
  const left = new Set<string>();
  for (const id of excluded) for await (const { snapshot } of log.events(path, id)) left.add(idKey(snapshot));
  const histories = tips.map((tip) => log.versions(path, tip, forgotten));
  const versions = mergeNewest(histories, timeOf, ({ id }) => idKey(id));
  const isNumbered = !all && (revision === undefined || revision.toString() === 'HEAD');
  let number = 0;
  let given = 0;
  if (limit <= 0) return;
  let isKnown = false;
  for await (const version of versions) {
    isKnown = true;
    if (version.letter !== 'D') number++;
    if (left.has(idKey(version.id))) continue;
    const time = timeOf(version);
    if ((since !== undefined && time < since) || (until !== undefined && time > until)) continue;
    yield isNumbered && version.letter !== 'D' ? { ...version, number } : version;
    if (++given === limit) return;
  }
  if (!isKnown) throw neverThere(path);
}

function neverThere(path: Buffer): VaultError {
  return new VaultError('NOT_FOUND', `no snapshot of this history has ${quote(path)}`, {
    hint: 'check the spelling; `vault ls -r` lists what the newest has, --all looks at all lines',
    subject: path.toString(),
  });
}

function timeOf({ snapshot }: PathVersion): bigint {
  return snapshotTime(snapshot);
}

class PathLog {
  readonly #repository: Repository;
  readonly #reader: ObjectReader;
  readonly #index: HistoryIndex;
  readonly #follow: boolean;
  readonly #onSkipped: (files: number) => void;

  constructor(repository: Repository, { follow = false, onSkipped = () => {}, progress }: PathLogOptions) {
    const { store } = repository;
    this.#repository = repository;
    this.#reader = store;
    this.#follow = follow;
    this.#onSkipped = onSkipped;
    let isTold = false;
    this.#index = new HistoryIndex(store.index.db, store, {
      onProgress: ({ total }) => {
        if (!isTold) progress?.phase('history', { files: total });
        isTold = true;
        progress?.file(0, false);
      },
    });
  }

  events(path: Buffer, tip: Id): AsyncGenerator<PathEvent, void, undefined> {
    return this.#index.events(path, tip);
  }

  /** Events of forgotten snapshots show at the next kept one, once. */
  async *versions(path: Buffer, tip: Id, forgotten: Forgotten): AsyncGenerator<PathVersion, void, undefined> {
    const kept: Kept = (id) => !forgotten.has(id);
    const carriers = new Carriers(this.#reader, tip, kept);
    const done = new IdSet();
    for await (const event of this.#index.events(path, tip)) {
      const id = forgotten.newest === undefined ? event.snapshot : await carriers.of(event.snapshot);
      if (!id || !done.add(id)) continue;
      const snapshot = await readSnapshot(this.#reader, id);
      const [first] = snapshot.parents;
      const parent = first && (await nearestKept(this.#reader, first, kept));
      const isOwn = id.equals(event.snapshot) && (!first || parent?.equals(first));
      const version = isOwn
        ? await this.#version(path, event, snapshot)
        : await this.#between(path, id, snapshot, parent);
      if (!version) continue;
      const former = this.#follow ? await this.#former(version, parent) : undefined;
      if (!former) {
        yield version;
        continue;
      }
      const { path: from, similarity } = former;
      yield { ...version, letter: 'R', from, similarity };
      yield* this.versions(from, parent!, forgotten);
      return;
    }
  }

  /** What became of the path since the nearest kept snapshot before, whatever the forgotten ones between did. */
  async #between(
    path: Buffer,
    id: Id,
    snapshot: Snapshot,
    parent: Id | undefined,
  ): Promise<PathVersion | undefined> {
    const entry = await this.#entry(snapshot, path);
    const old = parent && (await this.#entry(await readSnapshot(this.#reader, parent), path));
    const change = changeOf({ path, ...(old && { old }), ...(entry && { new: entry }) });
    const isFolder = entry?.kind === Kind.dir && old?.kind === Kind.dir && !entry.id.equals(old.id);
    if (!change && !isFolder) return undefined;
    const { letter, metadataOnly } =
      change && !isFolder ? change : { letter: 'M' as const, metadataOnly: false };
    const available = entry !== undefined && (await isThere(this.#reader, entry));
    const base = { id, snapshot, path, letter, metadataOnly, available };
    return { ...base, ...(entry && { entry }), ...(metadataOnly && old && { old }) };
  }

  /** Of a file that came to its name, which nothing had, or only a folder. */
  async #former(version: PathVersion, parent: Id | undefined): Promise<FormerName | undefined> {
    const { letter, path, entry } = version;
    if (letter !== 'A' && letter !== 'T') return undefined;
    if (!parent || entry?.kind !== Kind.file || entry.id.equals(EMPTY_CONTENT)) return undefined;
    if (letter === 'T') {
      const old = await this.#entry(await readSnapshot(this.#reader, parent), path);
      if (old?.kind !== Kind.dir) return undefined;
    }
    const { formerName } = await import('./follow-rename.ts');
    return formerName(this.#repository, { ...version, entry }, parent, this.#onSkipped);
  }

  /** Undefined for a first snapshot without the path. */
  async #version(path: Buffer, event: PathEvent, snapshot: Snapshot): Promise<PathVersion | undefined> {
    const letter = event.kind === 'root' ? 'A' : event.letter;
    const metadataOnly = event.kind === 'change' && event.metadataOnly;
    const base = { id: event.snapshot, snapshot, path, letter, metadataOnly, available: false };
    if (letter === 'D') return base;
    const entry = await this.#entry(snapshot, path);
    if (!entry) return event.kind === 'root' ? undefined : base;
    const [parent] = snapshot.parents;
    const old =
      metadataOnly && parent ? await this.#entry(await readSnapshot(this.#reader, parent), path) : undefined;
    return { ...base, entry, ...(old && { old }), available: await isThere(this.#reader, entry) };
  }

  /** Undefined also where the tree is gone, as a forgotten snapshot's is: looked for first, since a miss would be damage. */
  async #entry({ tree, root }: Snapshot, path: Buffer): Promise<Entry | undefined> {
    if (!(await this.#reader.locate(tree, 'meta'))) return undefined;
    return entryAt(this.#reader, root, splitPath(path));
  }
}

/** The nearest kept descendants of snapshots, asked for in the order of `ancestors`. Memory: what lies side by side. */
class Carriers {
  readonly #walk: AsyncGenerator<Visited, void, undefined>;
  readonly #kept: Kept;
  /** of snapshots whose children were visited; undefined where no descendant is kept */
  readonly #found = new Map<string, Id | undefined>();

  constructor(reader: ObjectReader, tip: Id, kept: Kept) {
    this.#walk = ancestors(reader, [tip]);
    this.#kept = kept;
  }

  /** The snapshot itself when it is kept. */
  async of(id: Id): Promise<Id | undefined> {
    if (await this.#kept(id)) return id;
    for (let step = await this.#walk.next(); !step.done; step = await this.#walk.next()) {
      const { id: visited, snapshot } = step.value;
      const key = idKey(visited);
      const carrier = (await this.#kept(visited)) ? visited : this.#found.get(key);
      this.#found.delete(key);
      for (const parent of snapshot.parents) {
        if (!this.#found.get(idKey(parent))) this.#found.set(idKey(parent), carrier);
      }
      if (visited.equals(id)) return carrier;
    }
    return undefined;
  }
}

/** Whether some pack holds what the entry names. Nothing is read but lists. */
async function isThere(reader: ObjectReader, entry: Entry): Promise<boolean> {
  const { id } = entry;
  if (id.equals(EMPTY_CONTENT)) return true;
  const stored = storedType(entry);
  if (!(await reader.locate(id, spaceOf(stored)))) return false;
  if (stored !== ObjectType.list) return true;
  try {
    let looked = 0;
    for await (const chunk of contentChunks(reader, id, true)) {
      if (looked++ === MOST_CHUNKS) break;
      if (!(await reader.locate(chunk.id, 'chunk'))) return false;
    }
    return true;
  } catch (error) {
    if (isVaultError(error, 'MISSING_OBJECT')) return false;
    throw error;
  }
}
