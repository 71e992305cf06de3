/** The whole check of one pack. */

import { packKey } from '../../store/layout.ts';
import { MAX_PACK_LENGTH } from '../../store/pack/pack.ts';
import { tooLong, type VerifiedPack, verifyPackBytes } from '../../store/pack/pack-verify.ts';
import type { Repository } from '../repository.ts';
import { noPack } from './pack-listing.ts';

export interface PackVerification extends VerifiedPack {
  pack: string;
  /** bytes of the file */
  size: number;
}

/**
 * Reads all of a pack: recomputes its name and every object's id, decodes every block. Damage is reported, not thrown. Takes memory
 * for the pack (at most 64 MiB) and one block.
 *
 *     const { faults } = await verifyPack(vault, pack);
 *
 * @param pack 64 hex digits
 * @throws NOT_FOUND, UNKNOWN_FORMAT, PERMISSION, IO
 */
export async function verifyPack(repository: Repository, pack: string): Promise<PackVerification> {
  const { backend, store } = repository;
  const key = packKey(pack);
  const size = await backend.size(key);
  if (size === undefined) throw noPack(pack);
  if (size >= MAX_PACK_LENGTH) return { pack, size, ...tooLong(pack, size) };
  return { pack, size, ...verifyPackBytes(pack, await backend.read(key), store.ids) };
}
