/**
 * Works in a vault as a user who owns nothing, begun by root: `node as-nobody.ts <verb> <root> <store> <cache>`. Prints what
 * came of it as JSON.
 */
import {
  type Entry,
  hostEnvironment,
  openVault,
  restoreRevision,
  takeSnapshot,
  VaultError,
  walkTree,
} from '../../src/index.ts';
import { contentOf, snapshotOf } from './kept.ts';

const NOBODY = 65_534;
const [verb, root, store, cache] = process.argv.slice(2) as [string, string, string, string];
process.setgroups!([]);
process.setgid!(NOBODY);
process.setuid!(NOBODY);

const host = hostEnvironment(cache);
const environment = { ...host, now: () => host.now() + 3600n * 1_000_000_000n };

async function snapshot(): Promise<unknown> {
  const vault = await openVault({ store, root: Buffer.from(root), line: 'main', environment });
  try {
    const { id, problems, problemCount, snapshot } = await takeSnapshot(vault, { threads: 1, line: 'main' });
    const shown = problems.map(({ path, code }) => `${code} ${path.toString('latin1')}`);
    return { id: id?.toString('hex'), problems: shown, problemCount, stats: snapshot.stats };
  } finally {
    await vault.close();
  }
}

/** Every path with its content, by the newest snapshot. */
async function read(): Promise<unknown> {
  const vault = await openVault({ store, root: Buffer.from(root), line: 'main', environment });
  try {
    const record = await vault.refs.current('heads', 'main');
    const { snapshot } = await snapshotOf(vault, Buffer.from(record!.target!, 'hex'));
    const found: Record<string, string> = {};
    for await (const { path, entry } of walkTree(vault.store, snapshot.root)) {
      found[path.toString()] = await text(vault, entry);
    }
    return { found, index: vault.store.index.db.path, writable: vault.backend.abilities.writable };
  } finally {
    await vault.close();
  }
}

/** To `root`, in the way that these options say where it is in use. */
async function restoreTo(how: { conflict?: 'overwrite'; replace?: true; dryRun?: true }): Promise<unknown> {
  const vault = await openVault({ store, line: 'main', environment });
  try {
    const to = Buffer.from(root);
    const { changes, unfaithful } = await restoreRevision(vault, { to, ...how, threads: 1 });
    return { changes, unfaithful: unfaithful.map(({ what }) => what) };
  } finally {
    await vault.close();
  }
}

async function text(vault: Parameters<typeof contentOf>[0], entry: Entry): Promise<string> {
  return entry.size === undefined ? '' : (await contentOf(vault, entry)).toString();
}

const VERBS: Record<string, () => Promise<unknown>> = {
  merge: () => restoreTo({ conflict: 'overwrite' }),
  'merge-dry': () => restoreTo({ conflict: 'overwrite', dryRun: true }),
  replace: () => restoreTo({ replace: true }),
  'replace-dry': () => restoreTo({ replace: true, dryRun: true }),
  read,
  snapshot,
};

try {
  console.log(JSON.stringify(await VERBS[verb]!()));
} catch (error) {
  if (!(error instanceof VaultError)) throw error;
  console.log(JSON.stringify({ error: error.code, message: error.message, hint: error.hint }));
}
