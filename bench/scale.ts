/**
 * Memory at sizes that no tree at hand has: many objects, many files in a folder, many snapshots.
 *
 *   node bench/scale.ts [--objects N] [--files N] [--snapshots N] [--work DIR]
 *
 * Each number that is given makes a vault of that size in `DIR/scale-…` (once; remove it to have it made again) and measures commands
 * on it. Objects and snapshots are made through the engine, in one transaction each, files as empty ones. Prints a Markdown table.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ListBuilder } from '../src/objects/list.ts';
import { Flag, Kind, type Snapshot } from '../src/objects/model.ts';
import { encodeSnapshot, readSnapshot } from '../src/objects/snapshot.ts';
import { storeChanges } from '../src/objects/store-changes.ts';
import { TreeBuilder } from '../src/objects/tree.ts';
import { formatTime } from '../src/refs/dates.ts';
import { ID_LENGTH, type Id, ObjectType } from '../src/store/id.ts';
import { refKey } from '../src/store/layout.ts';
import type { StoreWriter } from '../src/store/object-store/object-writer.ts';
import { createRecord } from '../src/store/record.ts';
import { hostEnvironment } from '../src/vault/environment-host.ts';
import { openVault } from '../src/vault/open.ts';
import type { Repository } from '../src/vault/repository.ts';
import { storeByHand } from '../src/vault/transaction/stored-by-hand.ts';
import { sealBlocks } from '../src/workers/seal-blocks.ts';
import { measure, run } from './measure.ts';

const BIN = resolve(import.meta.dirname, '../bin/vault.js');
/** Bytes of each of many chunks: their ids are what takes room. */
const CHUNK_BYTES = 16;
const CHUNKS_AT_ONCE = 4096;
/** Every so many snapshots `small` has changed. */
const CHANGES_EVERY = 10_000;

const { values } = parseArgs({
  options: {
    objects: { type: 'string' },
    files: { type: 'string' },
    snapshots: { type: 'string' },
    work: { type: 'string', default: join(import.meta.dirname, '.cache') },
  },
});

/** A folder with a vault in it. */
interface Subject {
  folder: string;
  /** commands to measure */
  commands: string[][];
}

async function prepared(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = resolve(values.work, name);
  if (existsSync(folder)) return folder;
  rmSync(`${folder}.new`, { recursive: true, force: true });
  mkdirSync(`${folder}.new`, { recursive: true });
  await make(`${folder}.new`);
  renameSync(`${folder}.new`, folder);
  return folder;
}

function vault(folder: string, ...args: string[]): string {
  return run({ argv: [process.execPath, BIN, ...args], cwd: folder, env: HOME });
}

const HOME = { HOME: resolve(values.work), XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', VAULT_DIR: '' };

async function withVault<T>(folder: string, use: (repository: Repository) => Promise<T>): Promise<T> {
  const place = { store: join(folder, '.vault'), root: Buffer.from(folder), line: 'main' };
  const repository = await openVault({ ...place, environment: hostEnvironment(join(folder, '.cache')) });
  try {
    return await use(repository);
  } finally {
    await repository.close();
  }
}

/** One file of many tiny chunks, all reachable from a tag. */
async function manyObjects(count: number): Promise<Subject> {
  const folder = await prepared(`scale-objects-${count}`, async (folder) => {
    writeFileSync(join(folder, 'small'), 'small\n');
    vault(folder, 'snapshot', '--init', '-q');
    const tree = await withVault(folder, (repository) => storeTree(repository, count));
    const snapshot = vault(folder, 'make-snapshot', '-m', 'many objects', tree).trim();
    vault(folder, 'tag', 'many', snapshot);
  });
  const small = ['check', 'gc --dry-run', 'snapshot -q', 'stats', 'cat-object -t HEAD', 'rebuild-index'];
  return { folder, commands: [...small.map((line) => line.split(' ')), ['cat', 'many:file']] };
}

/** The id of a tree whose one file has `count` chunks. */
async function storeTree(repository: Repository, count: number): Promise<string> {
  const { ids } = await storeByHand(repository, async ({ writer }) => {
    const put = (type: ObjectType, encoding: Uint8Array) => writer.putMeta(type, encoding);
    const list = new ListBuilder(put);
    for (let at = 0; at < count; at += CHUNKS_AT_ONCE) {
      await storeChunks(repository, writer, list, at, Math.min(CHUNKS_AT_ONCE, count - at));
    }
    const { id } = await list.finish();
    const tree = new TreeBuilder(put);
    const size = count * CHUNK_BYTES;
    await tree.add({ name: Buffer.from('file'), kind: Kind.file, id, mode: 0o644, size, flags: Flag.list });
    return { ids: [(await tree.finish()).id] };
  });
  return ids[0]!.toString('hex');
}

async function storeChunks(
  { store, config }: Repository,
  writer: StoreWriter,
  list: ListBuilder,
  first: number,
  count: number,
): Promise<void> {
  const raw = Buffer.alloc(count * CHUNK_BYTES);
  for (let i = 0; i < count; i++) raw.writeDoubleBE(first + i + 1, i * CHUNK_BYTES);
  const chunks = Array.from({ length: count }, (_, i) =>
    raw.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  );
  const ids = Buffer.concat(store.ids.chunks(chunks));
  const lengths = new Uint32Array(count).fill(CHUNK_BYTES);
  const starts = lengths.map((length, i) => i * length);
  await writer.claimChunks(ids);
  const { chunker, compression, block } = config;
  const settings = { chunker, level: compression.level, blockTarget: block.target };
  for (const sealed of sealBlocks(raw, { ids, starts, lengths }, [...lengths.keys()], settings)) {
    const objects = Array.from(sealed.lengths, (length, i) => ({
      id: Buffer.from(sealed.ids.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH)) as Id,
      type: ObjectType.chunk,
      length,
    }));
    await writer.addBlock({ bytes: Buffer.from(sealed.bytes), rawLength: sealed.rawLength, objects });
  }
  for (let i = 0; i < count; i++) {
    const flushed = list.add({
      id: ids.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH) as Id,
      length: CHUNK_BYTES,
    });
    if (flushed) await flushed;
  }
}

