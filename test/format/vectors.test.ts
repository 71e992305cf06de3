/**
 * Appendix A of `docs/format.md`. Each vector is checked three times: the code makes and reads it, the independent
 * reader reads it, and the document shows it.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChangesBuilder, readChanges } from '../../src/objects/changes.ts';
import { createChunker } from '../../src/objects/chunker.ts';
import { type Encodable, encode, int } from '../../src/objects/encoding.ts';
import { readEntry as readRow, writeEntry } from '../../src/objects/entry-row.ts';
import { gearTable } from '../../src/objects/gear.ts';
import { contentChunks, ListBuilder } from '../../src/objects/list.ts';
import type { Entry } from '../../src/objects/model.ts';
import { RowReader } from '../../src/objects/row-reader.ts';
import { RowWriter } from '../../src/objects/row-writer.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/objects/snapshot.ts';
import { hashKey, readTree, TreeBuilder } from '../../src/objects/tree.ts';
import { type Id, ObjectType } from '../../src/store/id.ts';
import { escapeRefName, unescapeRefName } from '../../src/store/layout.ts';
import { openBlock as openBlockByCode, sealBlock } from '../../src/store/pack/block.ts';
import { decodeRecord, encodeRecord } from '../../src/store/record.ts';
import * as arbitrary from '../objects/arbitraries.ts';
import { collect, MemoryStore } from '../objects/memory-store.ts';
import {
  decodeValue,
  escapeName,
  objectId,
  openBlock,
  type ReadEntry,
  readEntry,
  readPage,
  readRecord,
  readRows,
  readSnapshot,
  sha256,
} from './reader.mjs';
import * as samples from './samples.ts';
import vectors from './vectors.json' with { type: 'json' };
import { cut, encodeValue, gear, nameHash, pageLengths, type Value } from './writer-rules.ts';

const fromHex = (hex: string) => Buffer.from(hex, 'hex');
const document = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');
const unspaced = document.replaceAll(/\s/g, '');

/** Fails unless the appendix has these bytes, on however many lines. */
function isShown(text: string): void {
  const wanted = text.replaceAll(/\s/g, '');
  assert.ok(unspaced.includes(wanted), `docs/format.md does not show ${text.slice(0, 100)}`);
}

/** What the independent reader gives, as the code has it. */
function asEntry({ device, flags, xattrs, ext, ...fields }: ReadEntry): Entry {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const entry: Record<string, unknown> = Object.fromEntries(present);
  if (device) Object.assign(entry, { rdevMajor: device[0], rdevMinor: device[1] });
  if (flags !== 0) entry.flags = flags;
  if (xattrs.length > 0) entry.xattrs = xattrs;
  if (ext.length > 0) entry.ext = ext;
  return entry as unknown as Entry;
}

async function finish<T extends { id: Id }, Row>(
  builder: { add(row: Row): void | Promise<void>; finish(): Promise<T> },
  rows: readonly Row[],
): Promise<string> {
  for (const row of rows) {
    const flushed = builder.add(row);
    if (flushed) await flushed;
  }
  return (await builder.finish()).id.toString('hex');
}

const bytesIn = (store: MemoryStore, type: ObjectType, id: string) =>
  store.objects.get(`${type} ${id}`)!.toString('hex');

test('integers', () => {
  assert.is(samples.integers.length, Object.keys(vectors.integers).length);
  for (const value of samples.integers) {
    const hex = (vectors.integers as Record<string, string>)[String(value)]!;
    assert.is(encode(int(value)).toString('hex'), hex);
    assert.is(encodeValue(value).toString('hex'), hex);
    assert.is(decodeValue(fromHex(hex)), value);
    assert.match(document, new RegExp(`\\| ${value} \\| \`${hex}\` \\|`));
  }
});

test('components of keys', () => {
  for (const name of samples.components) {
    const component = (vectors.components as Record<string, string>)[name]!;
    assert.is(escapeRefName(name), component);
    assert.is(unescapeRefName(component), name);
    assert.is(escapeName(name), component);
    isShown(`| \`${name}\` | \`${component}\` |`);
  }
});

test('records', () => {
  const records = Object.entries(vectors.store).filter(([key]) => !key.startsWith('objects/'));
  assert.is(records.length, 4);
  for (const [key, text] of records) {
    const record = readRecord(key, Buffer.from(text));
    assert.equal(decodeRecord(key, Buffer.from(text)), record);
    assert.is(encodeRecord(key, record).toString(), text);
    isShown(text);
  }
});

test('blocks', () => {
  for (const [name, { bytes: hex, text }] of Object.entries(vectors.blocks)) {
    const bytes = fromHex(hex);
    const raw = Buffer.from(text);
    assert.is(openBlock(bytes, raw.length).toString(), text);
    assert.is(openBlockByCode(bytes, raw.length, name).toString(), text);
    isShown(hex);
    // What zstd makes of the bytes may differ with its version, what it gives back may not.
    if (name === 'zstd') continue;
    const object = { id: sha256(raw), type: ObjectType.chunk, length: raw.length };
    assert.is(Buffer.from(sealBlock([object], raw, 3).bytes).toString('hex'), hex);
  }
});

