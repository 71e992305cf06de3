/**
 * Which deleted file became which added one, in the order git goes (diffcore-rename.c): equal contents first, then the only two
 * of one name, then every pair, the most alike first. Work and memory are bounded; what was not looked at is counted.
 */
import { setImmediate } from 'node:timers/promises';
import { Kind } from '../../objects/model.ts';
import type { Side } from './diff.ts';
import type { RenameCandidate } from './rename-candidates.ts';
import {
  type Fingerprint,
  type FingerprintKind,
  fingerprintOf,
  MOST_LINE_BYTES,
  similarity,
  sizesAllow,
} from './similarity.ts';

/** Bytes of contents that one search reads. */
const MOST_READ = 128 * 1024 * 1024;
/** Sources kept for each added file until all pairs are known. */
const MOST_FOR_ONE = 4;

export interface FoundRename {
  from: RenameCandidate;
  to: RenameCandidate;
  /** percent, from the least wanted to 100 */
  similarity: number;
}

export interface RenameSearchOptions {
  /** least similarity, percent */
  minimum: number;
  /** with more than limit² pairs, only equal contents and equal names are looked for */
  limit: number;
  signal?: AbortSignal | undefined;
}

export interface RenameSearchResult {
  found: FoundRename[];
  /** files that were not compared with all others since they were too many or too large */
  skipped: number;
}

export async function searchRenames(
  [a, deleted]: [side: Side, candidates: RenameCandidate[]],
  [b, added]: [side: Side, candidates: RenameCandidate[]],
  options: RenameSearchOptions,
): Promise<RenameSearchResult> {
  const search = new RenameSearch(a, b, options);
  search.equalContents(deleted, added);
  if (options.minimum < 100) await search.similarContents(deleted, added);
  return { found: search.found, skipped: search.skipped };
}

class RenameSearch {
  readonly found: FoundRename[] = [];
  #tooMany = 0;
  readonly #unread = new Set<Buffer>();
  readonly #a: Side;
  readonly #b: Side;
  readonly #options: RenameSearchOptions;
  readonly #taken = new Set<RenameCandidate>();
  readonly #sources = new Map<string, Fingerprint>();
  #read = 0;

  constructor(a: Side, b: Side, options: RenameSearchOptions) {
    this.#a = a;
    this.#b = b;
    this.#options = options;
  }

  get skipped(): number {
    return this.#tooMany + this.#unread.size;
  }

  /** Of several sources the one with the same last name, else the first. */
  equalContents(deleted: readonly RenameCandidate[], added: readonly RenameCandidate[]): void {
    this.#pair(deleted, added, ({ content, name }) => `${content}/${name}`);
    this.#pair(deleted, added, ({ content }) => content);
  }

  #pair(
    deleted: readonly RenameCandidate[],
    added: readonly RenameCandidate[],
    key: (one: RenameCandidate) => string,
  ): void {
    const sources = Map.groupBy(this.#free(deleted).reverse(), key);
    for (const to of this.#free(added)) {
      const from = sources.get(key(to))?.pop();
      if (from) this.#take(from, to, 100);
    }
  }

  #free(all: readonly RenameCandidate[]): RenameCandidate[] {
    return all.filter((one) => !this.#taken.has(one));
  }

  async similarContents(
    deleted: readonly RenameCandidate[],
    added: readonly RenameCandidate[],
  ): Promise<void> {
    const files = (all: readonly RenameCandidate[]) =>
      this.#free(all).filter(({ entry }) => entry.kind === Kind.file);
    await this.#equalNames(files(deleted), files(added));
    const sources = files(deleted);
    const targets = files(added);
    if (sources.length * targets.length > this.#options.limit ** 2)
      this.#tooMany = sources.length + targets.length;
    else await this.#allPairs(sources, targets);
  }

  /** The only two of a name need be half as alike again as others: they are taken without a look at the rest. */
  async #equalNames(deleted: readonly RenameCandidate[], added: readonly RenameCandidate[]): Promise<void> {
    const minimum = (this.#options.minimum + 100) / 2;
    const targets = Map.groupBy(added, ({ name }) => name);
    for (const [name, sources] of Map.groupBy(deleted, (one) => one.name)) {
      const [from, ...others] = sources;
      const [to, ...more] = targets.get(name) ?? [];
      if (!from || !to || others.length + more.length > 0) continue;
      const percent = await this.#compare(from, to, minimum);
      if (percent !== undefined) this.#take(from, to, percent);
    }
  }

  async #allPairs(sources: readonly RenameCandidate[], targets: readonly RenameCandidate[]): Promise<void> {
    const pairs: FoundRename[] = [];
    for (const to of targets) {
      await setImmediate(); // a signal can only come between
      this.#options.signal?.throwIfAborted();
      const ofOne: FoundRename[] = [];
      const fingerprints = new Map<FingerprintKind, Fingerprint>();
      for (const from of sources) {
        const percent = await this.#compare(from, to, this.#options.minimum, fingerprints);
        if (percent !== undefined) ofOne.push({ from, to, similarity: percent });
      }
      pairs.push(...ofOne.sort(byLikeness).slice(0, MOST_FOR_ONE));
    }
    for (const { from, to, similarity } of pairs.sort(byLikeness)) {
      if (!this.#taken.has(from) && !this.#taken.has(to)) this.#take(from, to, similarity);
    }
  }

  /** Undefined when they are less alike than wanted, or must not be read any more. */
  async #compare(
    from: RenameCandidate,
    to: RenameCandidate,
    minimum: number,
    ofTarget = new Map<FingerprintKind, Fingerprint>(),
  ): Promise<number | undefined> {
    if (!sizesAllow(from.size, to.size, minimum)) return undefined;
    const kind = Math.max(from.size, to.size) > MOST_LINE_BYTES ? 'chunks' : 'lines';
    const key = `${kind} ${from.path.toString('latin1')}`;
    const old = this.#sources.get(key) ?? (await this.#fingerprint(this.#a, from, kind));
    if (old) this.#sources.set(key, old);
    const next = ofTarget.get(kind) ?? (await this.#fingerprint(this.#b, to, kind));
    if (next) ofTarget.set(kind, next);
    const percent = old && next ? similarity(old, next) : 0;
    return percent >= minimum ? percent : undefined;
  }

  async #fingerprint(
    side: Side,
    { path, entry, size }: RenameCandidate,
    kind: FingerprintKind,
  ): Promise<Fingerprint | undefined> {
    if (kind === 'lines') this.#read += size;
    if (this.#read > MOST_READ) {
      this.#unread.add(path);
      return undefined;
    }
    try {
      return await fingerprintOf(side, path, entry, kind);
    } catch (error) {
      if (side.disk && (error as NodeJS.ErrnoException).syscall !== undefined) return undefined; // changed since the scan
      throw error;
    }
  }

  #take(from: RenameCandidate, to: RenameCandidate, similarity: number): void {
    this.#taken.add(from).add(to);
    this.found.push({ from, to, similarity });
  }
}

function byLikeness(x: FoundRename, y: FoundRename): number {
  return y.similarity - x.similarity || Number(y.from.name === y.to.name) - Number(x.from.name === x.to.name);
}
