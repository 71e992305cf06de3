/** Revisions as a person types them, in the vault at hand. */
import { isVaultError, VaultError } from '../errors.ts';
import { type Resolved, resolveParsed, resolveRevision } from '../refs/resolve.ts';
import { baseExists, type ResolveContext } from '../refs/resolve-base.ts';
import { parseRange, type RevisionOrRange } from '../refs/revision.ts';
import type { Id } from '../store/id.ts';
import { keptOf } from './forgotten-snapshots.ts';
import { noteNamed } from './named-snapshots.ts';
import type { Repository } from './repository.ts';

export interface ResolveOptions {
  /** the current folder's names from the root, for `X:./path` */
  here?: readonly Buffer[];
  /** an abbreviated id means a snapshot: porcelain */
  snapshotsOnly?: boolean;
  /** look for an id among contents only */
  contentOnly?: boolean;
}

/** @throws USAGE, NOT_FOUND, AMBIGUOUS, BAD_PATH, WRONG_TYPE */
export function resolve(
  repository: Repository,
  text: string | Buffer,
  options: ResolveOptions = {},
): Promise<Resolved> {
  return resolveRevision(text, contextOf(repository, options));
}

/** The snapshot that a revision names. @throws WRONG_TYPE for anything else, and as `resolve` */
export async function resolveSnapshot(
  repository: Repository,
  text: string | Buffer,
  options: ResolveOptions = {},
): Promise<Id> {
  const resolved = await resolve(repository, text, { snapshotsOnly: true, ...options });
  return asSnapshot(resolved, text.toString());
}

/** `A..B` as the two snapshots, or one revision as `to` alone. */
export async function resolveRange(
  repository: Repository,
  text: string | Buffer,
  options: ResolveOptions = {},
): Promise<{ from?: Id; to: Id }> {
  const context = contextOf(repository, { snapshotsOnly: true, ...options });
  const parsed = parseRange(text);
  if (parsed.kind === 'revision')
    return { to: asSnapshot(await resolveParsed(parsed.revision, context), text.toString()) };
  const from = asSnapshot(await resolveParsed(parsed.from, context), text.toString());
  return { from, to: asSnapshot(await resolveParsed(parsed.to, context), text.toString()) };
}

/**
 * Whether a text names something as a revision, or as a range of two: how an operand is told from a file's name. What
 * stands behind a name that exists (`HEAD~99`, `v1:gone`) may still be wrong.
 */
export async function isRevision(
  repository: Repository,
  text: string | Buffer,
  options: ResolveOptions = {},
): Promise<boolean> {
  const context = contextOf(repository, options);
  let parsed: RevisionOrRange;
  try {
    parsed = parseRange(text);
  } catch (error) {
    if (isVaultError(error, 'USAGE', 'BAD_PATH')) return false;
    throw error;
  }
  if (parsed.kind === 'revision') return baseExists(parsed.revision, context);
  return (await baseExists(parsed.from, context)) && (await baseExists(parsed.to, context));
}

function asSnapshot(resolved: Resolved, text: string): Id {
  if (resolved.kind === 'snapshot') return resolved.id;
  throw new VaultError('WRONG_TYPE', `${text} is not a snapshot`, {
    subject: text,
    hint: '`vault log` lists the snapshots; REV:path names a file in one',
  });
}

function contextOf(repository: Repository, options: ResolveOptions): ResolveContext {
  const { refs, store, environment, line } = repository;
  return {
    refs,
    reader: store,
    ...(line !== undefined && { currentLine: line }),
    now: environment.now(),
    zone: environment.zone,
    kept: keptOf(repository),
    onSnapshot: (id) => noteNamed(repository, id),
    ...(options.here && { here: options.here }),
    ...(options.snapshotsOnly && { snapshotsOnly: true }),
    ...(options.contentOnly && { contentOnly: true }),
  };
}