test('entries', () => {
  for (const [name, entry] of Object.entries(samples.entries)) {
    const hex = (vectors.entries as Record<string, string>)[name]!;
    const out = new RowWriter(1);
    writeEntry(entry, out);
    assert.is(out.written.toString('hex'), hex, name);
    assert.equal(readRow(new RowReader(fromHex(hex))), entry, name);
    const fields = decodeValue(fromHex(hex));
    assert.equal(asEntry(readEntry(fields)), entry, name);
    assert.is(encodeValue(fields as Value).toString('hex'), hex, name);
    isShown(hex);
  }
});

test('trees, lists and changes', async () => {
  const store = new MemoryStore();
  const { tree, list, changes } = vectors.objects;
  const empty = vectors.objects['empty tree'];
  assert.is(await finish(new TreeBuilder(store.put), []), empty.id);
  assert.is(await finish(new TreeBuilder(store.put), samples.treeRows), tree.id);
  assert.is(await finish(new ListBuilder(store.put), samples.listRows), list.id);
  assert.is(await finish(new ChangesBuilder(store.put), samples.changes), changes.id);
  assert.is(bytesIn(store, ObjectType.tree, empty.id), empty.bytes);
  assert.is(bytesIn(store, ObjectType.tree, tree.id), tree.bytes);
  assert.is(bytesIn(store, ObjectType.list, list.id), list.bytes);
  assert.is(bytesIn(store, ObjectType.changes, changes.id), changes.bytes);
  assert.equal((await collect(readTree(store, fromHex(tree.id)))).flat(), samples.treeRows);
  assert.equal((await collect(readChanges(store, fromHex(changes.id)))).flat(), samples.changes);
  const chunks = await collect(contentChunks(store, fromHex(list.id), true));
  assert.equal(
    chunks.map(({ id, length }) => ({ id, length })),
    samples.listRows,
  );
  assert.equal(readPage(3, fromHex(tree.bytes)).rows.map(asEntry), samples.treeRows);
  assert.equal(readPage(2, fromHex(list.bytes)).rows, samples.listRows);
  assert.equal(readPage(5, fromHex(changes.bytes)).rows, samples.changes);
});

test('snapshots', () => {
  for (const [name, snapshot] of Object.entries(samples.snapshots)) {
    const { id, bytes } = (vectors.objects as Record<string, { id: string; bytes: string }>)[
      `snapshot ${name}`
    ]!;
    assert.is(encodeSnapshot(snapshot).toString('hex'), bytes, name);
    assert.equal(decodeSnapshot(fromHex(bytes), fromHex(id)), snapshot, name);
    const { root, stats, ext, ...fields } = readSnapshot(fromHex(bytes));
    const { root: expectedRoot, stats: expectedStats, ext: expectedExt, ...expected } = snapshot;
    assert.equal(JSON.stringify(sorted(fields)), JSON.stringify(sorted(expected)), name);
    assert.equal(asEntry(root), expectedRoot, name);
    assert.equal(stats, Object.values(expectedStats), name);
    assert.equal(ext, expectedExt ?? [], name);
  }
});

function sorted(fields: object): [string, unknown][] {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return present.sort(([a], [b]) => (a < b ? -1 : 1));
}

test('ids', () => {
  const types = { list: 2, tree: 3, changes: 5 } as Record<string, number>;
  for (const [name, { id, bytes }] of Object.entries(vectors.objects)) {
    const type = types[name.split(' ').at(-1)!] ?? 4;
    assert.is(objectId(type, fromHex(bytes)).toString('hex'), id, name);
    assert.is(encodeValue(decodeValue(fromHex(bytes)) as Value).toString('hex'), bytes, name);
    isShown(id);
    isShown(bytes);
  }
  assert.is(objectId(1, Buffer.from('hello\n')).toString('hex'), samples.idOf('hello\n').toString('hex'));
});

test('where pages end', async () => {
  const { tree, list } = vectors.pages;
  const store = new MemoryStore();
  assert.is(await finish(new TreeBuilder(store.put), samples.numbered(3000)), tree.id);
  assert.is(bytesIn(store, ObjectType.tree, tree.id), tree.page);
  assert.is(await finish(new ListBuilder(store.put), samples.numberedChunks(3000)), list.id);
  const fetch = (type: number, id: Buffer) => fromHex(bytesIn(store, type as ObjectType, id.toString('hex')));
  const namesOf = (row: { name: Buffer }) => row.name.toString();
  assert.equal([...readRows(fetch, 3, fromHex(tree.id))].map(namesOf), samples.numbered(3000).map(namesOf));
  assert.equal([...readRows(fetch, 2, fromHex(list.id))], samples.numberedChunks(3000));
  const names = samples.numbered(3000).map(({ name }) => ({ key: name, bytes: 65 }));
  assert.equal(pageLengths(names, nameHash(0)), tree.rows);
  const ids = samples.numberedChunks(3000).map(({ id }) => ({ key: id, bytes: 38 }));
  assert.equal(
    pageLengths(ids, (id) => id),
    list.rows,
  );
  for (const [type, { rows, id }] of [[3, tree] as const, [2, list] as const]) {
    const page = readPage(type, fetch(type, fromHex(id)));
    assert.is(page.level, 1);
    assert.equal(
      page.rows.map((child) => child.rows),
      rows,
    );
    isShown(rows.join(', '));
    isShown(id);
  }
});

