/** What a ref has named, newest first: its records. */
import { HEADS } from '../../refs/names.ts';
import { noSnapshotYet, noSuchRevision } from '../../refs/not-found.ts';
import type { RefRecord } from '../../refs/ref-record.ts';
import { findRef } from '../../refs/resolve-base.ts';
import type { Repository } from '../repository.ts';

export interface ReflogEntry {
  /** the whole name of the ref */
  ref: string;
  /** counts back from the newest, which is 0: `ref@{n}` */
  n: number;
  record: RefRecord;
}

/**
 * @param name `HEAD`, `refs/…`, a tag or a line; one that was removed has its history still
 * @throws NOT_FOUND for a ref that never was; DAMAGED on reaching a record that is, or is missing
 */
export async function* reflog(
  { refs, line }: Repository,
  name: string,
): AsyncGenerator<ReflogEntry, void, undefined> {
  const newest = name === 'HEAD' ? await refs.current(HEADS, line ?? 'main') : await findRef(refs, name);
  if (!newest) {
    const isCurrent = name === 'HEAD' || (line !== undefined && [line, `refs/heads/${line}`].includes(name));
    throw isCurrent ? noSnapshotYet(`line ${line ?? 'main'}`) : await noSuchRevision(refs, name, name);
  }
  const ref = `refs/${newest.namespace}/${newest.name}`;
  let n = 0;
  for await (const record of refs.history(newest.namespace, newest.name)) yield { ref, n: n++, record };
}
