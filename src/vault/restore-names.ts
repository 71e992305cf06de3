/** The names that a restore gives to what it puts beside something else. */
import type { Entry } from '../objects/model.ts';
import { Kind } from '../objects/model.ts';
import type { Platform, Stat } from '../platform/platform.ts';
import { digestFiles } from '../workers/unseal-file.ts';

const PREVIOUS_PREFIX = '.vault_restore_previous_';
/** Bytes of a name on nearly every file system. */
const MOST_NAME = 255;

/** `path.<first 8 digits of the content's SHA-256>` */
export function siblingName(path: Buffer, { sha256, id }: Entry): Buffer {
  return Buffer.concat([path, Buffer.from(`.${(sha256 ?? id).toString('hex', 0, 4)}`)]);
}

/** `.vault_restore_previous_<name>_<run>`: what a restore has replaced. The name is cut where it would be too long. */
export function previousName(name: Buffer, run: string): Buffer {
  const room = MOST_NAME - PREVIOUS_PREFIX.length - run.length - 1;
  return Buffer.concat([Buffer.from(PREVIOUS_PREFIX), name.subarray(0, room), Buffer.from(`_${run}`)]);
}

/** True when what is at `path` has the content of `entry`. */
export function fileHas(platform: Platform, path: Buffer, stat: Stat, entry: Entry): boolean {
  if (stat.kind !== entry.kind) return false;
  if (entry.kind === Kind.symlink) {
    return entry.target !== undefined && platform.readlink(path).equals(entry.target);
  }
  if (entry.kind !== Kind.file || !entry.sha256) return false;
  if (entry.size !== undefined && entry.size !== stat.size) return false;
  const fd = platform.openForRead(path);
  try {
    return entry.sha256.equals(digestFiles(platform, [fd])[0]!);
  } finally {
    platform.close(fd);
  }
}
