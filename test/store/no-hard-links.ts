/**
 * Makes this process find no hard links, as on FAT and exFAT: by `import`, or for another process by `node --import`. The kernel looks
 * for the names first, so what exists is still EEXIST, and a missing folder ENOENT.
 */
import fsp from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoError } from './fs-faults.ts';

/** @returns what ends it */
export function withoutHardLinks(errno = 'EPERM'): () => void {
  const { link } = fsp;
  fsp.link = async (existing, path) => {
    await fsp.lstat(existing);
    await fsp.lstat(dirname(String(path)));
    const isThere = await fsp.lstat(path).then(
      () => true,
      () => false,
    );
    throw errnoError(isThere ? 'EEXIST' : errno);
  };
  return () => {
    fsp.link = link;
  };
}
