/** Tags: names in `refs/tags` for any object. */
import { VaultError } from '../../errors.ts';
import { formatTime } from '../../refs/dates.ts';
import { matchesGlob } from '../../refs/glob.ts';
import { checkName, TAGS } from '../../refs/names.ts';
import { isLive, type LiveRef, type RefTarget, targetFields } from '../../refs/ref-record.ts';
import type { Repository } from '../repository.ts';
import { updateRefs } from './update-refs.ts';

export interface TagOptions {
  message?: string;
  /** let a tag that exists name another object */
  move?: boolean;
}

/**
 * @throws REFUSED when the tag exists and names something else (unless `move`), USAGE for a bad name, WRONG_TYPE for a changes object,
 *   NOT_FOUND for what is not there, LOST_RACE
 */
export async function setTag(
  repository: Repository,
  name: string,
  target: RefTarget,
  options: TagOptions = {},
): Promise<LiveRef> {
  checkName(name, 'tag');
  const current = await repository.refs.current(TAGS, name);
  const { target: hex, list } = targetFields(target);
  if (isLive(current) && !options.move) {
    if (current.target === hex && current.list === list) return current;
    throw tagExists(current);
  }
  const expected = isLive(current) ? Buffer.from(current.target, 'hex') : null;
  const update = { ref: `refs/${TAGS}/${name}`, target, expected };
  const [updated] = await updateRefs(repository, [update], { message: options.message ?? '' });
  return { ...updated!.after!, target: hex };
}

/** For who makes the tag only after long work. @throws REFUSED when the tag exists, USAGE for a bad name */
export async function assertTagFree(repository: Repository, name: string): Promise<void> {
  checkName(name, 'tag');
  const current = await repository.refs.current(TAGS, name);
  if (!isLive(current)) return;
  const hint = `use another name, or remove it first: \`vault tag --delete ${name}\``;
  throw tagExists(current, 'no snapshot was taken', hint);
}

function tagExists(
  { name, target }: LiveRef,
  outcome = 'it was not moved',
  hint = `use another name, or \`vault tag --force ${name}\``,
): VaultError {
  return new VaultError('REFUSED', `tag ${name} exists and names ${target.slice(0, 8)}; ${outcome}`, {
    hint,
    subject: `refs/tags/${name}`,
  });
}

/** Appends a record without target; what the tag named stays in its history. @throws NOT_FOUND, LOST_RACE */
export async function deleteTag(repository: Repository, name: string): Promise<LiveRef> {
  const { refs, environment } = repository;
  const current = await refs.current(TAGS, name);
  if (!isLive(current)) {
    throw new VaultError('NOT_FOUND', `there is no tag ${name}`, {
      hint: '`vault tag --list` shows the tags there are',
      subject: `refs/tags/${name}`,
    });
  }
  const body = {
    time: formatTime(environment.now()),
    who: environment.user,
    host: environment.host,
    message: 'deleted',
  };
  await refs.remove(TAGS, name, body, { expectedSeq: current.seq });
  return current;
}

/** By the bytes of their names. @param pattern a shell pattern; all when absent */
export async function* listTags(
  { refs }: Repository,
  pattern?: string,
): AsyncGenerator<LiveRef, void, undefined> {
  for await (const { name, record } of refs.list(TAGS)) {
    if (isLive(record) && (pattern === undefined || matchesGlob(pattern, name))) yield record;
  }
}
