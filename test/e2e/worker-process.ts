/**
 * A process that works in a vault beside others: `node worker-process.ts <verb> <base> <times>`. It waits for the file
 * `<base>/go`; `take` takes snapshots and prints their ids as JSON, `read` reads every content of the newest one, `churn`
 * says so and takes snapshots of files that it changes. It is the built library that works: a test starts a dozen of these.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Entry, Repository } from '../../src/index.ts';
import { Flag } from '../../src/objects/model.ts';

const BUILT = new URL('../../dist/lib/index.js', import.meta.url).href;
const { hostEnvironment, openVault, readContent, readSnapshot, takeSnapshot, walkTree } = (await import(
  BUILT
)) as typeof import('../../src/index.ts');

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
    const snapshot = await readSnapshot(vault.store, Buffer.from(target, 'hex'));
    for await (const { entry } of walkTree(vault.store, snapshot.root)) {
      if (entry.size !== undefined) await readAll(vault, entry);
    }
    seen.push(target);
  }
  return seen;
}

async function readAll(vault: Repository, entry: Entry): Promise<void> {
  const isList = ((entry.flags ?? 0) & Flag.list) !== 0;
  for await (const part of readContent(vault.store, entry.id, isList)) void part;
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
