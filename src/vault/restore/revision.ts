/** `restore` as a user asks for it: a revision, paths in one, or a version of a file, to its own place or another. */
import { isVaultError, VaultError } from '../../errors.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { lookupPath } from '../../objects/tree.ts';
import { getPlatform } from '../../platform/select.ts';
import type { Id } from '../../store/id.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import { explainMissing } from '../gc/gone.ts';
import type { Repository } from '../repository.ts';
import { type ResolveOptions, resolve } from '../resolve.ts';
import { splitPath } from '../split-path.ts';
import { below, lstatOrNone } from './place/paths.ts';
import type { RestoreOptions } from './plan/options.ts';
import { restore } from './restore.ts';
import type { RestoreResult } from './result.ts';
import { findVersion, type VersionQuery } from './version.ts';

export interface RestoreRevisionOptions
  extends Omit<RestoreOptions, 'snapshot' | 'path' | 'entry' | 'destination' | 'explicit'> {
  /** `REV` or `REV:PATH`; undefined: HEAD, and of a single path that it does not have the newest version */
  revision?: string | Buffer;
  /** of the snapshot, from its root: a single one is restored itself, several are what is chosen of the whole */
  paths?: readonly Buffer[];
  /** which version of the single path */
  version?: VersionQuery;
  /** the current folder's names from the root, for `REV:./path` */
  here?: ResolveOptions['here'];
  /** absolute; absent: its own place in the vault's folder */
  to?: Buffer;
}

interface Wanted {
  snapshot: Id;
  path: Buffer;
  entry: Entry;
}

/**
 * @throws NO_VAULT without `to` in a bare store, WRONG_TYPE for a revision that is no snapshot, USAGE for options that do not go
 *   together, and as `resolve`, `findVersion` and `restore`
 */
export async function restoreRevision(
  repository: Repository,
  options: RestoreRevisionOptions,
): Promise<RestoreResult> {
  const wanted = await findWanted(repository, options);
  const { snapshot } = wanted;
  // What gc has removed with a forgotten snapshot can be brought back, all of it: a part is not what is wanted then.
  const isForgotten = options.partial === undefined && (await forgottenSnapshots(repository)).has(snapshot);
  try {
    return await restoreWanted(repository, wanted, { ...options, ...(isForgotten && { partial: false }) });
  } catch (error) {
    const missing = isVaultError(error, 'DAMAGED') ? error.cause : undefined;
    const explained = await explainMissing(repository, missing, {
      snapshots: [snapshot],
      ...(options.signal && { signal: options.signal }),
    });
    throw isVaultError(explained, 'NOT_FOUND') ? explained : error;
  }
}

async function restoreWanted(
  repository: Repository,
  wanted: Wanted,
  options: RestoreRevisionOptions,
): Promise<RestoreResult> {
  const { revision, here, to, paths = [], version, ...rest } = options;
  const around = to === undefined ? await missingAround(repository, wanted, rest) : undefined;
  if (around) return restoreAround(repository, wanted, around, rest);
  const { snapshot, path, entry } = wanted;
  const selected = [...(paths.length > 1 ? paths : []), ...(rest.selection?.paths ?? [])];
  const selection = selected.length > 0 ? { ...rest.selection, paths: selected } : rest.selection;
  return restore(repository, {
    ...rest,
    ...(selection && { selection }),
    snapshot,
    path,
    entry,
    destination: to ?? ownPlace(repository, path),
    explicit: to !== undefined,
  });
}

/**
 * The outermost folder that is gone on the way to something's own place: it comes back as it was recorded, with the mode that
 * kept others out of it. Undefined for none, and where what is wanted itself is to be chosen from or merged.
 * @throws REFUSED for a symlink on the way: where it leads is not where this was recorded
 */
async function missingAround(
  { root, store }: Repository,
  { snapshot, path }: Wanted,
  { selection, conflict, artifacts, platform = getPlatform() }: Partial<RestoreOptions>,
): Promise<{ names: Buffer[]; entry: Entry } | undefined> {
  if (root === undefined) return undefined;
  const names = splitPath(path);
  let depth = 0;
  for (; depth < names.length; depth++) {
    const folder = below(root, pathOf(names.slice(0, depth)));
    const stat = lstatOrNone(platform, folder);
    if (!stat) break;
    if (stat.kind === Kind.symlink && depth > 0) throw leadsAway(folder);
  }
  if (depth === names.length || selection || conflict !== undefined || artifacts === 'destination')
    return undefined;
  const { root: top } = await readSnapshot(store, snapshot);
  const entry = await lookupPath(store, top, names.slice(0, depth));
  return entry && { names: names.slice(0, depth), entry };
}

function leadsAway(folder: Buffer): VaultError {
  return new VaultError('REFUSED', `${folder.toString()} is a symlink now; nothing was changed`, {
    hint: 'say with --to where it is to go',
    subject: folder.toString(),
  });
}

/** Restores that folder, with nothing in it but what is wanted: for a single file that cannot be had it is not made. */
async function restoreAround(
  repository: Repository,
  { snapshot, path, entry }: Wanted,
  around: { names: Buffer[]; entry: Entry },
  options: Omit<RestoreOptions, 'snapshot' | 'path' | 'entry' | 'destination'>,
): Promise<RestoreResult> {
  const folder = pathOf(around.names);
  const result = await restore(repository, {
    ...options,
    ...(entry.kind !== Kind.dir && { partial: false }),
    snapshot,
    path: folder,
    entry: around.entry,
    selection: { paths: [pathOf(splitPath(path).slice(around.names.length))] },
    destination: ownPlace(repository, folder),
  });
  return { ...result, destination: ownPlace(repository, path), isFolder: entry.kind === Kind.dir };
}

const pathOf = (names: readonly Buffer[]): Buffer => names.reduce(joinPath, Buffer.alloc(0));

async function findWanted(repository: Repository, options: RestoreRevisionOptions): Promise<Wanted> {
  const { revision, here, paths = [], version, progress } = options;
  const [path] = paths;
  if (version) {
    if (revision === undefined && path !== undefined && paths.length === 1) {
      return { path, ...(await findVersion(repository, path, version, progress)) };
    }
    throw new VaultError('USAGE', 'a version is that of one FILE', {
      hint: 'name one FILE and no revision, or write REV:FILE',
    });
  }
  const found = await findEntry(repository, revision ?? 'HEAD', here);
  if (path === undefined) return found;
  if (found.path.length > 0) {
    throw new VaultError('USAGE', 'REV:PATH and further paths do not go together', {
      hint: 'name the revision, then all paths',
    });
  }
  if (paths.length > 1) return found;
  const entry = await lookupPath(repository.store, found.entry, splitPath(path));
  if (entry) return { ...found, path, entry };
  if (revision === undefined)
    return { path, ...(await findVersion(repository, path, { number: 1 }, progress)) };
  throw new VaultError('NOT_FOUND', `"${path}" is not in "${revision}"`, {
    hint: '`vault ls REV:` lists what is, `vault log FILE` the versions of a file',
    subject: path.toString(),
  });
}

async function findEntry(
  repository: Repository,
  revision: string | Buffer,
  here: ResolveOptions['here'],
): Promise<Wanted> {
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
