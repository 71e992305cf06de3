/**
 * From a revision's text to what it names.
 */
import { VaultError } from '../errors.ts';
import { type Entry, Kind } from '../objects/model.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import { lookupPath } from '../objects/tree.ts';
import { type Id, ObjectType, userType } from '../store/id.ts';
import { keptParent } from './ancestors.ts';
import { quoted } from './not-found.ts';
import { findBase, type RefOrigin, type ResolveContext } from './resolve-base.ts';
import { formatRevision, parseRevision, type Revision, type RevisionPath } from './revision.ts';

/**
 * `ref`: the revision is the value of a ref. `path`: from the root, `/`-separated, empty for the root itself;
 * its `snapshot` is absent where the revision before the `:` names a tree.
 */
export type Resolved =
  | { kind: 'snapshot'; id: Id; ref?: RefOrigin }
  | { kind: 'path'; snapshot?: Id; path: Buffer; entry: Entry }
  | { kind: 'object'; id: Id; type: ObjectType; ref?: RefOrigin };

/**
 * @throws USAGE for what is no revision, NOT_FOUND with the nearest names, AMBIGUOUS with the candidates, BAD_PATH,
 *   WRONG_TYPE for ancestors of a tree and the like, DAMAGED
 */
export async function resolveRevision(text: string | Buffer, context: ResolveContext): Promise<Resolved> {
  return resolveParsed(parseRevision(text), context, text.toString());
}

/**
 * As `resolveRevision`, for a side of a range.
 * @param text the revision as messages show it
 */
export async function resolveParsed(
  revision: Revision,
  context: ResolveContext,
  text: string = formatRevision(revision).toString(),
): Promise<Resolved> {
  const base = await findBase(revision, text, context);
  const { id, type } = await follow(revision, text, base, context);
  if (type === ObjectType.snapshot) context.onSnapshot?.(id);
  if (revision.path) return lookUp(revision, revision.path, text, { id, type }, context);
  const ref = revision.steps.length === 0 && base.ref ? { ref: base.ref } : {};
  return type === ObjectType.snapshot
    ? { kind: 'snapshot', id, ...ref }
    : { kind: 'object', id, type, ...ref };
}

/** Takes the steps. Each reads one snapshot, and one more for each forgotten one that it steps over. */
async function follow(
  revision: Revision,
  text: string,
  base: { id: Id; type: ObjectType },
  context: ResolveContext,
): Promise<{ id: Id; type: ObjectType }> {
  if (revision.steps.length === 0) return base;
  if (base.type !== ObjectType.snapshot) throw notASnapshot(text, base.type, 'only a snapshot has ancestors');
  let id: Id | undefined = base.id;
  for (const { kind, n } of revision.steps) {
    const times: number = kind === 'ancestor' ? n : Math.min(n, 1);
    const parent = kind === 'ancestor' ? 1 : n;
    for (let i = 0; i < times && id; i++) id = await keptParent(context.reader, id, parent, context.kept);
    if (!id) throw parent > 1 ? noSuchParent(text, parent) : behindFirst(text);
  }
  return { id, type: ObjectType.snapshot };
}

async function lookUp(
  revision: Revision,
  path: RevisionPath,
  text: string,
  at: { id: Id; type: ObjectType },
  context: ResolveContext,
): Promise<Resolved> {
  const parts = path.relative ? fromHere(path.parts, text, context.here) : path.parts;
  const root = await rootEntry(text, at, context);
  const entry = parts.length === 0 ? root : await lookupPath(context.reader, root, parts);
  const joined = Buffer.from(parts.map((part) => part.toString('latin1')).join('/'), 'latin1');
  if (!entry) throw noSuchPath(revision, joined, text);
  if (path.folder && entry.kind !== Kind.dir) {
    throw new VaultError('BAD_PATH', `${quoted(text)}: ${quoted(joined.toString())} is not a folder`, {
      hint: 'write it without the "/" at its end',
      subject: text,
    });
  }
  const snapshot = at.type === ObjectType.snapshot ? { snapshot: at.id } : {};
  return { kind: 'path', ...snapshot, path: joined, entry };
}

async function rootEntry(
  text: string,
  at: { id: Id; type: ObjectType },
  context: ResolveContext,
): Promise<Entry> {
  if (at.type === ObjectType.tree) return { name: Buffer.alloc(0), kind: Kind.dir, id: at.id };
  if (at.type !== ObjectType.snapshot)
    throw notASnapshot(text, at.type, 'only a snapshot or a tree holds paths');
  return (await readSnapshot(context.reader, at.id)).root;
}

function fromHere(parts: readonly Buffer[], text: string, here: readonly Buffer[] | undefined): Buffer[] {
  if (!here) {
    throw new VaultError(
      'BAD_PATH',
      `${quoted(text)}: the current folder does not lie in the vault's folder`,
      {
        hint: "write the path from the snapshot's root: REV:path",
        subject: text,
      },
    );
  }
  const up = parts.findIndex((part) => part.toString('latin1') !== '..');
  const ups = up < 0 ? parts.length : up;
  if (ups > here.length) {
    throw new VaultError('BAD_PATH', `${quoted(text)}: its path leaves the root of the snapshot`, {
      subject: text,
    });
  }
  return [...here.slice(0, here.length - ups), ...parts.slice(ups)];
}

function noSuchPath({ base, selector, steps }: Revision, path: Buffer, text: string): VaultError {
  const before = formatRevision({ base, ...(selector && { selector }), steps }).toString();
  return new VaultError('NOT_FOUND', `${quoted(path.toString())} is not in ${quoted(before)}`, {
    hint: '`vault ls REV:` lists what is, `vault log FILE` the versions of a file',
    subject: text,
  });
}

function notASnapshot(text: string, type: ObjectType, why: string): VaultError {
  return new VaultError('WRONG_TYPE', `${quoted(text)}: ${why}, and this is a ${userType(type)}`, {
    subject: text,
  });
}

function noSuchParent(text: string, n: number): VaultError {
  return new VaultError('NOT_FOUND', `${quoted(text)}: there is no parent number ${n}`, {
    hint: '`vault cat-object -p REV` lists the parents of a snapshot',
    subject: text,
  });
}

function behindFirst(text: string): VaultError {
  return new VaultError('NOT_FOUND', `${quoted(text)} lies before the first snapshot`, {
    hint: '`vault log` lists the snapshots there are',
    subject: text,
  });
}
