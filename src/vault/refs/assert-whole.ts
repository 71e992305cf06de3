/** Whether a ref may name an object: gc keeps what refs name, and must find all of it. */
import { isVaultError, VaultError } from '../../errors.ts';
import { HEADS } from '../../refs/names.ts';
import { isLive, type RefTarget } from '../../refs/ref-record.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import type { Repository } from '../repository.ts';
import type { HandWriter } from '../transaction/stored-by-hand.ts';

/** Records of lines that are looked through for a target. Behind them it is looked at itself, which costs more. */
const MOST_RECORDS = 1000;

/**
 * A snapshot that a line names or named is whole, and stays so; of anything else each part is looked for.
 * @param ref that is to name it
 * @throws NOT_FOUND when it, or a part of it, is not there; REFUSED for a line and a forgotten snapshot
 */
export async function assertWhole(
  repository: Repository,
  hand: HandWriter,
  target: RefTarget,
  ref: string,
): Promise<void> {
  const { id, stored } = target;
  const hex = id.toString('hex');
  const isForgotten = stored === ObjectType.snapshot && (await forgottenSnapshots(repository)).has(hex);
  if (isForgotten && ref.startsWith(`refs/${HEADS}/`)) {
    throw new VaultError('REFUSED', `snapshot ${hex} is forgotten; ${ref} was not changed`, {
      hint: '`vault forget --undo` brings it back while its files are still there; a tag can name it',
      subject: hex,
    });
  }
  const isKept = stored === ObjectType.snapshot && !isForgotten && (await isOnLine(repository, id));
  const [isThere] = await hand.mayName([{ id, type: stored }], { whole: !isKept });
  if (isThere) return;
  throw new VaultError('NOT_FOUND', `object ${hex} is not in the vault; nothing was changed`, {
    subject: hex,
  });
}

async function isOnLine({ refs }: Repository, id: Id): Promise<boolean> {
  const hex = id.toString('hex');
  let left = MOST_RECORDS;
  try {
    for await (const line of refs.each(HEADS)) {
      if (isLive(line) && line.target === hex) return true;
      if (left <= 0) return false;
      for await (const { target } of refs.history(HEADS, line.name)) {
        if (target === hex) return true;
        if (--left <= 0) break;
      }
    }
  } catch (error) {
    // Damage of some line is no reason against this ref: the object is looked at itself.
    if (!isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) throw error;
  }
  return false;
}
