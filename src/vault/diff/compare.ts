/** Two versions as `diff` is asked for them: revisions, or a revision and the disk. */
import { VaultError } from '../../errors.ts';
import { changeOf } from '../../objects/entry-diff.ts';
import { Kind } from '../../objects/model.ts';
import type { Resolved } from '../../refs/resolve.ts';
import { parseRange } from '../../refs/revision.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { entryAt } from '../entry-at.ts';
import { keptFolder } from '../kept-folder.ts';
import type { Repository } from '../repository.ts';
import { resolve, resolveRange, resolveSnapshot } from '../resolve.ts';
import type { ScanResult } from '../scan/scan.ts';
import type { ScanFolderOptions } from '../scan/scan-folder.ts';
import { splitPath } from '../split-path.ts';
import { type Difference, differenceGroups, entrySide, type Side, snapshotSide } from './diff.ts';
import type { RenameOptions } from './renames.ts';

export interface CompareOptions extends Omit<ScanFolderOptions, 'paths' | 'mounts'> {
  /** none: HEAD with the disk; one: it with the disk (or a range); two: with each other */
  revisions: readonly Buffer[];
  /** only these, from the root; all when empty */
  paths: Buffer[];
  /** the current folder's names from the root */
  here?: readonly Buffer[];
  /** look for renames, and how; none unless given */
  renames?: RenameOptions;
}

export interface Comparison {
  a: Side;
  b: Side;
  /** the snapshot, or the object, that `a` is */
  from: Id;
  /** the same of `b`; undefined for the disk */
  to?: Id;
  /** where one side is the disk */
  scanned?: ScanResult;
  /** in walk order, many at a time; the same ones each time */
  differences(): AsyncGenerator<Difference[], void, undefined>;
  /** files not looked at closely in the search for renames, since they were too many or too large */
  renamesSkipped: number;
}

/**
 * @throws as `resolve`; WRONG_TYPE for what cannot be compared, USAGE for a path that is on neither side, NO_VAULT for a
 *   bare store and the disk
 */
export async function compare(repository: Repository, options: CompareOptions): Promise<Comparison> {
  const compared = await sidesOf(repository, options);
  const { renames, signal } = options;
  if (!renames || compared.a.root.kind !== Kind.dir) return { ...compared, renamesSkipped: 0 };
  // Loaded only where renames are wanted.
  const { withRenames } = await import('./renames.ts');
  const looking = { ...renames, ...(signal && { signal }) };
  const { differences, skipped } = await withRenames(compared.a, compared.b, compared.differences, looking);
  return { ...compared, differences, renamesSkipped: skipped };
}

type Sides = Omit<Comparison, 'renamesSkipped'>;

async function sidesOf(repository: Repository, options: CompareOptions): Promise<Sides> {
  const { revisions, paths } = options;
  const [first, second] = revisions;
  if (second !== undefined) return compareTwo(repository, first!, second, options);
  if (first === undefined || parseRange(first).kind === 'revision') {
    return compareWithDisk(repository, first ?? Buffer.from('HEAD'), options);
  }
  const { from, to } = await resolveRange(repository, first, options);
  const [a, b] = [await snapshotSide(repository, from!), await snapshotSide(repository, to)];
  await checkPaths(a, b, paths);
  return { a, b, from: from!, to, differences: () => differenceGroups(a, b, paths) };
}

async function compareWithDisk(
  repository: Repository,
  revision: Buffer,
  options: CompareOptions,
): Promise<Sides> {
  const { root } = keptFolder(repository);
  const from = await resolveSnapshot(repository, revision, options);
  const a = await snapshotSide(repository, from);
  // What has not changed since the newest snapshot need not be read; paths must be known to what is compared.
  const base = options.paths.length > 0 ? a : await newestSide(repository);
  const known = base.snapshot && { mounts: base.snapshot.mounts };
  options.progress?.phase('scan');
  // Two stored versions are compared without loading what reads the disk.
  const { diskSide } = await import('./disk-side.ts');
  const { side: b, scanned } = await diskSide(repository, root, base.root, { ...options, ...known });
  return { a, b, from, scanned, differences: () => differenceGroups(a, b, options.paths) };
}

async function newestSide(repository: Repository): Promise<Side> {
  return snapshotSide(repository, await resolveSnapshot(repository, 'HEAD'));
}

async function compareTwo(
  repository: Repository,
  first: Buffer,
  second: Buffer,
  options: CompareOptions,
): Promise<Sides> {
  const resolving = { ...options, snapshotsOnly: true };
  const [old, next] = [
    await resolve(repository, first, resolving),
    await resolve(repository, second, resolving),
  ];
  const [a, b] = [await sideOf(repository, old, first), await sideOf(repository, next, second)];
  const ids = { from: idOf(old), to: idOf(next) };
  const isFolder = a.root.kind === Kind.dir;
  if (isFolder !== (b.root.kind === Kind.dir)) {
    const texts = isFolder ? [first, second] : [second, first];
    throw new VaultError('WRONG_TYPE', `${texts[0]} is a folder and ${texts[1]} is not`, {
      hint: 'compare folders with folders and files with files',
      subject: String(texts[0]),
    });
  }
  if (!isFolder) return { a, b, ...ids, differences: () => single(a, b, next) };
  await checkPaths(a, b, options.paths);
  return { a, b, ...ids, differences: () => differenceGroups(a, b, options.paths) };
}

function idOf(resolved: Resolved): Id {
  return resolved.kind === 'path' ? resolved.entry.id : resolved.id;
}

async function sideOf(repository: Repository, resolved: Resolved, text: Buffer): Promise<Side> {
  if (resolved.kind === 'snapshot') return snapshotSide(repository, resolved.id);
  if (resolved.kind === 'path') return entrySide(repository, resolved.entry);
  if (resolved.type === ObjectType.tree) {
    return entrySide(repository, { name: Buffer.alloc(0), kind: Kind.dir, id: resolved.id });
  }
  throw new VaultError('WRONG_TYPE', `${text} is neither a snapshot nor a path in one`, {
    hint: '`vault cat-object` prints any object',
    subject: text.toString(),
  });
}

/** Two files, whatever they are called: shown under the second one's path. */
async function* single(a: Side, b: Side, resolved: Resolved): AsyncGenerator<Difference[], void, undefined> {
  const path = resolved.kind === 'path' ? resolved.path : b.root.name;
  const change = changeOf({ path, old: a.root, new: b.root });
  if (change)
    yield [{ path, letter: change.letter, metadataOnly: change.metadataOnly, old: a.root, new: b.root }];
}

async function checkPaths(a: Side, b: Side, paths: readonly Buffer[]): Promise<void> {
  for (const path of paths) {
    const names = splitPath(path);
    if ((await entryAt(b.reader, b.root, names)) ?? (await entryAt(a.reader, a.root, names))) continue;
    throw new VaultError('USAGE', `${path} is on neither side`, {
      subject: path.toString(),
      hint: 'check the spelling; paths are relative to the current folder',
    });
  }
}
