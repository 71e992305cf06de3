/** A folder with its vault, for one test: names are made with `fs`, versions are read back through the library. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Change,
  diskSide,
  type Entry,
  type Environment,
  hostEnvironment,
  type Id,
  initVault,
  type OpenVaultOptions,
  openVault,
  type Repository,
  readChanges,
  readContent,
  readSnapshot,
  type Snapshot,
  type SnapshotOptions,
  type SnapshotResult,
  takeSnapshot,
  walkTree,
} from '../../src/index.ts';
import { Flag } from '../../src/objects/model.ts';

// Worker threads strip the types of some forty files each time they start: kept, that halves the time of a test.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../node_modules/.cache/vault-tests');

/** Later than the real clock: what a test has just written is then not racy. */
const CALM_NS = 3600n * 1_000_000_000n;

export class Kept {
  /** for everything of the test */
  readonly base: string;
  /** the folder that is kept */
  readonly root: string;
  readonly #opened: Repository[] = [];
  /** nanoseconds that the library's clock is ahead of the real one */
  ahead = CALM_NS;

  constructor(parent = tmpdir()) {
    this.base = mkdtempSync(join(parent, 'vault-engine-'));
    this.root = join(this.base, 'root');
    mkdirSync(this.root);
  }

  at(...names: string[]): string {
    return join(this.root, ...names);
  }

  get environment(): Environment {
    const host = hostEnvironment(join(this.base, 'cache'));
    return { ...host, now: () => host.now() + this.ahead };
  }

  /** Makes the vault in the folder and opens it. */
  async init(): Promise<Repository> {
    await initVault({ folder: this.root, environment: this.environment });
    return this.open();
  }

  async open(options: Partial<OpenVaultOptions> = {}): Promise<Repository> {
    const { root, environment } = this;
    const vault = await openVault({
      store: join(root, '.vault'),
      root: Buffer.from(root),
      environment,
      ...options,
    });
    this.#opened.push(vault);
    return vault;
  }

  /** A second vault of the same folder, its store outside. */
  async openOther(name: string): Promise<Repository> {
    const { root, environment } = this;
    const store = join(this.base, name);
    await initVault({ store, environment });
    return this.open({ store, root: Buffer.from(root), line: 'other' });
  }

  async close(): Promise<void> {
    for (const vault of this.#opened.splice(0)) await vault.close();
  }

  async dispose(): Promise<void> {
    await this.close();
    rmSync(this.base, { recursive: true, force: true });
  }
}

export async function withKept<T>(body: (kept: Kept) => Promise<T>, parent = tmpdir()): Promise<T> {
  const kept = new Kept(parent);
  try {
    return await body(kept);
  } finally {
    await kept.dispose();
  }
}

/** A snapshot that was taken. */
export type Taken = SnapshotResult & { id: Id };

export async function take(vault: Repository, options: Partial<SnapshotOptions> = {}): Promise<Taken> {
  const result = await takeSnapshot(vault, { threads: 1, ...options });
  if (result.id === undefined) throw new Error('no snapshot was taken');
  return { ...result, id: result.id };
}

/** Paths as latin1, so that every byte is told apart, with their entries, in walk order. */
export async function entriesOf(
  vault: Repository,
  { snapshot }: { snapshot: Snapshot },
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const { path, entry } of walkTree(vault.store, snapshot.root)) {
    entries.set(path.toString('latin1'), entry);
  }
  return entries;
}

export async function pathsOf(vault: Repository, taken: { snapshot: Snapshot }): Promise<string[]> {
  return [...(await entriesOf(vault, taken)).keys()];
}

export async function contentOf(vault: Repository, entry: Entry): Promise<Buffer> {
  const parts: Buffer[] = [];
  const isList = ((entry.flags ?? 0) & Flag.list) !== 0;
  for await (const part of readContent(vault.store, entry.id, isList)) parts.push(part);
  return Buffer.concat(parts);
}

export async function changesOf(vault: Repository, { snapshot }: { snapshot: Snapshot }): Promise<string[]> {
  if (snapshot.changes === undefined) return [];
  const rows: string[] = [];
  for await (const page of readChanges(vault.store, snapshot.changes)) rows.push(...page.map(showChange));
  return rows;
}

function showChange({ letter, path, metadataOnly }: Change): string {
  return `${letter}${metadataOnly ? 'm' : ''} ${path.toString('latin1')}`;
}

export async function snapshotOf(vault: Repository, id: Id): Promise<{ id: Id; snapshot: Snapshot }> {
  return { id, snapshot: await readSnapshot(vault.store, id) };
}

/** The tree that a first snapshot of the folder would have. Nothing is stored. */
export async function fullTree(vault: Repository): Promise<string> {
  const { side } = await diskSide(vault, vault.root!, undefined, { threads: 1 });
  return side.root.id.toString('hex');
}

export function treeOf({ snapshot }: { snapshot: Snapshot }): string {
  return snapshot.tree.toString('hex');
}
