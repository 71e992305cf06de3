/** What the tests of restore share: restoring, and all facts about a folder that a restore must give back. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import * as assert from 'uvu/assert';
import type { ErrorCode, Repository } from '../../../src/index.ts';
import { isVaultError, Kind, lookupPath, type VaultError } from '../../../src/index.ts';
import type { Platform, Stat } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { RestoreOptions } from '../../../src/vault/restore/plan/options.ts';
import { restore } from '../../../src/vault/restore/restore.ts';
import type { RestoreResult } from '../../../src/vault/restore/result.ts';
import type { Taken } from '../kept.ts';

const SLASH = Buffer.from('/');
const LEFT_OUT = ['.vault'];

/** Restores a path of a snapshot; all of it when `path` is empty. `to` says that the user named it. */
export async function restorePath(
  vault: Repository,
  taken: Taken,
  path: string,
  destination: string,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreResult> {
  const names = path === '' ? [] : path.split('/').map((name) => Buffer.from(name, 'latin1'));
  const entry = await lookupPath(vault.store, taken.snapshot.root, names);
  assert.ok(entry, `${path} is in the snapshot`);
  return restore(vault, {
    snapshot: taken.id,
    path: Buffer.from(path, 'latin1'),
    entry,
    destination: Buffer.from(destination),
    threads: 2,
    ...options,
  });
}

/** The error of a restore that must fail with `code`. */
export async function refuses(run: Promise<unknown>, code: ErrorCode, message = /./): Promise<VaultError> {
  try {
    await run;
  } catch (error) {
    if (!isVaultError(error)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
    return error;
  }
  return assert.unreachable('no error') as never;
}

/** Fails when anything of a restore is left beside or in `destination`, but for what was kept on purpose. */
export function assertNoStage(destination: string): void {
  const beside = readdirSync(dirname(destination)).filter((name) => name.endsWith('.vault_stage'));
  assert.equal(beside, []);
  assert.not.ok(existsSync(`${destination}/.vault_restore_stage`));
}

/**
 * Path (latin1) → facts, of all that is in a folder and of itself. Change times, inodes and birth times are not among
 * them: they cannot be set. Names of one file show the first of them.
 */
export function facts(folder: string, leftOut = LEFT_OUT): Map<string, object> {
  const platform = getPlatform();
  const found = new Map<string, object>();
  const names = new Map<string, string>();
  const walk = (path: Buffer, relative: string): void => {
    const stat = platform.lstat(path);
    found.set(relative, factsOf(platform, path, stat, relative, names));
    if (stat.kind !== Kind.dir) return;
    const directory = platform.openDirectory(path);
    try {
      for (let i = 0; i < directory.length; i++) {
        const name = Buffer.from(directory.name(i));
        const below = relative === '' ? name.toString('latin1') : `${relative}/${name.toString('latin1')}`;
        if (!leftOut.includes(below)) walk(Buffer.concat([path, SLASH, name]), below);
      }
    } finally {
      directory.close();
    }
  };
  walk(Buffer.from(folder), '');
  return found;
}

function factsOf(
  platform: Platform,
  path: Buffer,
  stat: Stat,
  relative: string,
  names: Map<string, string>,
): object {
  const { kind, mode, uid, gid, mtimeS, mtimeNs, size, nlink, rdevMajor, rdevMinor } = stat;
  const common = {
    kind,
    mode,
    owner: `${uid}:${gid}`,
    time: `${mtimeS}.${mtimeNs}`,
    xattrs: platform.listXattrs(path).map(({ name, value }) => `${name}=${value.toString('hex')}`),
  };
  if (kind === Kind.dir) return common;
  const first = names.get(String(stat.ino)) ?? relative;
  names.set(String(stat.ino), first);
  const shared = { ...common, first, nlink };
  if (kind === Kind.symlink) return { ...shared, target: platform.readlink(path).toString('latin1') };
  if (kind !== Kind.file) return { ...shared, device: `${rdevMajor}:${rdevMinor}` };
  return { ...shared, size, sha256: digest(platform, path), sparse: stat.allocated < size };
}

function digest(platform: Platform, path: Buffer): string {
  const hash = createHash('sha256');
  const part = Buffer.alloc(1024 * 1024);
  const fd = platform.openForRead(path);
  try {
    for (let bytes = platform.read(fd, part); bytes > 0; bytes = platform.read(fd, part)) {
      hash.update(part.subarray(0, bytes));
    }
  } finally {
    platform.close(fd);
  }
  return hash.digest('hex');
}

/** Fails with the first difference, which a comparison of whole maps would drown. */
export function assertSame(actual: Map<string, object>, expected: Map<string, object>, when = ''): void {
  assert.equal([...actual.keys()].sort(), [...expected.keys()].sort(), when);
  for (const [path, value] of expected)
    assert.equal(actual.get(path), value, `facts of ${path || 'the root'} ${when}`);
}
