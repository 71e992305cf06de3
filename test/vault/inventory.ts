/** What is in a folder, by Node's own calls: what trees are compared with. */
import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as assert from 'uvu/assert';
import {
  EMPTY_CONTENT,
  type Entry,
  Kind,
  nanoseconds,
  type Repository,
  type Snapshot,
} from '../../src/index.ts';
import { Flag } from '../../src/objects/model.ts';
import { contentOf, entriesOf } from './kept.ts';

const SLASH = Buffer.from('/');

/** Paths relative to `folder` as latin1, folders before what is in them; all but what `leaves` out. */
export function inventory(
  folder: Buffer,
  leaves: (path: string) => boolean = (path) => path === '.vault',
): Map<string, BigIntStats> {
  const found = new Map<string, BigIntStats>();
  const walk = (path: Buffer, relative: string): void => {
    for (const name of readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare)) {
      const below = Buffer.concat([path, SLASH, name]);
      const key = relative + name.toString('latin1');
      if (leaves(key)) continue;
      const stat = lstatSync(below, { bigint: true });
      found.set(key, stat);
      if (stat.isDirectory()) walk(below, `${key}/`);
    }
  };
  walk(folder, '');
  return found;
}

/** Fails unless the snapshot holds exactly what is in the folder, with its metadata and every byte. */
export async function assertHolds(
  vault: Repository,
  taken: { snapshot: Snapshot },
  leaves?: (path: string) => boolean,
): Promise<void> {
  const root = vault.root!;
  const entries = await entriesOf(vault, taken);
  const there = inventory(root, leaves);
  assert.equal([...entries.keys()].sort(), [...there.keys()].sort());
  assertMetadata('', taken.snapshot.root, lstatSync(root, { bigint: true }));
  for (const [path, entry] of entries) {
    const full = Buffer.concat([root, SLASH, Buffer.from(path, 'latin1')]);
    assertMetadata(path, entry, there.get(path)!);
    await assertContent(vault, path, full, entry);
  }
}

function kindOf(stat: BigIntStats): Kind {
  if (stat.isFile()) return Kind.file;
  if (stat.isDirectory()) return Kind.dir;
  if (stat.isSymbolicLink()) return Kind.symlink;
  if (stat.isFIFO()) return Kind.fifo;
  if (stat.isSocket()) return Kind.socket;
  return stat.isBlockDevice() ? Kind.block : Kind.char;
}

function assertMetadata(path: string, entry: Entry, stat: BigIntStats): void {
  const expected = {
    kind: kindOf(stat),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: stat.mtimeNs,
    ctime: stat.ctimeNs,
    ino: stat.ino,
    nlink: Number(stat.nlink),
    size: stat.isFile() || stat.isSymbolicLink() ? Number(stat.size) : undefined,
    sparse: stat.isFile() && stat.blocks * 512n < stat.size,
  };
  const actual = {
    kind: entry.kind,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: nanoseconds(entry.mtimeS!, entry.mtimeNs!),
    ctime: nanoseconds(entry.ctimeS!, entry.ctimeNs!),
    ino: BigInt(entry.ino!),
    nlink: entry.nlink,
    size: entry.size,
    sparse: ((entry.flags ?? 0) & Flag.sparse) !== 0,
  };
  assert.equal(actual, expected, `metadata of ${path}`);
  if (entry.btimeS !== undefined) assert.is(nanoseconds(entry.btimeS, entry.btimeNs!), stat.birthtimeNs);
}

async function assertContent(vault: Repository, path: string, full: Buffer, entry: Entry): Promise<void> {
  if (entry.kind === Kind.dir) return;
  if (entry.kind === Kind.file) {
    const bytes = readFileSync(full);
    assert.ok((await contentOf(vault, entry)).equals(bytes), `content of ${path}`);
    assert.equal(entry.sha256, createHash('sha256').update(bytes).digest(), `SHA-256 of ${path}`);
  } else if (entry.kind === Kind.symlink) {
    const target = readlinkSync(full, { encoding: 'buffer' });
    assert.equal(entry.target, target);
    assert.equal(await contentOf(vault, entry), target);
  } else assert.equal(entry.id, EMPTY_CONTENT);
}
