/**
 * The errors of a lookup that found nothing, or too much: they tell what there is instead.
 */
import { isVaultError, VaultError } from '../errors.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import { type Id, ObjectType, userType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { formatTime, snapshotTime } from './dates.ts';
import { HEADS, TAGS } from './names.ts';
import { nearest } from './nearest.ts';
import { isLive } from './ref-record.ts';
import type { RefStore } from './ref-store.ts';

/** Names of a namespace that are looked at for a hint, and listed in a message. */
const MAX_LOOKED_AT = 2000;
const MAX_LISTED = 20;
/** Candidates in the message, and in `details`. */
const MAX_SHOWN = 10;
const MAX_DETAILS = 100;

export interface Candidate {
  id: string;
  type: string;
  /** of a snapshot */
  time?: string;
  message?: string;
}

/** @param text as the user wrote it */
export async function noSuchRevision(refs: RefStore, text: string, base: string): Promise<VaultError> {
  const names = [...(await someNames(refs, TAGS)), ...(await someNames(refs, HEADS))];
  const close = nearest(base, new Set(names));
  return new VaultError('NOT_FOUND', `${quoted(text)} names nothing: no tag, line or id is ${quoted(base)}`, {
    hint:
      close.length > 0
        ? `did you mean ${close.join(' or ')}?`
        : '`vault log` lists the snapshots, `vault tag --list` the tags',
    subject: text,
    details: { nearest: close },
  });
}

/** HEAD without a line: none exists, or nobody said which. */
export async function noCurrentLine(refs: RefStore): Promise<VaultError> {
  const lines = await someNames(refs, HEADS);
  if (lines.length === 0) return noSnapshotYet('this vault');
  const listed = lines.slice(0, MAX_LISTED).join(', ') + (lines.length > MAX_LISTED ? ', …' : '');
  const which =
    lines.length === 1
      ? `names no line here; the vault has ${listed}`
      : `could be any of the lines ${listed}`;
  return new VaultError('USAGE', `HEAD ${which}`, {
    hint: 'name the line, or work from its folder',
    subject: 'HEAD',
    details: { lines },
  });
}

export function noSnapshotYet(what: string): VaultError {
  return new VaultError('NOT_FOUND', `${what} has no snapshot yet`, {
    hint: 'take one with `vault snapshot`',
    subject: 'HEAD',
  });
}

/** @param more true when there are still others than `found` */
export async function ambiguous(
  reader: ObjectReader,
  text: string,
  found: readonly { id: Id; type: ObjectType }[],
  more: boolean,
): Promise<VaultError> {
  const candidates: Candidate[] = [];
  for (const { id, type } of found.slice(0, MAX_DETAILS)) {
    const detailed = type === ObjectType.snapshot && candidates.length < MAX_SHOWN;
    candidates.push({
      id: id.toString('hex'),
      type: userType(type),
      ...(detailed ? await snapshotDetails(reader, id) : {}),
    });
  }
  const rest =
    found.length > MAX_SHOWN ? [`  … ${found.length - MAX_SHOWN}${more ? ' or more' : ''} others`] : [];
  const lines = [...candidates.slice(0, MAX_SHOWN).map(shownCandidate), ...rest];
  return new VaultError('AMBIGUOUS', `${quoted(text)} abbreviates several ids:\n${lines.join('\n')}`, {
    hint: 'write more digits',
    subject: text,
    details: { candidates, complete: !more && found.length <= MAX_DETAILS },
  });
}

/** Text of the user or of a record for one line of a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.replace(/\p{C}/gu, '\uFFFD'));
}

function shownCandidate({ id, type, time, message }: Candidate): string {
  const head = `  ${id.slice(0, 16)} ${type}`;
  if (time === undefined) return head;
  const subject = (message ?? '').split('\n')[0]!.replace(/\p{C}/gu, '\uFFFD').slice(0, 60);
  return `${head} ${time.slice(0, 19).replace('T', ' ')} ${subject}`.trimEnd();
}

/** Empty when the snapshot cannot be read: the list of candidates is worth more than its details. */
async function snapshotDetails(reader: ObjectReader, id: Id): Promise<{ time?: string; message?: string }> {
  try {
    const snapshot = await readSnapshot(reader, id);
    return { time: formatTime(snapshotTime(snapshot)), message: snapshot.message };
  } catch (error) {
    if (isVaultError(error)) return {};
    throw error;
  }
}

/** In no order. Damage ends it early: this is for hints. */
async function someNames(refs: RefStore, namespace: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const record of refs.each(namespace)) {
      if (names.length === MAX_LOOKED_AT) break;
      if (isLive(record)) names.push(record.name);
    }
  } catch (error) {
    if (!isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) throw error;
  }
  return names;
}
