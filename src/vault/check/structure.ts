/**
 * The check of structure: from every root down, each snapshot, tree, list and changes object is read and its id recomputed,
 * and each chunk must lie in a pack that is there. The tables of the packs are asked, never the index, whether something is there.
 *
 * Memory: 20 to 30 bytes for each object that roots lead to (300 MB for 10 million, store/live-set.ts), and one way down.
 */

import { readChanges } from '../../objects/changes.ts';
import type { Change, Snapshot } from '../../objects/model.ts';
import { quote } from '../../objects/names.ts';
import { type Reference, references } from '../../objects/references.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { changesBetween } from '../../objects/tree-diff.ts';
import { EMPTY_CONTENT, type Id, ObjectType, typeName } from '../../store/id.ts';
import { LiveSet } from '../../store/live-set.ts';
import { ROW_LENGTH, rowId, rowType } from '../../store/pack/object-table.ts';
import type { PackContents } from '../../store/pack/pack.ts';
import { spaceOf } from '../../store/space.ts';
import { placeOf } from '../history/history-fill.ts';
import { changeKey } from '../history/history-keys.ts';
import { historyRows } from '../history/history-rows.ts';
import type { Progress } from '../progress.ts';
import { typesOf } from '../reachable/mark.ts';
import type { Root, Roots } from '../reachable/roots.ts';
import { IDS_PER_RELEASE, releaseMemoryEvery } from '../release-memory.ts';
import type { Repository } from '../repository.ts';
import type { Unsound } from './data.ts';
import { addFinding, type CheckReport, isDamage } from './report.ts';

export interface Broken extends Reference {
  kind: 'missing' | 'damaged';
  message: string;
}

export class StructureCheck {
  /** all that roots lead to; found: what lies in a pack that counts */
  readonly live = new LiveSet();
  /** what could not be read, by space and id; at most `MOST_BROKEN` */
  readonly broken = new Map<string, Broken>();
  /** the roots that were walked, with their types */
  readonly roots: Reference[] = [];
  /** snapshots that stay without their trees */
  readonly shallow: Id[] = [];
  readonly #repository: Repository;
  readonly #report: CheckReport;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;

  constructor(
    repository: Repository,
    report: CheckReport,
    { progress, signal }: { progress: Progress; signal?: AbortSignal },
  ) {
    this.#repository = repository;
    this.#report = report;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Reads everything that the roots lead to, the parents of snapshots as such. */
  async walk({ whole, shallow }: Pick<Roots, 'whole' | 'shallow'>): Promise<void> {
    const parents: Id[] = [...shallow];
    for (const root of whole) if (!root.loose) await this.#whole(root, parents);
    for (let id = parents.pop(); id; id = parents.pop()) await this.#shallow(id, parents);
    for (const root of whole) if (root.loose) await this.#loose(root);
  }

  /** Notes what a pack holds, but for what is known to be unsound in it. */
  take({ objects }: PackContents, unsound: Unsound | undefined): void {
    if (unsound === 'all') return;
    for (let row = 0; row < objects.length / ROW_LENGTH; row++) {
      const id = rowId(objects, row);
      if (unsound?.has(id.toString('hex'))) continue;
      this.live.find(spaceOf(rowType(objects, row)), id);
    }
  }

  /** Why an object that was met cannot be read; undefined where only no sound pack has it, and for what is sound. */
  whyBroken(reference: Reference): Broken | undefined {
    return this.broken.get(keyOf(reference));
  }

  isBroken(reference: Reference): boolean {
    if (reference.id.equals(EMPTY_CONTENT) && reference.type === ObjectType.chunk) return false;
    return this.broken.has(keyOf(reference)) || !this.live.isFound(spaceOf(reference.type), reference.id);
  }

  /** Of each kept snapshot: its changes are the differences from its parent, and the index says the same. */
  async checkHistory({ whole }: Pick<Roots, 'whole'>, isKept: (id: Id) => boolean): Promise<void> {
    for (const { id, type } of whole) {
      if (type !== ObjectType.snapshot) continue;
      this.#signal?.throwIfAborted();
      await this.#guard({ id, type }, async () => {
        const snapshot = await readSnapshot(this.#repository.store, id);
        const [parent] = snapshot.parents;
        if (!parent || !snapshot.changes) return;
        if (isKept(parent)) await this.#compareChanges(id, snapshot, parent);
        await this.#compareIndex(id, snapshot.changes);
      });
    }
  }

  async #whole({ id, type }: Root, parents: Id[]): Promise<void> {
    const open: Reference[] = [];
    for (const found of type === undefined ? await typesOf(this.#repository.store, id) : [type]) {
      this.roots.push({ id, type: found });
      this.#visit({ id, type: found }, open);
    }
    if (type === ObjectType.snapshot && open.length > 0) this.#report.snapshots++;
    for (let next = open.pop(); next; next = open.pop()) await this.#open(next, open, parents);
  }

