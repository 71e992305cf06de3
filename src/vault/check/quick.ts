/** `check --quick`: every record, and what packs and index say of themselves; no content is read. */
import { readSnapshot } from '../../objects/snapshot.ts';
import { HEADS } from '../../refs/names.ts';
import { isLive, type RefRecord, targetOf } from '../../refs/ref-record.ts';
import { ObjectType } from '../../store/id.ts';
import { checkPacks } from '../../store/index/pack-check.ts';
import type { PackContents } from '../../store/pack/pack.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import { type Progress, silentProgress } from '../progress.ts';
import { tableRead } from '../release-memory.ts';
import type { Repository } from '../repository.ts';
import { checkRecords } from './records.ts';
import { addFinding, type CheckReport, collect, emptyReport } from './report.ts';

export interface CheckOptions {
  progress?: Progress;
  signal?: AbortSignal;
}

/** Findings that are no damage: the index is a cache and is refreshed when something is missed. */
const CACHE_FINDINGS = new Set(['unindexed', 'gone']);

/**
 * Reads every record, and the header and footer of every pack; compares packs with the index; and looks up what lines and
 * tags name. Damage is reported, not thrown.
 * @throws errors of listing, ABORTED
 */
export async function checkQuick(
  repository: Repository,
  { progress = silentProgress, signal }: CheckOptions = {},
): Promise<CheckReport> {
  const report = emptyReport('quick');
  progress.phase('check');
  await checkTables(repository, report, {
    onPack: () => progress.file(0, false),
    ...(signal && { signal }),
  });
  await checkRecords(repository, report, signal);
  await collect(report, 'ref', 'refs/', async () => {
    for await (const namespace of repository.refs.namespaces())
      await checkTargets(repository, namespace, report, signal);
  });
  return report;
}

/** Header and footer of every pack, and what the index says of them. */
export async function checkTables(
  { backend, store }: Repository,
  report: CheckReport,
  options: {
    onPack?: (pack: string, contents: PackContents) => void | Promise<void>;
    signal?: AbortSignal;
  },
): Promise<void> {
  const { packs, objects, bytes, findings } = await checkPacks(backend, store.index, {
    ...options,
    onPack(pack, contents) {
      tableRead();
      return options.onPack?.(pack, contents);
    },
  });
  Object.assign(report, { packs, objects, packBytes: bytes });
  for (const { key, kind, message } of findings) {
    addFinding(report, { subject: key, kind, message, damage: !CACHE_FINDINGS.has(kind) });
  }
}

/** What the current record of each ref names is there. */
async function checkTargets(
  repository: Repository,
  namespace: string,
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<void> {
  const records: RefRecord[] = [];
  await collect(report, 'ref', `refs/${namespace}`, async () => {
    for await (const record of repository.refs.each(namespace)) records.push(record);
  });
  for (const record of records) {
    signal?.throwIfAborted();
    await collect(report, 'missing', `refs/${namespace}/${record.name}`, () =>
      checkTarget(repository, record),
    );
  }
}

async function checkTarget(repository: Repository, record: RefRecord): Promise<void> {
  const { store } = repository;
  if (!isLive(record)) return;
  const { id, stored } = targetOf(record);
  if (stored === ObjectType.chunk) {
    await store.readChunk(id);
    return;
  }
  if (stored !== ObjectType.snapshot) {
    await store.readMeta(id, stored);
    return;
  }
  const { tree, changes } = await readSnapshot(store, id);
  // gc takes the tree of a forgotten snapshot, and leaves what tells of it.
  const isHidden = record.namespace === HEADS && (await forgottenSnapshots(repository)).has(id);
  if (!isHidden) await store.readMeta(tree, ObjectType.tree);
  if (changes) await store.readMeta(changes, ObjectType.changes);
}
