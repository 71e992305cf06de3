/** Entries as the rows of a page, by the fast writer and reader. */
import { readEntry, writeEntry } from '../../src/objects/entry-row.ts';
import type { Entry } from '../../src/objects/model.ts';
import { RowReader } from '../../src/objects/row-reader.ts';
import { RowWriter } from '../../src/objects/row-writer.ts';

export function writeRows(...entries: Entry[]): Buffer {
  const out = new RowWriter(1);
  for (const entry of entries) writeEntry(entry, out);
  return Buffer.from(out.written);
}

/** The one entry that `bytes` hold, and nothing else. */
export function readRow(bytes: Buffer): Entry {
  const row = new RowReader(bytes);
  const entry = readEntry(row);
  row.end();
  return entry;
}
