/** The check of records: the config, every number of every ref, the forgotten log, transactions, gc; and what is none of them. */
import { forgottenRecords } from '../../refs/forgotten.ts';
import { FORGOTTEN } from '../../refs/names.ts';
import { readConfig } from '../../store/config.ts';
import {
  CONFIG_KEY,
  GC_PREFIX,
  parseGcKey,
  parseRefKey,
  parseTxnKey,
  REF_PREFIX,
  TXN_PREFIX,
} from '../../store/layout.ts';
import { readGcRecords } from '../../store/transaction/gc-records.ts';
import { listTransactions } from '../../store/transaction/transaction.ts';
import type { Repository } from '../repository.ts';
import { addFinding, type CheckReport, collect } from './report.ts';

/** Reads every record. @throws errors of listing, ABORTED */
export async function checkRecords(
  repository: Repository,
  report: CheckReport,
  signal?: AbortSignal,
): Promise<void> {
  const { backend } = repository;
  await collect(report, 'config', CONFIG_KEY, async () => {
    await readConfig(backend);
  });
  for (const namespace of await checkKeys(repository, report, signal)) {
    if (namespace === FORGOTTEN) continue;
    await checkRefs(repository, namespace, report, signal);
  }
  await collect(report, 'ref', `${REF_PREFIX}${FORGOTTEN}`, async () => {
    for await (const _ of forgottenRecords(backend)) signal?.throwIfAborted();
  });
  await collect(report, 'transaction', TXN_PREFIX, async () => {
    for await (const _ of listTransactions(backend)) report.transactions++;
  });
  await collect(report, 'gc', GC_PREFIX, async () => {
    await readGcRecords(backend);
  });
}

/** Every key among the records is one. Resolves the namespaces of refs. */
async function checkKeys(
  { backend }: Repository,
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const namespaces = new Set<string>();
  for (const prefix of [REF_PREFIX, TXN_PREFIX, GC_PREFIX]) {
    for await (const { key } of backend.list(prefix)) {
      signal?.throwIfAborted();
      const ref = parseRefKey(key);
      if (ref) namespaces.add(ref.namespace);
      if (ref ?? parseTxnKey(key) ?? parseGcKey(key)) continue;
      const message = `${key} is not the name of a record`;
      addFinding(report, { subject: key, kind: 'foreign', message, damage: true });
    }
  }
  return namespaces;
}

async function checkRefs(
  { refs }: Repository,
  namespace: string,
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<void> {
  await collect(report, 'ref', `${REF_PREFIX}${namespace}`, async () => {
    const names: string[] = [];
    for await (const { name } of refs.list(namespace, { removed: true })) names.push(name);
    for (const name of names) {
      report.refs++;
      await collect(report, 'ref', `${REF_PREFIX}${namespace}/${name}`, async () => {
        for await (const _ of refs.history(namespace, name)) signal?.throwIfAborted();
      });
    }
  });
}
