/** What is done with a destination, as a value: the process that is to be killed gets it as JSON. */
import {
  keptStates,
  listRestores,
  type Repository,
  type RestoreResult,
  type RestoreRevisionOptions,
  removeKept,
  restoreRevision,
  undoRestore,
} from '../../src/index.ts';

/** Paths as text. */
export interface Act {
  verb: 'restore' | 'undo' | 'prune' | 'list';
  /** `REV` or `REV:PATH` */
  revision?: string;
  version?: { path: string; sha256: string };
  /** absolute; its own place unless given */
  to?: string;
  options?: Pick<RestoreRevisionOptions, 'replace' | 'inPlace' | 'conflict' | 'deletes' | 'artifacts'>;
}

export async function perform(
  vault: Repository,
  records: Buffer,
  act: Act,
): Promise<RestoreResult | undefined> {
  const about = { records, environment: vault.environment };
  if (act.verb === 'restore') return restoreRevision(vault, { ...optionsOf(act), records, threads: 1 });
  if (act.verb === 'undo') await undoRestore(about);
  else if (act.verb === 'prune') await removeKept(about, await keptStates(about));
  else await listRestores(about);
  return undefined;
}

function optionsOf({ revision, version, to, options }: Act): Omit<RestoreRevisionOptions, 'threads'> {
  return {
    ...options,
    ...(revision !== undefined && { revision }),
    ...(version && { paths: [Buffer.from(version.path)], version: { sha256: version.sha256 } }),
    ...(to !== undefined && { to: Buffer.from(to) }),
  };
}
