/**
 * Names moved by hand: `update-ref`, and tags. A move counts only if the ref is what it was when it was looked at. What refs are
 * set to is committed first (`docs/architecture.md`, "Transactions"), without naming a ref: nobody else then carries out a move that may have lost.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { formatTime } from '../../refs/dates.ts';
import { HEADS, refPlace } from '../../refs/names.ts';
import {
  isLive,
  type RefBody,
  type RefRecord,
  type RefTarget,
  targetFields,
  targetOf,
} from '../../refs/ref-record.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { MAX_COMMIT_OBJECTS } from '../../store/transaction/transaction.ts';
import type { Repository } from '../repository.ts';
import { HandWriter } from '../transaction/stored-by-hand.ts';
import { beginTransaction } from '../transaction/transactions.ts';
import { assertWhole } from './assert-whole.ts';

/** Updates in one call: what one commit may name. */
export const MOST_REF_UPDATES = MAX_COMMIT_OBJECTS;

export interface RefUpdate {
  /** the whole name: `refs/tags/v1` */
  ref: string;
  /** what it is to name; null: it is removed; absent: it stays what it is */
  target?: RefTarget | null;
  /** what it must name now; null: it must not be there; absent: whatever it names */
  expected?: Id | null;
  /** how messages call the update: `line 3` */
  where?: string;
}

export interface UpdateRefsOptions {
  /** kept in the refs' histories */
  message?: string;
}

export interface UpdatedRef {
  ref: string;
  /** the newest record before; undefined when there never was one */
  before: RefRecord | undefined;
  /** the newest record now: the same one where nothing had to be changed */
  after: RefRecord | undefined;
}

interface Move {
  update: RefUpdate;
  namespace: string;
  name: string;
  before: RefRecord | undefined;
}

/** Updates that were checked. One of both is to be called, once. */
export interface PreparedRefs {
  /**
   * Compares what the refs are with what is expected once more, and makes the updates, in order.
   * @throws LOST_RACE, with what was changed in its message
   */
  commit(): Promise<UpdatedRef[]>;
  /** Changes nothing. */
  abort(): Promise<void>;
}

/**
 * Makes the updates, in order. All names, targets and expected values are checked before the first one; a ref that somebody else moves
 * while the moves are written ends it there. A ref that names its target already is left alone unless there is a message.
 * @throws as `prepareRefs`, and `PreparedRefs.commit`
 */
export async function updateRefs(
  repository: Repository,
  updates: readonly RefUpdate[],
  options: UpdateRefsOptions = {},
): Promise<UpdatedRef[]> {
  return (await prepareRefs(repository, updates, options)).commit();
}

/**
 * Checks names, targets and expected values. No ref is locked, but from here on gc leaves the targets alone, and waits until this ends.
 * @throws USAGE for a ref that is named twice and for over 10,000 updates; REFUSED for what cannot be the name of a ref, and for a line that
 *   would name a forgotten snapshot; WRONG_TYPE for a line that would name no snapshot; NOT_FOUND for a target that is not (wholly) there;
 *   LOST_RACE for a ref that is not what was expected
 */
export async function prepareRefs(
  repository: Repository,
  updates: readonly RefUpdate[],
  options: UpdateRefsOptions = {},
): Promise<PreparedRefs> {
  const places = placesOf(updates);
  const targets = updates.flatMap(({ target }) => (target ? [target] : []));
  const planned = (): Promise<Move[]> => plan(repository, updates, places);
  // First without a transaction: one that is given up leaves a record for good.
  await planned();
  if (targets.length === 0) {
    return { commit: async () => apply(repository, await planned(), options), abort: async () => {} };
  }
  const transaction = await beginTransaction(repository);
  // Once the refs are written, or the moves have failed, nothing needs the commit.
  const end = async (): Promise<void> => {
    if (transaction.status === 'committed') await transaction.finish();
    else await transaction.abort('failed').catch(() => {});
  };
  try {
    const hand = new HandWriter(repository, transaction);
    for (const { target, ref, where } of updates) {
      if (target) await located(where, assertWhole(repository, hand, target, ref));
    }
    await hand.writer.flush();
    await hand.writer.verifyReliedPacks();
  } catch (error) {
    await end();
    throw error;
  }
  const objects = [...new Set(targets.map(({ id }) => id.toString('hex')))];
  const commit = async (): Promise<UpdatedRef[]> => {
    try {
      const moves = await planned();
      await transaction.commit({ objects });
      return await apply(repository, moves, options);
    } finally {
      await end();
    }
  };
  return { commit, abort: end };
}