async function manyFiles(count: number): Promise<Subject> {
  const folder = await prepared(`scale-files-${count}`, async (folder) => {
    for (let i = 0; i < count; i++) writeFileSync(join(folder, `file-${String(i).padStart(9, '0')}`), '');
    vault(folder, 'init');
  });
  rmSync(join(folder, '.vault'), { recursive: true, force: true });
  vault(folder, 'init');
  const out = resolve(values.work, 'scale-out');
  rmSync(out, { recursive: true, force: true });
  const commands = [
    'snapshot -q',
    'snapshot -q',
    'ls -r',
    'diff HEAD~1 HEAD',
    'status',
    `restore HEAD --to ${out}`,
  ];
  return { folder, commands: commands.map((line) => line.split(' ')) };
}

/** A line of many snapshots of two trees in turn. */
async function manySnapshots(count: number): Promise<Subject> {
  const folder = await prepared(`scale-snapshots-${count}`, async (folder) => {
    writeFileSync(join(folder, 'small'), 'small\n');
    vault(folder, 'snapshot', '--init', '-q');
    writeFileSync(join(folder, 'small'), 'changed\n');
    vault(folder, 'snapshot', '-q');
    await withVault(folder, (repository) => storeLine(repository, count));
  });
  const lines = [
    'log -n 10',
    'log --oneline',
    'log -- small',
    'log -- small',
    'rev-parse HEAD~50',
    'check',
    'gc --dry-run',
    'forget --keep-last=100',
    'snapshot -q',
  ];
  return { folder, commands: lines.map((line) => line.split(' ')) };
}

async function storeLine(repository: Repository, count: number): Promise<void> {
  const { refs, store } = repository;
  const head = await refs.current('heads', 'main');
  const second = Buffer.from(head!.target!, 'hex') as Id;
  const start = await readSnapshot(store, second);
  const trees: Snapshot[] = [start, await readSnapshot(store, start.parents[0]!)];
  const made: Id[] = [];
  await storeByHand(repository, async ({ writer }) => {
    const unchanged = (await storeChanges(writer, start.tree, start.tree)).id;
    let parent = second;
    for (let i = start.generation + 1; i < count; i++) {
      const [from, to] = trees as [Snapshot, Snapshot];
      const isOther = i % CHANGES_EVERY === 0;
      if (isOther) trees.reverse();
      const { tree, root } = isOther ? to : from;
      const changes = isOther ? (await storeChanges(writer, from.tree, tree)).id : unchanged;
      const own = { parents: [parent], generation: i, changes, timeS: start.timeS + i };
      parent = await writer.putMeta(ObjectType.snapshot, encodeSnapshot({ ...start, tree, root, ...own }));
      made.push(parent);
    }
    return { ids: [parent] };
  });
  const { seq, nonce: _n, txn: _t, ...body } = head!;
  for (const [i, id] of made.entries()) {
    const time = formatTime(BigInt(start.timeS + i + 1) * 1_000_000_000n);
    const record = { type: body.type, who: body.who, host: body.host, message: 'snapshot', time };
    const line = body.line && { line: body.line };
    const place = { namespace: 'heads', name: 'main', seq: seq + 1 + i };
    // `RefStore.append` lists the line's records each time, which a snapshot does once.
    const nonce = i.toString(16).padStart(16, '0');
    const key = refKey(place.namespace, place.name, place.seq);
    await createRecord(repository.backend, key, {
      ...place,
      ...record,
      ...line,
      target: id.toString('hex'),
      nonce,
    });
  }
}

async function report(title: string, { folder, commands }: Subject): Promise<void> {
  console.log(`\n${title}\n\n| command | wall s | CPU s | peak MB |\n|---|--:|--:|--:|`);
  for (const args of commands) {
    const sample = await measure({
      argv: [process.execPath, BIN, ...args],
      cwd: folder,
      env: HOME,
      ok: [1, 8],
    });
    const figures = [sample.wall.toFixed(2), sample.cpu?.toFixed(2), sample.treeMB?.toFixed(0)];
    console.log(`| ${args.join(' ').replace(resolve(values.work), '…')} | ${figures.join(' | ')} |`);
  }
}

mkdirSync(values.work, { recursive: true });
if (values.objects) await report(`${values.objects} objects`, await manyObjects(Number(values.objects)));
if (values.files) await report(`${values.files} files in a folder`, await manyFiles(Number(values.files)));
if (values.snapshots)
  await report(`${values.snapshots} snapshots`, await manySnapshots(Number(values.snapshots)));
