/** What goes into an archive, in the order of names, with the names it has there. */
import { VaultError } from '../../errors.ts';
import type { Entry } from '../../objects/model.ts';
import { joinPath, pathFault, quote } from '../../objects/names.ts';
import type { ObjectReader } from '../../store/store.ts';
import { RestoreWalk } from '../restore/plan/walk.ts';

export interface ArchiveMember {
  /** with the prefix; of a folder without a final slash */
  path: Buffer;
  entry: Entry;
}

const SLASH = 0x2f;
const NOTHING = Buffer.alloc(0);

/**
 * What is in the folder `root`, or the one file that it is; the folder itself only under a prefix that ends with `/`.
 * @param prefix put in front of every name; checked by `checkPrefix`
 * @throws REFUSED for names that no archive may hold, and what reading a tree throws
 */
export async function* archiveMembers(
  reader: ObjectReader,
  root: Entry,
  prefix: Buffer,
  signal?: AbortSignal,
): AsyncGenerator<ArchiveMember, void, undefined> {
  const walk = new RestoreWalk(reader, root);
  const folders: Buffer[] = [];
  for (let visit = walk.next(); visit !== undefined; visit = walk.next()) {
    if (visit === 'load') {
      signal?.throwIfAborted();
      if (await walk.load()) folders.pop();
      continue;
    }
    const { type, entry } = visit;
    const above = folders.at(-1);
    const relative = above ? joinPath(above, entry.name) : type === 'enter' ? NOTHING : root.name;
    if (type === 'enter') folders.push(relative);
    if (relative.length > 0) yield { path: Buffer.concat([prefix, relative]), entry };
    else if (prefix.at(-1) === SLASH) yield { path: prefix.subarray(0, -1), entry };
  }
}

/** @throws USAGE for a prefix that would lead out of where the archive is unpacked */
export function checkPrefix(prefix: Buffer): void {
  const fault = pathFault(prefix.at(-1) === SLASH ? prefix.subarray(0, -1) : prefix);
  if (fault === undefined && prefix[0] !== SLASH) return;
  throw new VaultError('USAGE', `the prefix ${quote(prefix)} ${fault ?? 'is the root'}`, {
    hint: 'name a folder relative to where the archive is unpacked, such as thesis-1/',
    subject: prefix.toString(),
  });
}
