/**
 * What is alive by itself. The order of reading is part of the protocol (`docs/architecture.md`, "Garbage collection"): transactions first,
 * then refs, the forgotten log last. So what a commit made reachable is seen in its transaction or, once that was pruned, in its
 * ref; and what was taken back is seen in its transaction or in the log.
 */
import { type Forgotten, readForgotten } from '../../refs/forgotten.ts';
import { HEADS } from '../../refs/names.ts';
import { isLive, type RefRecord, targetOf } from '../../refs/ref-record.ts';
import type { RefStore } from '../../refs/ref-store.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../store/id.ts';
import { IdSet } from '../../store/id-set.ts';
import { type CommitRecord, listTransactions } from '../../store/transaction/transaction-records.ts';
import { splitTime } from '../environment.ts';
import type { Repository } from '../repository.ts';

/** How long what plumbing stored counts by itself. A matter of comfort: its end is a forget, whatever the clocks say. */
const PLUMBING_DAYS = 14;
const DAY_S = 86_400;

export interface Root {
  id: Id;
  /** undefined: whatever there is of that id */
  type: ObjectType | undefined;
  /** stored by plumbing, which may be told to store what is not whole: parts that are not there are no damage */
  loose?: true;
}

export interface LineRoots {
  name: string;
  /** snapshots of the line that are kept, and that are forgotten */
  kept: number;
  forgotten: number;
  /** the newest forgotten ones, at most `MOST_SHOWN` */
  newestForgotten: Id[];
}

export interface Roots {
  /** alive with all that they lead to, the oldest of a line first */
  whole: Root[];
  /** snapshots of which only the object itself stays */
  shallow: Id[];
  lines: LineRoots[];
  forgotten: Forgotten;
}

/** Forgotten snapshots of a line that are looked at to tell whether it is removed as a whole. */
const MOST_SHOWN = 16;

/**
 * @throws DAMAGED when a record is, or is missing in a row of numbers
 */
export async function gatherRoots(repository: Repository): Promise<Roots> {
  const { backend, refs } = repository;
  const commits: CommitRecord[] = [];
  for await (const { begin, outcome } of listTransactions(backend)) {
    if (begin && outcome?.outcome === 'commit' && counts(repository, outcome)) commits.push(outcome);
  }
  const named = await namedByRefs(refs);
  const forgotten = await readForgotten(backend);
  return combine(commits, named, forgotten);
}

/** Whether a commit makes its objects alive: one without ref only for some time. */
export function counts({ environment }: Repository, { ref, time }: CommitRecord): boolean {
  if (ref !== undefined) return true;
  const age = splitTime(environment.now()).s - Date.parse(time) / 1000;
  return age <= PLUMBING_DAYS * DAY_S;
}

interface Named {
  lines: Map<string, Id[]>;
  current: Root[];
  /** snapshots that other refs have named */
  once: Id[];
}

async function namedByRefs(refs: RefStore): Promise<Named> {
  const named: Named = { lines: new Map(), current: [], once: [] };
  for await (const namespace of refs.namespaces()) {
    for (const name of await namesIn(refs, namespace)) {
      let isNewest = true;
      for await (const record of refs.history(namespace, name)) {
        take(named, record, isNewest);
        isNewest = false;
      }
    }
  }
  return named;
}

function take(named: Named, record: RefRecord, isNewest: boolean): void {
  if (!isLive(record)) return;
  const { id, stored: type } = targetOf(record);
  const isSnapshot = type === ObjectType.snapshot;
  if (record.namespace === HEADS && isSnapshot) {
    const line = named.lines.get(record.name) ?? [];
    named.lines.set(record.name, line);
    line.push(id);
  } else if (isNewest || record.namespace === HEADS) named.current.push({ id, type });
  else if (isSnapshot) named.once.push(id);
}

async function namesIn(refs: RefStore, namespace: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of refs.list(namespace, { removed: true })) names.push(name);
  return names;
}

function combine(commits: readonly CommitRecord[], named: Named, forgotten: Forgotten): Roots {
  const roots: Roots = { whole: [], shallow: [...named.once], lines: [], forgotten };
  const known = new IdSet();
  for (const [name, ids] of named.lines) {
    const line: LineRoots = { name, kept: 0, forgotten: 0, newestForgotten: [] };
    for (const id of ids.toReversed()) {
      if (!known.add(id)) continue;
      if (!forgotten.has(id)) {
        line.kept++;
        roots.whole.push({ id, type: ObjectType.snapshot });
        continue;
      }
      line.forgotten++;
      roots.shallow.push(id);
      line.newestForgotten = [...line.newestForgotten, id].slice(-MOST_SHOWN);
    }
    roots.lines.push(line);
  }
  // A tag of a snapshot that its line keeps adds nothing, and would be told twice by who counts.
  const kept = new IdSet();
  for (const { id } of roots.whole) kept.add(id);
  for (const root of named.current)
    if (root.type !== ObjectType.snapshot || kept.add(root.id)) roots.whole.push(root);
  for (const commit of commits) {
    for (const hex of commit.objects) {
      const id = Buffer.from(hex, 'hex');
      if (id.equals(EMPTY_CONTENT)) continue;
      // One without ref may be for a tag, from which nothing is hidden, and which is not written yet.
      if (commit.ref === undefined) roots.whole.push({ id, type: undefined, loose: true });
      else if (forgotten.hidesFrom(commit, hex)) roots.shallow.push(id);
      else roots.whole.push({ id, type: undefined });
    }
  }
  return roots;
}
