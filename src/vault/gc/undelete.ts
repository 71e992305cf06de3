/**
 * Puts back what gc has removed and the trash still has: into new packs, in a transaction. A removed pack never comes back under its name.
 */
import { VaultError } from '../../errors.ts';
import type { Id, ObjectType } from '../../store/id.ts';
import type { Repository } from '../repository.ts';
import { commit } from '../transaction/commit.ts';
import { TakeOver } from '../transaction/take-over.ts';
import { beginTransaction } from '../transaction/transactions.ts';
import { TrashReader } from './trash-reader.ts';

export interface Undeleted {
  id: Id;
  type: ObjectType;
  /** bytes that were stored again, before compression; 0 where nothing was gone */
  bytes: number;
}

export interface UndeleteOptions {
  signal?: AbortSignal;
}

/**
 * Brings objects back with all that they lead to. A forgotten snapshot of a line is kept again from then on; anything else stays for
 * 14 days unless a snapshot or tag takes it up.
 * @throws NOT_FOUND when the object is neither in the vault nor in the trash, MISSING_OBJECT when part of it is in neither: then nothing
 *   has changed; ABORTED: those before it are back
 */
export async function undelete(
  repository: Repository,
  ids: readonly Id[],
  { signal }: UndeleteOptions = {},
): Promise<Undeleted[]> {
  const trash = await TrashReader.open(repository, signal);
  const done: Undeleted[] = [];
  for (const id of ids) done.push(await undeleteOne(repository, trash, id));
  return done;
}

/** The same of one object, which is back or as it was. @throws as `undelete` */
export async function undeleteOne(repository: Repository, trash: TrashReader, id: Id): Promise<Undeleted> {
  const type = (await trash.locate(id))?.type;
  if (type === undefined) throw notFound(id);
  const transaction = await beginTransaction(repository);
  try {
    const writer = repository.store.writer(transaction);
    await new TakeOver(transaction, writer).closure([{ id, type }], trash);
    await writer.flush();
    await writer.verifyReliedPacks();
    await commit(repository, transaction, { objects: [id.toString('hex')], undelete: true });
    return { id, type, bytes: writer.totals.storedBytes };
  } catch (error) {
    await transaction.abort('failed').catch(() => {});
    throw error;
  }
}

function notFound(id: Id): VaultError {
  const hex = id.toString('hex');
  return new VaultError('NOT_FOUND', `object ${hex} is neither in the vault nor in its trash`, {
    hint: 'what gc removes lies in the trash for 7 days',
    subject: hex,
  });
}
