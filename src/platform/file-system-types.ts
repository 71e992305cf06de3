/** What may be relied on by the type of a file system, as statfs(2) tells it (linux/magic.h). Elsewhere numbers mean something else, and all is relied on. */
import { statfsSync } from 'node:fs';

/** Numbers of paths, of what is in a cache, or made up: FUSE (NTFS, exFAT, SFTP, …), FAT, exFAT, SMB, 9P. */
const WITHOUT_INODES = new Set([0x65735546, 0x4d44, 0x2011bab0, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997]);
/** Images, in which all times are as they were packed: squashfs, EROFS, ISO 9660, cramfs, romfs. */
const IMAGES = new Set([0x73717368, 0xe0f5e1e2, 0x9660, 0x28cd3d45, 0x7275]);

/** As `PlatformReading.keepsInodes`. */
export function keepsInodes(path: Buffer): boolean {
  return !WITHOUT_INODES.has(typeOf(path));
}

/** As `PlatformReading.keepsChangeTimes`. */
export function keepsChangeTimes(path: Buffer): boolean {
  return !IMAGES.has(typeOf(path));
}

/** 0 where nobody tells. */
function typeOf(path: Buffer): number {
  if (process.platform !== 'linux') return 0;
  try {
    return statfsSync(path).type;
  } catch {
    return 0;
  }
}
