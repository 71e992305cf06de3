/**
 * A process that works in a vault beside others: `node worker-process.ts <verb> <base> <times>`. It waits for the file
 * `<base>/go`; `take` takes snapshots and prints their ids as JSON, `read` reads every content of the newest one, `churn`
 * says so and takes snapshots of files that it changes.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hostEnvironment, openVault, type Repository, takeSnapshot, walkTree } from '../../src/index.ts';
import { contentOf, snapshotOf } from '../vault/kept.ts';

const [verb, base, times] = process.argv.slice(2) as [string, string, string];
const root = join(base, 'root');

async function takeSome(vault: Repository): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < Number(times); i++) {
    const { id } = await takeSnapshot(vault, { threads: 1, message: `${process.pid} ${i}` });
    ids.push(id!.toString('hex'));
  }
  return ids;
}

async function readSome(vault: Repository): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < Number(times); i++) {
    const target = (await vault.refs.current('heads', 'main'))?.target;
    if (target === undefined) {
      await delay(5);
      continue;
    }
    const { snapshot } = await snapshotOf(vault, Buffer.from(target, 'hex'));
    for await (const { entry } of walkTree(vault.store, snapshot.root)) {
      if (entry.size !== undefined) await contentOf(vault, entry);
    }
    seen.push(target);
  }
  return seen;
}

async function churn(vault: Repository): Promise<string[]> {
  console.log('churning');
  for (let i = 0; i < Number(times); i++) {
    for (let k = 0; k < 5; k++) writeFileSync(join(root, `f${k}`), randomBytes(200_000));
    await takeSnapshot(vault, { threads: 2 });
  }
  return [];
}

const VERBS: Record<string, (vault: Repository) => Promise<string[]>> = {
  take: takeSome,
  read: readSome,
  churn,
};

while (!existsSync(join(base, 'go'))) await delay(2);
const environment = hostEnvironment(join(base, 'cache'));
const vault = await openVault({ store: join(root, '.vault'), root: Buffer.from(root), environment });
console.log(JSON.stringify(await VERBS[verb]!(vault)));
await vault.close();
