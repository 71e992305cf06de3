/** Snapshots whose entries a test makes: as `vault snapshot` takes them, without a folder and without threads. */
import type { Entry, Id, Repository } from '../../src/index.ts';
import { walkTree } from '../../src/index.ts';
import { Kind } from '../../src/objects/model.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import type { StoreWriter } from '../../src/store/object-store/object-writer.ts';
import { lineHead } from '../../src/vault/snapshot/line-parents.ts';
import { type Recorded, recordSnapshot } from '../../src/vault/snapshot/record.ts';
import { finishRef } from '../../src/vault/transaction/commit.ts';
import { beginTransaction } from '../../src/vault/transaction/transactions.ts';

export interface MadeSnapshot {
  line: string;
  /** ascending */
  names: readonly string[];
  /** @param old the parent's entry of that name */
  entry(name: string, writer: StoreWriter, old: { parent: Id; entry: Entry } | undefined): Promise<Entry>;
  /** called before the commit */
  step?: (() => Promise<void>) | undefined;
}

export async function makeSnapshot(
  vault: Repository,
  { line, names, entry, step }: MadeSnapshot,
): Promise<Recorded> {
  await finishRef(vault, `refs/heads/${line}`);
  const transaction = await beginTransaction(vault, line);
  try {
    const head = await lineHead(vault, line);
    const parent = head.parents[0];
    const old = new Map<string, { parent: Id; entry: Entry }>();
    if (parent) {
      for await (const { path, entry } of walkTree(vault.store, parent.snapshot.root))
        old.set(path.toString(), { parent: parent.id, entry });
    }
    const writer = vault.store.writer(transaction);
    const builder = new TreeBuilder((type, encoding) => writer.putMeta(type, encoding));
    for (const name of names) await builder.add(await entry(name, writer, old.get(name)));
    const { id: tree } = await builder.finish();
    await step?.();
    const root: Entry = { name: Buffer.alloc(0), kind: Kind.dir, id: tree };
    const counts = { files: names.length, dirs: 1, others: 0, bytes: 0 };
    return await recordSnapshot(vault, {
      transaction,
      writer,
      tree: { root, mounts: [Buffer.alloc(0)], counts, problems: [], problemCount: 0 },
      head,
      line,
      origin: { hostId: 'h', root: vault.root!.toString('base64'), host: 'laptop' },
      started: vault.environment.now(),
      options: {},
    });
  } catch (error) {
    await transaction.abort('failed').catch(() => undefined);
    throw error;
  }
}
