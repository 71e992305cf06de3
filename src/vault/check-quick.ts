/** `check --quick`: every record, and what packs and index say of themselves; no content is read. */
import { isVaultError } from '../errors.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import { isLive, targetOf } from '../refs/ref-record.ts';
import { ObjectType } from '../store/id.ts';
import { checkPacks } from '../store/pack-check.ts';
import { listTransactions } from '../store/transaction.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { Repository } from './repository.ts';

export interface CheckFinding {
  /** a key of the store, or `refs/…` */
  subject: string;
  kind: string;
  message: string;
  /** data is lost or cannot be trusted; otherwise something a later command puts right by itself */
  damage: boolean;
}

export interface CheckReport {
  packs: number;
  objects: number;
  packBytes: number;
  refs: number;
  transactions: number;
  findings: CheckFinding[];
}

export interface CheckOptions {
  progress?: Progress;
  signal?: AbortSignal;
}

/** Findings that are no damage: the index is a cache and is refreshed when something is missed. */
const CACHE_FINDINGS = new Set(['unindexed', 'gone']);

/**
 * Reads every ref's records and every transaction's, and the header and footer of every pack; compares packs with the
 * index; and looks up what the refs name. Damage is reported, not thrown.
 * @throws errors of listing, ABORTED
 */
export async function checkQuick(
  repository: Repository,
  { progress = silentProgress, signal }: CheckOptions = {},
): Promise<CheckReport> {
  const { backend, store } = repository;
  progress.phase('check');
  const packs = await checkPacks(backend, store.index, {
    onPack: () => progress.file(0, false),
    ...(signal && { signal }),
  });
  const report: CheckReport = {
    packs: packs.packs,
    objects: packs.objects,
    packBytes: packs.bytes,
    refs: 0,
    transactions: 0,
    findings: packs.findings.map(({ key, kind, message }) => ({
      subject: key,
      kind,
      message,
      damage: !CACHE_FINDINGS.has(kind),
    })),
  };
  for (const namespace of ['heads', 'tags']) await checkRefs(repository, namespace, report, signal);
  await collect(report, 'transaction', 'txn/', async () => {
    for await (const _ of listTransactions(backend)) report.transactions++;
  });
  return report;
}

/** Every record of every ref, and that what the current ones name is there. */
async function checkRefs(
  repository: Repository,
  namespace: string,
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { refs, store } = repository;
  await collect(report, 'ref', `refs/${namespace}`, async () => {
    for await (const { name, record } of refs.list(namespace, { removed: true })) {
      signal?.throwIfAborted();
      report.refs++;
      const ref = `refs/${namespace}/${name}`;
      await collect(report, 'ref', ref, async () => {
        for await (const _ of refs.history(namespace, name)) signal?.throwIfAborted();
      });
      if (!isLive(record)) continue;
      await collect(report, 'missing', ref, async () => {
        const { id, stored } = targetOf(record);
        if (stored !== ObjectType.snapshot) {
          await store.locate(id, stored === ObjectType.chunk ? 'chunk' : 'meta');
          return;
        }
        const { tree, changes } = await readSnapshot(store, id);
        await store.readMeta(tree, ObjectType.tree);
        if (changes) await store.readMeta(changes, ObjectType.changes);
      });
    }
  });
}

/** Runs a step; damage that it meets is a finding. */
async function collect(
  report: CheckReport,
  kind: string,
  subject: string,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isVaultError(error, 'DAMAGED', 'MISSING_OBJECT', 'NOT_FOUND', 'UNKNOWN_FORMAT')) throw error;
    report.findings.push({ subject: error.subject ?? subject, kind, message: error.message, damage: true });
  }
}
