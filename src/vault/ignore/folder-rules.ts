/** The rules inside a folder: those above it, and those of its ignore file. */
import { realpathSync } from 'node:fs';
import { Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { getPlatform } from '../../platform/select.ts';
import { IGNORE_FILE, type IgnoreRules } from './ignore-rules.ts';
import { readHead } from './read-head.ts';

/** `.vaultignore` as the bytes of a name. */
export const IGNORE_NAME = Buffer.from(IGNORE_FILE);
/** Bytes that are read: a longer file is no list of patterns that somebody wrote. */
const MOST_BYTES = 1024 * 1024;

export interface FolderRules {
  rules: IgnoreRules;
  /** the file is longer than 1 MiB: what is behind was not read */
  isCut: boolean;
}

/**
 * @param above the rules that hold for the folder's names without the file
 * @param folder absolute
 * @param relative from the root
 */
export function rulesInside(above: IgnoreRules, folder: Buffer, relative: Buffer): FolderRules {
  const text = readIgnoreFile(joinPath(folder, IGNORE_NAME));
  if (!text) return { rules: above, isCut: false };
  return { rules: above.inside(relative.toString('latin1'), text), isCut: text.length === MOST_BYTES };
}

/** Its bytes, a symlink's target's too; undefined when there is none, it is no regular file, or it cannot be read. */
function readIgnoreFile(path: Buffer): Buffer | undefined {
  try {
    const isLink = getPlatform().lstat(path).kind === Kind.symlink;
    return readHead(isLink ? realpathSync.native(path, { encoding: 'buffer' }) : path, MOST_BYTES);
  } catch {
    return undefined;
  }
}
