/**
 * Brings the index up to the packs: what is not recorded is, what is gone is dropped.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { type Backend, isSync } from '../backend/backend.ts';
import { PACK_PREFIX, packKey, parsePackKey } from '../layout.ts';
import { rowId, rowLength, rowType } from '../pack/object-table.ts';
import { type PackContents, visitObjects } from '../pack/pack.ts';
import { readContents } from '../pack/pack-reader.ts';
import { spaceOfPack } from '../space.ts';
import { type IndexDb, type IndexReader, type IndexWriter, keyAfter, prefixRange } from './db.ts';
import {
  COUNTERS_KEY,
  type Counters,
  DUPLICATES,
  decodeCounters,
  decodePackRecord,
  duplicateKey,
  ENTRY_LENGTH,
  encodeCounters,
  encodeEntry,
  encodePackRecord,
  entryOrdinal,
  NAMES,
  nameOfKey,
  objectKey,
  packNameKey,
  packRecordKey,
  spacePrefix,
} from './entry.ts';
import { BrokenIndex } from './folder.ts';

export interface RefreshProgress {
  /** packs recorded so far, and to record in all */
  done: number;
  total: number;
  /** it began with an empty index */
  rebuild: boolean;
}

export interface RefreshResult {
  recorded: number;
  gone: number;
  /** packs that could not be recorded, and why: their objects cannot be read */
  damaged: { pack: string; error: VaultError }[];
}

export interface RefreshOptions {
  onProgress?: (progress: RefreshProgress) => void;
  signal?: AbortSignal;
}

/** Entries taken in one slice. */
const PAGE = 4096;

/** Footers read at once from a remote backend. */
const READ_AHEAD = 8;

/** Times that a refresh begins anew because others have replaced the index meanwhile. */
const MAX_TRIES = 4;

/** Void entries are cleared when there are so many, and more than half of all: so clearing costs less than recording did. */
const MIN_STALE = 10_000;

/**
 * Records every pack of a listing made now, drops those that are gone, and marks the index as complete.
 * @throws what listing and reading packs throws, but for damaged ones; errors of `IndexDb`; ABORTED
 */
export async function refreshIndex(
  db: IndexDb,
  backend: Backend,
  options: RefreshOptions,
): Promise<RefreshResult> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const { generation, complete } = await db.read((r) => ({
      generation: r.generation,
      complete: r.complete,
    }));
    const { missing, gone } = await comparePacks(db, backend);
    const damaged: RefreshResult['damaged'] = [];
    let done = 0;
    const report = () => options.onProgress?.({ done, total: missing.length, rebuild: !complete });
    if (missing.length > 0) report();
    for await (const { pack, contents, error } of readAhead(backend, missing)) {
      assertNotAborted(options.signal);
      if (contents) await db.write((writer) => recordPack(writer, pack, contents));
      else if (error) damaged.push({ pack, error });
      done++;
      report();
    }
    await dropPacks(db, backend, gone);
    if (await db.markComplete(generation))
      return { recorded: done - damaged.length, gone: gone.length, damaged };
  }
  throw neverComplete(db);
}

/** What says that others throw the index away as fast as it is made. */
export function neverComplete({ path }: IndexDb): VaultError {
  return new VaultError('BUSY', `the index ${path} is thrown away by others again and again`, {
    hint: 'see which other vault commands run; only one of them should rebuild the index',
    subject: path,
  });
}

/**
 * Records a pack: with all its objects, or, when it is recorded already, nothing. The last recorded place of an object
 * is the one that is found first (gc's copies are newer than what they replace); the others are kept behind it.
 */
export function recordPack(writer: IndexWriter, pack: string, contents: PackContents): void {
  const nameKey = packNameKey(pack);
  if (writer.get(nameKey)) return;
  const counters = decodeCounters(writer.get(COUNTERS_KEY));
  const ordinal = counters.nextOrdinal;
  if (writer.get(packRecordKey(ordinal))) throw new BrokenIndex('its counters are behind its packs');
  const { kind, size, objects } = contents;
  const space = spaceOfPack(kind);
  const value = Buffer.allocUnsafe(ENTRY_LENGTH);
  let count = 0;
  visitObjects(contents, (row, blockOffset, blockLength, blockRawLength, offset) => {
    const key = objectKey(space, rowId(objects, row));
    const before = writer.get(key);
    if (before && writer.get(packRecordKey(entryOrdinal(before)))) {
      writer.put(duplicateKey(key, entryOrdinal(before)), before);
    }
    const length = rowLength(objects, row);
    encodeEntry(value, {
      ordinal,
      blockOffset,
      blockLength,
      blockRawLength,
      offset,
      length,
      type: rowType(objects, row),
    });
    writer.put(key, value);
    count++;
  });
  writer.put(packRecordKey(ordinal), encodePackRecord({ pack, kind, size, objects: count }));
  const name = Buffer.allocUnsafe(4);
  name.writeUInt32BE(ordinal);
  writer.put(nameKey, name);
  putCounters(writer, { ...counters, nextOrdinal: ordinal + 1, objects: counters.objects + count });
}