test('pages of long rows, and a list of three levels', async () => {
  const store = new MemoryStore();
  const value = Buffer.alloc(4096, 1);
  const xattrs = ['a', 'b', 'c', 'd'].map((name) => ({ name: Buffer.from(name), value }));
  const rows = samples.numbered(700).map((entry) => ({ ...entry, xattrs }));
  const root = await finish(new TreeBuilder(store.put), rows);
  const fetch = (type: number, id: Buffer) => fromHex(bytesIn(store, type as ObjectType, id.toString('hex')));
  const out = new RowWriter(1);
  writeEntry(rows[0]!, out);
  const long = rows.map(({ name }) => ({ key: name, bytes: out.length }));
  const pages = readPage(3, fetch(3, fromHex(root))).rows.map((child) => child.rows);
  assert.equal(pages, pageLengths(long, nameHash(0)));
  assert.ok(pages.length > 2);
  // One chunk over and over, whose id ends every page that may end.
  let number = 0;
  while (samples.idOf(String(number))[3] !== 0) number++;
  const chunk = { id: samples.idOf(String(number)), length: 1 };
  const same = Array.from({ length: 20_000 }, () => chunk);
  const list = fromHex(await finish(new ListBuilder(store.put), same));
  assert.is(readPage(2, fetch(2, list)).level, 2);
  assert.equal([...readRows(fetch, 2, list)], same);
});

test('where contents are cut', () => {
  const table = gear();
  assert.equal(
    [...gearTable()],
    table.map((word) => word | 0),
  );
  const bytes = Buffer.alloc(1024);
  for (const [i, word] of table.entries()) bytes.writeUInt32BE(word, i * 4);
  assert.is(bytes.toString('hex', 0, 32), vectors.chunker.gear);
  assert.is(sha256(bytes).toString('hex'), vectors.chunker.gearSha256);
  isShown(vectors.chunker.gear);
  isShown(vectors.chunker.gearSha256);
  const noise = samples.noise(4_194_304);
  for (const { length, lengths, ...parameters } of vectors.chunker.cuts) {
    const content = noise.subarray(0, length);
    assert.equal(cut(content, parameters), lengths);
    const chunker = createChunker(parameters);
    let start = 0;
    const found: number[] = [];
    while (start < length) {
      const end = chunker.next(content, start, length, true);
      found.push(end - start);
      start = end;
    }
    assert.equal(found, lengths);
    isShown(lengths.join(', '));
  }
});

test('the hash of boundaries counts the level in', () => {
  for (const level of [0, 1, 7]) {
    for (const name of ['a', 'name', '\xff']) {
      const key = Buffer.from(name, 'latin1');
      assert.is(hashKey(level, key), nameHash(level)(key).readUInt32BE());
    }
  }
});

test('property: whatever entry the code writes, the reader reads it, and it is the shortest', () => {
  fc.assert(
    fc.property(arbitrary.entry, (entry) => {
      const out = new RowWriter(1);
      writeEntry(entry, out);
      const fields = decodeValue(Buffer.from(out.written));
      assert.is(encodeValue(fields as Value).toString('hex'), out.written.toString('hex'));
      const read = asEntry(readEntry(fields));
      const code = readRow(new RowReader(Buffer.from(out.written)));
      // Seconds that no Number holds are rounded by the code, as the file system's were.
      for (const field of ['mtimeS', 'ctimeS', 'btimeS'] as const) {
        if (read[field] !== undefined) read[field] = Number(read[field]);
      }
      if (code.flags === 0) delete code.flags;
      if (code.xattrs?.length === 0) delete code.xattrs;
      assert.equal(read, code);
    }),
    { numRuns: 300 },
  );
});

test('what the encoding forbids', () => {
  const forbidden = ['80', 'c1', 'ca00000000', 'd40000', '', '0000', '91', 'c402', `${'91'.repeat(8)}90`];
  for (const hex of forbidden) assert.throws(() => decodeValue(fromHex(hex)), /./, hex);
  assert.equal(decodeValue(fromHex(`${'91'.repeat(7)}90`)), [[[[[[[[]]]]]]]]);
  const long: Encodable[] = Array(16).fill('x'.repeat(32));
  assert.is(encode(long).toString('hex'), encodeValue(long as Value).toString('hex'));
});

test.run();
