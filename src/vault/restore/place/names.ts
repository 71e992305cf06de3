/** The names that a restore gives to what it puts beside something else. */
import { isUtf8 } from 'node:buffer';
import { type Entry, Kind } from '../../../objects/model.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';
import { digestFiles } from '../../../workers/unseal-file.ts';

const PREVIOUS_PREFIX = '.vault_restore_previous_';
const STAGE_SUFFIX = '.vault_stage';
/** Bytes of a name on nearly every file system. */
const MOST_NAME = 255;

/** `name.<first 8 digits of the content's SHA-256>` */
export function siblingName(name: Buffer, { sha256, id }: Entry): Buffer {
  return around('', name, `.${(sha256 ?? id).toString('hex', 0, 4)}`);
}

/** `.vault_restore_previous_<name>_<run>`: what a restore has replaced. */
export function previousName(name: Buffer, run: string): Buffer {
  return around(PREVIOUS_PREFIX, name, `_${run}`);
}

/** `<name>.vault_stage`, beside a destination. */
export function stageNameOf(name: Buffer): Buffer {
  return around('', name, STAGE_SUFFIX);
}

/** The name with something before and behind it. It is cut where it would be too long, not within a character. */
function around(prefix: string, name: Buffer, suffix: string): Buffer {
  let room = Math.min(name.length, MOST_NAME - prefix.length - suffix.length);
  if (isUtf8(name)) while (isContinuation(name[room])) room--;
  return Buffer.concat([Buffer.from(prefix), name.subarray(0, room), Buffer.from(suffix)]);
}

/** A byte of UTF-8 that begins no character. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** True when what is at `path`, no folder, is what `entry` says: of a file its content, of a device its numbers. */
export function fileHas(platform: Platform, path: Buffer, stat: Stat, entry: Entry): boolean {
  if (stat.kind !== entry.kind) return false;
  if (entry.kind === Kind.symlink) {
    return entry.target !== undefined && platform.readlink(path).equals(entry.target);
  }
  if (entry.kind !== Kind.file) {
    return stat.rdevMajor === (entry.rdevMajor ?? 0) && stat.rdevMinor === (entry.rdevMinor ?? 0);
  }
  if (!entry.sha256) return false;
  if (entry.size !== undefined && entry.size !== stat.size) return false;
  const fd = platform.openForRead(path);
  try {
    return entry.sha256.equals(digestFiles(platform, [fd])[0]!);
  } finally {
    platform.close(fd);
  }
}
