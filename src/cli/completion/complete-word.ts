/** What a word that is being typed may become: names of snapshots, or of what is in one. */
import { isVaultError, Kind, listTags, listTree, type Repository, resolve, treeRoot } from '../../index.ts';
import { decodeKeeping } from '../paths/argv.ts';
import { quote } from '../text/quoting.ts';

/** Nobody reads on through more. */
const MOST = 1000;

/** Whole words; a folder's end with `/`. None for what is not there. */
export async function wordsFor(vault: Repository, word: string, here?: readonly Buffer[]): Promise<string[]> {
  const colon = word.indexOf(':');
  if (colon < 0) return names(vault, word);
  try {
    return await paths(vault, word.slice(0, colon), word.slice(colon + 1), here);
  } catch (error) {
    if (isVaultError(error)) return [];
    throw error;
  }
}

/** `HEAD`, lines and tags; of a range the second one. */
async function names(vault: Repository, word: string): Promise<string[]> {
  const [, front = '', start = ''] = /^(.*\.\.)?(.*)$/s.exec(word)!;
  const found: string[] = [];
  const add = (name: string): void => {
    if (found.length < MOST && name.startsWith(start) && isPlain(Buffer.from(name))) found.push(front + name);
  };
  add('HEAD');
  for await (const { name } of vault.refs.list('heads')) add(name);
  for await (const { name } of listTags(vault)) add(name);
  return [...new Set(found)];
}

async function paths(
  vault: Repository,
  rev: string,
  path: string,
  here?: readonly Buffer[],
): Promise<string[]> {
  const slash = path.lastIndexOf('/') + 1;
  const folder = path.slice(0, slash);
  const revision = slash > 1 ? `${rev}:${folder.slice(0, -1)}` : rev;
  const resolved = await resolve(vault, revision, { snapshotsOnly: true, ...(here && { here }) });
  const found: string[] = [];
  for await (const row of listTree(vault.store, await treeRoot(vault.store, resolved, revision))) {
    const name = decodeKeeping(row.entry.name);
    if (!name.startsWith(path.slice(slash)) || !isPlain(row.entry.name)) continue;
    found.push(`${rev}:${folder}${name}${row.entry.kind === Kind.dir ? '/' : ''}`);
    if (found.length === MOST) break;
  }
  return found;
}

/** What would need quotes cannot be typed like this. */
function isPlain(name: Buffer): boolean {
  return quote(name) === name.toString();
}