/** What a listing has and the index has not, and the reverse; both in ascending order of names. */
export async function comparePacks(
  db: IndexDb,
  backend: Backend,
): Promise<{ missing: { pack: string; size: number }[]; gone: string[] }> {
  const missing: { pack: string; size: number }[] = [];
  const gone: string[] = [];
  const recorded = recordedPacks(db);
  let next = await recorded.next();
  for await (const { key, size } of backend.list(PACK_PREFIX)) {
    const pack = parsePackKey(key);
    if (pack === undefined) continue;
    for (; !next.done && next.value < pack; next = await recorded.next()) gone.push(next.value);
    if (!next.done && next.value === pack) next = await recorded.next();
    else missing.push({ pack, size });
  }
  for (; !next.done; next = await recorded.next()) gone.push(next.value);
  return { missing, gone };
}

/** Names of the packs that the index knows, ascending. */
export async function* recordedPacks(db: IndexDb): AsyncGenerator<string, undefined> {
  const range = prefixRange(NAMES);
  for (;;) {
    const page = await db.read((reader) => reader.entries(range, PAGE));
    for (const [key] of page) yield nameOfKey(key);
    if (page.length < PAGE) return undefined;
    range.gte = keyAfter(page.at(-1)![0]);
  }
}

interface ReadPack {
  pack: string;
  contents?: PackContents;
  error?: VaultError;
}

/** Contents of packs in order; neither contents nor error for a pack that is gone again. */
async function* readAhead(
  backend: Backend,
  packs: { pack: string; size: number }[],
): AsyncGenerator<ReadPack> {
  const ahead = isSync(backend) ? 1 : READ_AHEAD;
  const reading: Promise<ReadPack>[] = [];
  for (let next = 0; next < packs.length || reading.length > 0; ) {
    while (next < packs.length && reading.length < ahead) {
      const { pack, size } = packs[next++]!;
      const read = readOne(backend, pack, size);
      read.catch(() => undefined); // an earlier one may fail first; then nobody waits for this one
      reading.push(read);
    }
    yield await reading.shift()!;
  }
}

async function readOne(backend: Backend, pack: string, size: number): Promise<ReadPack> {
  try {
    return { pack, contents: await readContents(backend, pack, size) };
  } catch (error) {
    if (isVaultError(error, 'NOT_FOUND')) return { pack };
    if (isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) return { pack, error };
    throw error;
  }
}

/** Drops packs that are gone indeed: one that another process published after the listing is not. */
async function dropPacks(db: IndexDb, backend: Backend, packs: string[]): Promise<void> {
  for (const pack of packs) {
    if ((await backend.size(packKey(pack))) !== undefined) continue;
    await db.write((writer) => {
      const name = packNameKey(pack);
      const ordinal = writer.get(name);
      if (!ordinal) return;
      const recordKey = packRecordKey(ordinal.readUInt32BE());
      const record = writer.get(recordKey);
      const counters = decodeCounters(writer.get(COUNTERS_KEY));
      const stale = counters.stale + (record ? decodePackRecord(record).objects : 0);
      writer.del(name);
      writer.del(recordKey);
      putCounters(writer, { ...counters, stale });
    });
  }
  const { stale, objects } = decodeCounters(await db.read((reader) => reader.get(COUNTERS_KEY)));
  if (stale >= MIN_STALE && stale * 2 > objects) await clearVoid(db);
}

/** Removes the entries of packs that are gone, page by page; a further place of the same object takes over. */
async function clearVoid(db: IndexDb): Promise<void> {
  const { stale } = decodeCounters(await db.read((reader) => reader.get(COUNTERS_KEY)));
  for (const prefix of [DUPLICATES, spacePrefix('meta'), spacePrefix('chunk')]) {
    const range = prefixRange(prefix);
    for (let more = true; more; ) {
      more = await db.write(async (writer) => {
        const page = await writer.entries(range, PAGE);
        for (const [key, value] of page) await clearIfVoid(writer, key, value);
        if (page.length > 0) range.gte = keyAfter(page.at(-1)![0]);
        return page.length === PAGE;
      });
    }
  }
  await db.write((writer) => {
    const counters = decodeCounters(writer.get(COUNTERS_KEY));
    const objects = Math.max(0, counters.objects - stale);
    putCounters(writer, { ...counters, objects, stale: Math.max(0, counters.stale - stale) });
  });
}

async function clearIfVoid(writer: IndexWriter, key: Buffer, value: Buffer): Promise<void> {
  if (isPack(writer, entryOrdinal(value))) return;
  writer.del(key);
  if (key[0] === DUPLICATES[0]) return;
  for (const [further, place] of await writer.entries(prefixRange(duplicateKey(key)), PAGE)) {
    if (!isPack(writer, entryOrdinal(place))) continue;
    writer.put(key, place);
    writer.del(further);
    return;
  }
}

function isPack(reader: IndexReader, ordinal: number): boolean {
  return reader.get(packRecordKey(ordinal)) !== undefined;
}

function putCounters(writer: IndexWriter, counters: Counters): void {
  writer.put(COUNTERS_KEY, encodeCounters(counters));
}

function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new VaultError('ABORTED', 'interrupted while the index was refreshed', { cause: signal.reason });
}