  /** What plumbing stored need not be whole: only what is there is read. */
  async #loose({ id }: Root): Promise<void> {
    const { store } = this.#repository;
    const open: Reference[] = [];
    const visit = async (reference: Reference) => {
      if (await store.index.find(reference.id, spaceOf(reference.type))) this.#visit(reference, open);
    };
    for (const type of await typesOf(store, id)) await visit({ id, type });
    for (let next = open.pop(); next; next = open.pop()) {
      const reference = next;
      await this.#guard(reference, async () => {
        for (const below of await references(store, reference)) await visit(below);
      });
    }
  }

  /** The snapshot's object and its changes stay when it is forgotten. */
  async #shallow(id: Id, parents: Id[]): Promise<void> {
    const reference = { id, type: ObjectType.snapshot };
    if (!this.live.add('meta', id)) return;
    this.shallow.push(id);
    const open: Reference[] = [];
    await this.#guard(reference, async () => {
      const { changes, parents: before } = await readSnapshot(this.#repository.store, id);
      parents.push(...before);
      if (changes) this.#visit({ id: changes, type: ObjectType.changes }, open);
    });
    for (let next = open.pop(); next; next = open.pop()) await this.#open(next, open, parents);
  }

  async #open(next: Reference, open: Reference[], parents: Id[]): Promise<void> {
    const { store } = this.#repository;
    await this.#guard(next, async () => {
      for (const reference of await references(store, next)) this.#visit(reference, open);
      if (next.type === ObjectType.snapshot) parents.push(...(await readSnapshot(store, next.id)).parents);
    });
  }

  #visit(reference: Reference, open: Reference[]): void {
    if (reference.type === ObjectType.chunk && reference.id.equals(EMPTY_CONTENT)) return;
    if (!this.live.add(spaceOf(reference.type), reference.id)) return;
    releaseMemoryEvery(IDS_PER_RELEASE, this.live.size);
    this.#signal?.throwIfAborted();
    this.#progress.file(0, false);
    if (reference.type !== ObjectType.chunk) open.push(reference);
  }

  /** Runs a step that reads an object; damage it meets is noted as that object's. */
  async #guard(reference: Reference, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const kind = error.code === 'MISSING_OBJECT' ? 'missing' : 'damaged';
      if (this.broken.size >= MOST_BROKEN) return;
      this.broken.set(keyOf(reference), { ...reference, kind, message: error.message });
    }
  }

  async #compareChanges(id: Id, { tree, changes }: Snapshot, parent: Id): Promise<void> {
    const { store } = this.#repository;
    const before = await readSnapshot(store, parent);
    const recorded = recordedChanges(readChanges(store, changes!));
    for await (const changes of changesBetween(store, before.tree, tree)) {
      for (const change of changes) {
        const { value } = await recorded.next();
        if (value && isSameChange(value, change)) continue;
        await recorded.return();
        return this.#wrongHistory(
          id,
          `its list of changes does not say what happened to ${quote(change.path)}`,
        );
      }
    }
    const { value, done } = await recorded.next();
    if (!done)
      this.#wrongHistory(id, `its list of changes says that ${quote(value.path)} changed, which did not`);
  }

  async #compareIndex(id: Id, changes: Id): Promise<void> {
    const { store } = this.#repository;
    const db = store.index.db;
    for await (const rows of historyRows(store, changes)) {
      const fits = await db.read((index) => {
        const place = placeOf(index, id);
        if (!place?.isComplete) return true; // not recorded yet, which is no fault
        return rows.every(({ pathHash, value }) => index.get(changeKey(pathHash, place))?.equals(value));
      });
      if (fits) continue;
      const message = `the index does not know what snapshot ${id.toString('hex')} changed; "vault rebuild-index" makes it anew`;
      return addFinding(this.#report, {
        subject: id.toString('hex'),
        kind: 'history-index',
        message,
        damage: false,
      });
    }
  }

  #wrongHistory(id: Id, why: string): void {
    const subject = id.toString('hex');
    const message = `${typeName(ObjectType.snapshot)} ${subject}: ${why}`;
    const object = { id, type: ObjectType.snapshot };
    addFinding(this.#report, { subject, kind: 'history', message, damage: true, object });
  }
}

/** Broken objects that are told one by one. */
const MOST_BROKEN = 10_000;

function keyOf(reference: Reference): string {
  return `${spaceOf(reference.type)} ${reference.id.toString('hex')}`;
}

async function* recordedChanges(pages: AsyncIterable<Change[]>): AsyncGenerator<Change, void, undefined> {
  for await (const page of pages) yield* page;
}

function isSameChange(a: Change, b: Change): boolean {
  return (
    a.path.equals(b.path) && a.letter === b.letter && a.id.equals(b.id) && a.metadataOnly === b.metadataOnly
  );
}
