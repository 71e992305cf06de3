/** The index on its way, as a kill leaves it or a power loss: each copy whole, and each with one file cut to its half or gone. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

export interface IndexEnding {
  name: string;
  copy: string;
  /** below the copy, with what is left of it; undefined: it is gone */
  file?: { path: string; length: number | undefined };
}

/** Each state once. */
export function* indexEndings(copies: readonly string[]): Generator<IndexEnding> {
  const seen = new Set<string>();
  for (const [i, copy] of copies.entries()) {
    const files = filesOf(copy);
    const hash = createHash('sha256');
    for (const path of files) hash.update(`${path}\0`).update(readFileSync(join(copy, path)));
    const key = hash.digest('hex');
    if (seen.has(key)) continue;
    seen.add(key);
    const name = `the index before call ${i + 1}`;
    yield { name, copy };
    for (const path of files) {
      const { length } = readFileSync(join(copy, path));
      yield { name: `${name}, ${path} gone`, copy, file: { path, length: undefined } };
      if (length > 0) yield { name: `${name}, half of ${path}`, copy, file: { path, length: length >> 1 } };
    }
  }
}

/** Puts it into a store, in the place of what is there. */
export function putIndex(store: string, { copy, file }: IndexEnding): void {
  for (const name of ['index', 'tmp']) {
    rmSync(join(store, name), { recursive: true, force: true });
    if (existsSync(join(copy, name))) cpSync(join(copy, name), join(store, name), { recursive: true });
  }
  if (file?.length !== undefined) truncateSync(join(store, file.path), file.length);
  else if (file) rmSync(join(store, file.path));
  const folder = join(store, 'index');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    // Whoever had it open is dead.
    const mark = name.replace(/^held-\d+/, 'held-4000000');
    if (mark !== name) renameSync(join(folder, name), join(folder, mark));
  }
}

function filesOf(copy: string): string[] {
  if (!existsSync(copy)) return [];
  return readdirSync(copy, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(copy.length + 1))
    .sort();
}