function placesOf(updates: readonly RefUpdate[]): { namespace: string; name: string }[] {
  if (updates.length > MOST_REF_UPDATES) {
    throw new VaultError('USAGE', `at most ${MOST_REF_UPDATES} refs are updated at once`);
  }
  const seen = new Set<string>();
  return updates.map(({ ref, target, where }) => {
    const place = at(where, () => refPlace(ref));
    if (seen.has(ref))
      throw prefixed(where, new VaultError('USAGE', `${ref} is updated twice`, { subject: ref }));
    seen.add(ref);
    if (target && place.namespace === HEADS && target.stored !== ObjectType.snapshot) {
      const { type } = at(where, () => targetFields(target));
      const message = `${ref} is a line, which names snapshots only, and ${target.id.toString('hex')} is a ${type}`;
      throw prefixed(where, new VaultError('WRONG_TYPE', message, { subject: ref }));
    }
    if (target) at(where, () => targetFields(target));
    return place;
  });
}

/** Reads what the refs are and compares it with what is expected. Changes nothing. */
async function plan(
  { refs }: Repository,
  updates: readonly RefUpdate[],
  places: readonly { namespace: string; name: string }[],
): Promise<Move[]> {
  const moves: Move[] = [];
  for (const [i, update] of updates.entries()) {
    const { namespace, name } = places[i]!;
    const before = await refs.current(namespace, name);
    if (!isExpected(before, update.expected)) throw prefixed(update.where, unexpected(update, before));
    moves.push({ update, namespace, name, before });
  }
  return moves;
}

function isExpected(record: RefRecord | undefined, expected: Id | null | undefined): boolean {
  if (expected === undefined) return true;
  if (expected === null) return !isLive(record);
  return isLive(record) && record.target === expected.toString('hex');
}

function unexpected({ ref, expected }: RefUpdate, record: RefRecord | undefined): VaultError {
  const is = isLive(record) ? `names ${record.target.slice(0, 8)}` : 'does not exist';
  const wanted = expected ? `not ${expected.toString('hex', 0, 4)}` : 'and must not exist';
  const found = isLive(record) ? record.target : null;
  return new VaultError('LOST_RACE', `${ref} ${is}, ${wanted}; nothing was changed`, {
    hint: 'look at what is there now and try again',
    subject: ref,
    details: { ref, expected: expected?.toString('hex') ?? null, found },
  });
}

async function apply(
  repository: Repository,
  moves: readonly Move[],
  options: UpdateRefsOptions,
): Promise<UpdatedRef[]> {
  const done: UpdatedRef[] = [];
  for (const move of moves) {
    const { update, before } = move;
    try {
      done.push({ ref: update.ref, before, after: await write(repository, move, options) });
    } catch (error) {
      const changed = done.filter((one) => one.after !== one.before).map(({ ref }) => ref);
      throw isVaultError(error) && changed.length > 0 ? partly(error, update.ref, changed) : error;
    }
  }
  return done;
}

/** @returns the newest record of the ref */
async function write(
  { refs, environment }: Repository,
  { update: { target, expected }, namespace, name, before }: Move,
  { message }: UpdateRefsOptions,
): Promise<RefRecord | undefined> {
  if (target === undefined || (target === null && !isLive(before))) return before;
  const fields = target ? targetFields(target) : { type: before!.type };
  if (target && message === undefined && names(before, target)) return before;
  const body: RefBody = {
    ...fields,
    time: formatTime(environment.now()),
    who: environment.user,
    host: environment.host,
    message: message ?? '',
    // Whose history a line is does not change with what it names.
    ...(before?.line && { line: before.line }),
  };
  const isBlind = expected === undefined && target !== null;
  if (isBlind) return refs.appendRetry(namespace, name, body, { sinceSeq: before?.seq });
  return refs.append(namespace, name, body, { expectedSeq: before?.seq });
}

function names(record: RefRecord | undefined, { id, stored }: RefTarget): boolean {
  if (!isLive(record)) return false;
  const now = targetOf(record);
  return now.id.equals(id) && now.stored === stored;
}

function partly(error: VaultError, ref: string, changed: readonly string[]): VaultError {
  const some = changed.slice(0, 10).join(', ') + (changed.length > 10 ? ', …' : '');
  const what = error.code === 'LOST_RACE' ? 'another writer moved it meanwhile' : error.message;
  return new VaultError(
    error.code,
    `${ref}: ${what}; ${changed.length} refs before it were changed: ${some}`,
    {
      hint: 'look at what is there now and update the rest',
      subject: ref,
      details: { changed },
      cause: error,
    },
  );
}

/** Runs a check of the update that `where` names. */
function at<T>(where: string | undefined, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw isVaultError(error) ? prefixed(where, error) : error;
  }
}

async function located<T>(where: string | undefined, checking: Promise<T>): Promise<T> {
  try {
    return await checking;
  } catch (error) {
    throw isVaultError(error) ? prefixed(where, error) : error;
  }
}

function prefixed(where: string | undefined, error: VaultError): VaultError {
  if (where === undefined) return error;
  const { code, message, hint, subject, details } = error;
  return new VaultError(code, `${where}: ${message}`, {
    ...(hint !== undefined && { hint }),
    ...(subject !== undefined && { subject }),
    details,
    cause: error,
  });
}
