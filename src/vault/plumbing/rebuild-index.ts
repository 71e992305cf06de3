/** The index made anew. */
import type { RefreshResult } from '../../store/index/refresh.ts';
import type { Repository } from '../repository.ts';

/**
 * Throws the index away and makes it anew from the packs; `openVault`'s `progress` tells how far it is. Other processes go on
 * meanwhile: who needs the index waits for it or helps. The histories of paths are filled again by the next `log FILE`.
 * @returns packs recorded, and those that could not be, with why
 * @throws errors of listing and reading packs, but for damaged ones; BUSY, NO_SPACE, PERMISSION, IO, ABORTED
 */
export function rebuildIndex({ store }: Repository): Promise<RefreshResult> {
  return store.index.rebuild();
}
