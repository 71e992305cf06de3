/** Changes to a store's files that no program makes, and what a vault must say of each. */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  applyForget,
  checkVault,
  isVaultError,
  ObjectType,
  planForgetByName,
  setTag,
} from '../../src/index.ts';
import { packKey } from '../../src/store/layout.ts';
import { contentOf, entriesOf, type Kept, type Taken, take } from '../vault/kept.ts';
import { bytesOf } from './scenario.ts';

/** File of the store → its bytes; undefined: it is gone. */
export interface Change {
  name: string;
  files: Map<string, Buffer | undefined>;
}

export interface RotVault {
  /** without index and temporary files */
  files: Map<string, Buffer>;
  /** packs that only a forgotten snapshot needs: any loss of them is none */
  unneeded: Set<string>;
  /** of each snapshot, path → content */
  contents: { taken: Taken; files: Map<string, Buffer> }[];
}

/** A small vault with every kind of record and object: three snapshots, a tag, a forgotten snapshot, a list of chunks. */
export async function makeRotVault(kept: Kept): Promise<RotVault> {
  const vault = await kept.init();
  const folder = new Map<string, Buffer>();
  const contents: RotVault['contents'] = [];
  for (let n = 0; n < 3; n++) {
    folder.set('a', bytesOf(`a${n}`, 90));
    if (n === 0) folder.set('b', Buffer.from('the same in all'));
    for (const [name, bytes] of folder) writeFileSync(kept.at(name), bytes);
    kept.ahead += 1_000_000_000n;
    contents.push({ taken: await take(vault), files: new Map(folder) });
  }
  await setTag(vault, 'v1', { id: contents[0]!.taken.id, stored: ObjectType.snapshot });
  await applyForget(vault, await planForgetByName(vault, [contents[1]!.taken.id]));
  const lost = (await entriesOf(vault, contents[1]!.taken)).get('a')!;
  const unneeded = new Set([packKey((await vault.store.locate(lost.id, 'chunk'))!.pack)]);
  await kept.close();
  const store = kept.at('.vault');
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
    const name = join(entry.parentPath, entry.name).slice(store.length + 1);
    if (entry.isFile() && !/^(index|tmp)\//.test(name)) files.set(name, readFileSync(join(store, name)));
  }
  return { files, unneeded, contents };
}

export function* bitFlips({ files }: RotVault): Generator<Change> {
  for (const [name, bytes] of files) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      yield { name: `bit ${bit} of ${name}`, files: new Map([[name, changed]]) };
    }
  }
}

export function* truncations({ files }: RotVault): Generator<Change> {
  for (const [name, bytes] of files) {
    for (let length = 0; length < bytes.length; length++) {
      yield { name: `${name} cut to ${length}`, files: new Map([[name, bytes.subarray(0, length)]]) };
    }
    yield {
      name: `${name} with a byte more`,
      files: new Map([[name, Buffer.concat([bytes, Buffer.alloc(1)])]]),
    };
  }
}

/** Each two files exchanged, and each file with the bytes of another: replayed records among them. */
export function* exchanges({ files }: RotVault): Generator<Change> {
  const all = [...files];
  for (const [i, [name, bytes]] of all.entries()) {
    for (const [j, [other, others]] of all.entries()) {
      if (i === j || bytes.equals(others)) continue;
      yield { name: `${name} replaced by ${other}`, files: new Map([[name, others]]) };
      if (i < j)
        yield {
          name: `${name} and ${other} exchanged`,
          files: new Map([
            [name, others],
            [other, bytes],
          ]),
        };
    }
  }
}

/** Each file gone, but for what nothing can tell from never having been: the newest record of a ref, and what is no more needed. */
export function* losses({ files, unneeded }: RotVault): Generator<Change> {
  const newest = new Set<string>();
  const refs = new Set<string>();
  for (const name of [...files.keys()].sort()) {
    if (!name.startsWith('refs/')) continue;
    const ref = name.slice(0, name.lastIndexOf('/'));
    if (!refs.has(ref)) newest.add(name);
    refs.add(ref);
  }
  for (const name of files.keys()) {
    if (newest.has(name) || unneeded.has(name) || name.startsWith('txn/')) continue;
    yield { name: `${name} gone`, files: new Map([[name, undefined]]) };
  }
}

/** Applies a change, asserts that it is found and that no wrong byte is given out, and takes it back. */
export async function assertFound(kept: Kept, rot: RotVault, change: Change): Promise<void> {
  for (const [name, bytes] of change.files) put(kept, name, bytes);
  try {
    assert.ok(await isFound(kept), `${change.name}: not found`);
    await assertExactOrError(kept, rot, change.name);
  } finally {
    for (const name of change.files.keys()) put(kept, name, rot.files.get(name)!);
  }
}

/** By an error of opening, or by the check. */
async function isFound(kept: Kept): Promise<boolean> {
  try {
    const vault = await kept.open();
    const { findings } = await checkVault(vault, { readData: 100 });
    return findings.some(({ damage }) => damage);
  } catch (error) {
    if (isVaultError(error) && error.code !== 'BUG') return true;
    throw error;
  } finally {
    await kept.close();
  }
}

async function assertExactOrError(kept: Kept, { contents }: RotVault, name: string): Promise<void> {
  await orVaultError(async () => {
    const vault = await kept.open();
    for (const { taken, files } of contents) {
      await orVaultError(async () => {
        for (const [path, entry] of await entriesOf(vault, taken)) {
          assert.ok(
            (await contentOf(vault, entry)).equals(files.get(path)!),
            `${name}: other bytes of ${path}`,
          );
        }
      });
    }
  }).finally(() => kept.close());
}

async function orVaultError(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isVaultError(error) || error.code === 'BUG') throw error;
  }
}

function put(kept: Kept, name: string, bytes: Buffer | undefined): void {
  const path = kept.at('.vault', name);
  rmSync(path, { force: true });
  if (bytes === undefined) return;
  writeFileSync(path, bytes);
  chmodSync(path, 0o400);
}
