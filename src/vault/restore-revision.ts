/** `restore` as a user asks for it: a revision, or a path in one, to its own place or another. */
import { VaultError } from '../errors.ts';
import type { Entry } from '../objects/model.ts';
import { joinPath } from '../objects/names.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import type { Id } from '../store/id.ts';
import type { Repository } from './repository.ts';
import { type ResolveOptions, resolve } from './resolve.ts';
import { type RestoreOptions, type RestoreResult, restore } from './restore.ts';

export interface RestoreRevisionOptions
  extends Omit<RestoreOptions, 'snapshot' | 'path' | 'entry' | 'destination' | 'explicit'> {
  /** `REV` or `REV:PATH` */
  revision: string | Buffer;
  /** the current folder's names from the root, for `REV:./path` */
  here?: ResolveOptions['here'];
  /** absolute; absent: its own place in the vault's folder */
  to?: Buffer;
}

/**
 * @throws NO_VAULT without `to` in a bare store, WRONG_TYPE for a revision that is no snapshot, and as `resolve` and `restore`
 */
export async function restoreRevision(
  repository: Repository,
  options: RestoreRevisionOptions,
): Promise<RestoreResult> {
  const { revision, here, to, ...rest } = options;
  const { snapshot, path, entry } = await findEntry(repository, revision, here);
  return restore(repository, {
    ...rest,
    snapshot,
    path,
    entry,
    destination: to ?? ownPlace(repository, path),
    explicit: to !== undefined,
  });
}

async function findEntry(
  repository: Repository,
  revision: string | Buffer,
  here: ResolveOptions['here'],
): Promise<{ snapshot: Id; path: Buffer; entry: Entry }> {
  const resolved = await resolve(repository, revision, { snapshotsOnly: true, ...(here && { here }) });
  if (resolved.kind === 'path' && resolved.snapshot) {
    const { snapshot, path, entry } = resolved;
    return { snapshot, path, entry };
  }
  if (resolved.kind === 'snapshot') {
    const { root } = await readSnapshot(repository.store, resolved.id);
    return { snapshot: resolved.id, path: Buffer.alloc(0), entry: root };
  }
  throw new VaultError('WRONG_TYPE', `${revision} is no snapshot and no path in one`, {
    subject: revision.toString(),
    hint: 'name a snapshot, or REV:PATH; `vault log` lists the snapshots',
  });
}

function ownPlace({ root, backend }: Repository, path: Buffer): Buffer {
  if (root !== undefined) return path.length === 0 ? root : joinPath(root, path);
  throw new VaultError('NO_VAULT', 'this vault is a bare store: it belongs to no folder to restore into', {
    hint: 'say where with --to DEST',
    subject: backend.location,
  });
}
