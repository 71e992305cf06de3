/** The walk alone, on a platform and with a sealer that the test makes up. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Entry,
  isVaultError,
  Kind,
  type ObjectReader,
  silentProgress,
  walkTree,
} from '../../src/index.ts';
import { Flag } from '../../src/objects/model.ts';
import { MAX_WALK_DEPTH } from '../../src/objects/walk.ts';
import type { Directory, Platform, Stat } from '../../src/platform/platform.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import { IgnoreRules } from '../../src/vault/ignore/ignore-rules.ts';
import { Scan, type ScanOptions, type ScanResult } from '../../src/vault/scan/scan.ts';
import { ScratchWriter } from '../../src/vault/scan/scratch-writer.ts';
import type { Sealer } from '../../src/vault/scan/sealer.ts';

const NOW = 1_800_000_000;
const OLD = NOW - 1000;

function statOf(kind: Kind, changed = OLD): Stat {
  const times = { mtimeS: changed, mtimeNs: 0, ctimeS: changed, ctimeNs: 0, btimeS: changed, btimeNs: 0 };
  const numbers = {
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    nlink: 1,
    rdevMajor: 0,
    rdevMinor: 0,
    allocated: 0,
  };
  return { kind, ...times, ...numbers, ino: 1, dev: 1 };
}

/** Folders in a folder, `depth` of them, each called `d`; and how many are open. */
class Nested {
  open = 0;

  at(depth: number): Directory {
    this.open++;
    return {
      length: depth > 0 ? 1 : 0,
      name: () => Buffer.from('d'),
      stat: () => statOf(Kind.dir),
      readlink: () => Buffer.alloc(0),
      openDirectory: () => this.at(depth - 1),
      close: () => {
        this.open--;
      },
    };
  }
}

const WRITER = new ScratchWriter({} as ObjectReader);

/** @param platform what is made up; the rest is the real one, of which nothing lies at the root */
function scan(
  platform: Partial<Platform>,
  sealer: Pick<Sealer, 'add'> = { add: () => undefined },
  options: Partial<ScanOptions> = {},
): Promise<ScanResult> {
  const real = getPlatform();
  const scanning: ScanOptions = {
    platform: { ...real, abilities: { ...real.abilities, xattrs: false }, ...platform },
    root: Buffer.from('/no such folder'),
    parent: undefined,
    rules: IgnoreRules.of([]),
    oneFileSystem: false,
    selection: true,
    mounts: undefined,
    store: undefined,
    mostExcluded: undefined,
    mostProblems: undefined,
    now: () => NOW,
    progress: silentProgress,
    signal: undefined,
    ...options,
  };
  return new Scan(scanning, WRITER, { finish: async () => {}, ...sealer } as Sealer).run();
}

test('folders are refused below the depth that walks go to, and none stays open', async () => {
  const nested = new Nested();
  const below = (depth: number) => ({ lstat: () => statOf(Kind.dir), openDirectory: () => nested.at(depth) });
  const { root, counts } = await scan(below(MAX_WALK_DEPTH - 1));
  assert.is(nested.open, 0);
  let walked = 0;
  for await (const _ of walkTree(WRITER, root)) walked++;
  assert.is(walked, MAX_WALK_DEPTH - 1);
  assert.is(counts.dirs, MAX_WALK_DEPTH);
  const error = await scan(below(MAX_WALK_DEPTH)).catch((thrown: unknown) => thrown);
  assert.ok(isVaultError(error, 'REFUSED') && error.subject?.endsWith('d/d') && error.hint);
  assert.is(nested.open, 0);
});

/** A folder with one file, which changed at that time. */
function oneFile(changed: number): Partial<Platform> {
  const directory: Directory = {
    length: 1,
    name: () => Buffer.from('f'),
    stat: () => statOf(Kind.file, changed),
    readlink: () => Buffer.alloc(0),
    openDirectory: () => directory,
    close() {},
  };
  return { lstat: () => statOf(Kind.dir), openDirectory: () => directory };
}

test('a file is racy by when it was read, however long its worker takes', async () => {
  for (const [changed, isRacy] of [
    [NOW - 1, true],
    [NOW - 60, false],
  ] as const) {
    let now = NOW;
    const sealed = {
      id: EMPTY_CONTENT,
      list: false,
      sha256: EMPTY_CONTENT,
      unstable: false,
      xattrs: undefined,
    };
    const sealer: Pick<Sealer, 'add'> = {
      add(_path, _stat, done) {
        now += 60;
        done({ sealed });
        return undefined;
      },
    };
    const { root } = await scan(oneFile(changed), sealer, { now: () => now });
    const entries: Entry[] = [];
    for await (const { entry } of walkTree(WRITER, root)) entries.push(entry);
    assert.is(((entries[0]!.flags ?? 0) & Flag.racy) !== 0, isRacy);
  }
});

test.run();
