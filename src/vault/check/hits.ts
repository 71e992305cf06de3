/**
 * Which files and snapshots broken objects take with them. Only looked for when something is broken: every tree is then walked
 * once more, those with something broken below once for each of the newest snapshots.
 *
 * Memory: an id set of the trees and lists that were walked (90 bytes each), and the hits, which are bounded.
 */

import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { readPage } from '../../objects/paged.ts';
import { ofEntry, type Reference, references } from '../../objects/references.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { treeFormat } from '../../objects/tree.ts';
import { checkDepth } from '../../objects/walk.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { IdSet } from '../../store/id-set.ts';
import type { ObjectReader } from '../../store/store.ts';
import { type HitFile, type Hits, MOST_FILES, MOST_SNAPSHOTS } from './report.ts';

/** Snapshots of which each hit file is listed; in older ones only what no newer one has. */
const MOST_DETAILED = 1000;
/** Broken objects whose files are listed. */
const MOST_OBJECTS = 10_000;

const NO_PATH = Buffer.alloc(0);

interface Hit extends Hits {
  reference: Reference;
  /** paths as latin1 */
  byPath: Map<string, HitFile>;
}

export class HitSearch {
  /** by type and id, in the order in which they were met */
  readonly found = new Map<string, Hit>();
  readonly #reader: ObjectReader;
  readonly #isBroken: (reference: Reference) => boolean;
  readonly #sound = new IdSet();
  readonly #hit = new IdSet();
  #root: Id = NO_PATH;
  #isDetailed = true;

  constructor(reader: ObjectReader, isBroken: (reference: Reference) => boolean) {
    this.#reader = reader;
    this.#isBroken = isBroken;
  }

  /**
   * @param roots the newest first
   * @param shallow snapshots of which only the object and its changes must be there
   */
  async search(roots: readonly Reference[], shallow: readonly Id[], signal?: AbortSignal): Promise<void> {
    for (const [i, reference] of roots.entries()) {
      signal?.throwIfAborted();
      this.#root = reference.id;
      this.#isDetailed = i < MOST_DETAILED;
      if (reference.type !== ObjectType.snapshot) await this.#reference(reference, NO_PATH, 0);
      else await this.#snapshot(reference.id, true);
    }
    for (const id of shallow) {
      signal?.throwIfAborted();
      this.#root = id;
      await this.#snapshot(id, false);
    }
  }

  async #snapshot(id: Id, whole: boolean): Promise<void> {
    const reference = { id, type: ObjectType.snapshot };
    if (this.#isBroken(reference)) {
      this.#note(reference, NO_PATH);
      return;
    }
    const { root, changes } = await readSnapshot(this.#reader, id);
    if (changes) await this.#plain({ id: changes, type: ObjectType.changes }, NO_PATH);
    if (whole) await this.#entry(root, NO_PATH, 0);
  }

  /** Whether something is broken in or below it. */
  async #entry(entry: Entry, path: Buffer, depth: number): Promise<boolean> {
    let isHit = false;
    for (const reference of ofEntry(entry)) {
      const isTree = entry.kind === Kind.dir && reference.type === ObjectType.tree;
      if (isTree ? await this.#reference(reference, path, depth) : await this.#plain(reference, path))
        isHit = true;
    }
    return isHit;
  }

  /** A tree's page: what is below it has paths of its own. */
  async #reference(reference: Reference, path: Buffer, depth: number): Promise<boolean> {
    if (reference.type !== ObjectType.tree) return this.#plain(reference, path);
    if (this.#sound.has(reference.id)) return false;
    if (this.#isBroken(reference)) return this.#note(reference, path);
    if (!this.#isDetailed && this.#hit.has(reference.id)) return true;
    checkDepth(depth, path);
    const { rows, children } = await readPage(treeFormat, this.#reader, reference.id);
    let isHit = false;
    for (const { id } of children) {
      if (await this.#reference({ id, type: ObjectType.tree }, path, depth)) isHit = true;
    }
    for (const row of rows) {
      const below = path.length === 0 ? row.name : joinPath(path, row.name);
      if (await this.#entry(row, below, depth + 1)) isHit = true;
    }
    (isHit ? this.#hit : this.#sound).add(reference.id);
    return isHit;
  }

  /** A content, or changes: all that is below it has the one path. */
  async #plain(reference: Reference, path: Buffer): Promise<boolean> {
    if (this.#isBroken(reference)) return this.#note(reference, path);
    if (reference.type === ObjectType.chunk || this.#sound.has(reference.id)) return false;
    let isHit = false;
    for (const below of await references(this.#reader, reference))
      if (await this.#plain(below, path)) isHit = true;
    if (!isHit) this.#sound.add(reference.id);
    return isHit;
  }

  #note(reference: Reference, path: Buffer): true {
    const key = `${reference.type} ${reference.id.toString('hex')}`;
    let hit = this.found.get(key);
    if (!hit) {
      if (this.found.size >= MOST_OBJECTS) return true;
      hit = { reference, files: [], fileCount: 0, byPath: new Map() };
      this.found.set(key, hit);
    }
    const name = path.toString('latin1');
    let file = hit.byPath.get(name);
    if (!file) {
      hit.fileCount++;
      if (hit.files.length >= MOST_FILES) return true;
      file = { path, snapshots: [], snapshotCount: 0 };
      hit.byPath.set(name, file);
      hit.files.push(file);
    }
    if (file.snapshots.at(-1)?.equals(this.#root)) return true;
    file.snapshotCount++;
    if (file.snapshots.length < MOST_SNAPSHOTS) file.snapshots.push(this.#root);
    return true;
  }
}
