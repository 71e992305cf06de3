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

/** The row with every integer and length in the longest form that there is for it. */
export function inLongForms(entry: Entry): Buffer {
  const row = new RowReader(writeRows(entry));
  const parts: Buffer[] = [Buffer.from([0xdd, 0, 0, 0, row.array('an entry')])];
  while (row.remaining > 0) {
    const start = row.position;
    row.skip(1);
    parts.push(longForm(row.bytes.subarray(start, row.position)));
  }
  return Buffer.concat(parts);
}

function longForm(value: Buffer): Buffer {
  const token = value[0]!;
  if (token < 0x80) return Buffer.from([0xcf, 0, 0, 0, 0, 0, 0, 0, token]);
  if (token === 0xcd) return Buffer.concat([Buffer.from([0xce, 0, 0]), value.subarray(1)]);
  if (token === 0xc4) return Buffer.concat([Buffer.from([0xc6, 0, 0, 0]), value.subarray(1)]);
  return value;
}
