/** A snapshot that gets a tag: the tag is checked before the long work and made after it. */
import { isVaultError, VaultError } from '../../errors.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { assertTagFree, setTag } from '../refs/tags.ts';
import type { Repository } from '../repository.ts';

export interface TagRequest {
  /** a tag to be made for the snapshot */
  tag?: string;
  message?: string;
}

/** @throws as `take`, `assertTagFree` and `setTag`; the last says that the snapshot is there */
export async function tagged<T extends { id: Id | undefined }>(
  repository: Repository,
  { tag, message }: TagRequest,
  take: () => Promise<T>,
): Promise<T> {
  if (tag === undefined) return take();
  await assertTagFree(repository, tag);
  const result = await take();
  if (!result.id) return result;
  try {
    const target = { id: result.id, stored: ObjectType.snapshot };
    await setTag(repository, tag, target, message === undefined ? {} : { message });
    return result;
  } catch (error) {
    throw isVaultError(error) ? notTagged(error, result.id.toString('hex')) : error;
  }
}

function notTagged(cause: VaultError, hex: string): VaultError {
  const short = hex.slice(0, 8);
  return new VaultError(cause.code, `snapshot ${short} was taken, but not tagged: ${cause.message}`, {
    hint: `tag it with \`vault tag NAME ${short}\``,
    subject: hex,
    cause,
  });
}
