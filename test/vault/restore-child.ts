/** A restore in a process of its own that kills itself before or after the n-th call of a method of the platform. */
import { join } from 'node:path';
import { hostEnvironment, lookupPath, openVault, readSnapshot } from '../../src/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { restore } from '../../src/vault/restore.ts';

const [, , base, id, path, destination, kill] = process.argv as string[];
const [, before, method, nth] = /^(before )?(\w+) (\d+)$/.exec(kill!) as unknown as [
  string,
  string,
  string,
  string,
];
const platform = getPlatform() as Platform & Record<string, (...args: unknown[]) => unknown>;
const call = platform[method]!;
let calls = 0;
const deadly = {
  ...platform,
  [method]: (...args: unknown[]) => {
    const last = ++calls === Number(nth);
    if (last && before) process.kill(process.pid, 'SIGKILL');
    const result = call(...args);
    if (last) process.kill(process.pid, 'SIGKILL');
    return result;
  },
};

const environment = hostEnvironment(join(base!, 'cache'));
const root = Buffer.from(join(base!, 'root'));
const vault = await openVault({ store: join(base!, 'root', '.vault'), root, environment });
const snapshot = Buffer.from(id!, 'hex');
const { root: top } = await readSnapshot(vault.store, snapshot);
const names = path === '' ? [] : path!.split('/').map((name) => Buffer.from(name));
const entry = await lookupPath(vault.store, top, names);
await restore(vault, {
  snapshot,
  path: Buffer.from(path!),
  entry: entry!,
  destination: Buffer.from(destination!),
  replace: true,
  threads: 1,
  platform: deadly as Platform,
});
await vault.close();
