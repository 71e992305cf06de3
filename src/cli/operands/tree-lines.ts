/** Lines of `ls-tree` as `make-tree` reads them. */
import {
  type Entry,
  type Kind,
  kindOfMode,
  MOST_TREE_ROWS,
  storedType,
  type TreeRow,
  userType,
  VaultError,
  withOtherFields,
} from '../../index.ts';
import { unquoteBytes } from '../text/quoting.ts';
import { readRecords, shownRecord } from '../text/records.ts';

const LINE = /^([0-7]{1,6}) (blob|tree) ([0-9a-f]{64})(?: ([A-Za-z0-9_-]+))?$/;
const TAB = 0x09;

/** All rows of the input. @throws USAGE for a line that is none, naming its number and text */
export async function readTreeLines(input: AsyncIterable<Uint8Array>, nul: boolean): Promise<TreeRow[]> {
  const rows: TreeRow[] = [];
  for await (const records of readRecords(input, nul)) {
    for (const record of records) {
      if (rows.length === MOST_TREE_ROWS)
        throw new VaultError('USAGE', `a tree is made of ${MOST_TREE_ROWS} lines at most`);
      const where = `line ${rows.length + 1}`;
      try {
        rows.push({ where, entry: readLine(record, nul) });
      } catch (error) {
        throw error instanceof VaultError ? badLine(where, record, error) : error;
      }
    }
  }
  return rows;
}

function readLine(record: Buffer, nul: boolean): Entry {
  const tab = record.indexOf(TAB);
  const match = tab < 0 ? null : LINE.exec(record.toString('latin1', 0, tab));
  if (match === null) throw new VaultError('USAGE', 'it is not <mode> SP <type> SP <id> TAB <name>');
  const [, mode, type, id, full] = match;
  const name = record.subarray(tab + 1);
  const { kind, permissions } = kindOfMode(Number.parseInt(mode!, 8)) ?? noSuchMode(mode!);
  const shown = { name: nul ? Buffer.from(name) : unquoteBytes(name), kind, id: Buffer.from(id!, 'hex') };
  const entry: Entry = full === undefined ? shown : withOtherFields(shown, Buffer.from(full, 'base64url'));
  // The mode that is shown counts; where it shows none, the entry may have none.
  if (permissions !== (entry.mode ?? 0) || full === undefined) entry.mode = permissions;
  if (userType(storedType(entry)) === type) return entry;
  throw new VaultError('USAGE', `mode ${mode} is not that of a ${type}`);
}

function noSuchMode(mode: string): { kind: Kind; permissions: number } {
  throw new VaultError('USAGE', `${mode} is no st_mode`);
}

function badLine(where: string, record: Buffer, { message, hint }: VaultError): VaultError {
  return new VaultError('USAGE', `${where}, ${JSON.stringify(shownRecord(record))}: ${message}`, {
    hint: hint ?? 'lines are those of `vault ls-tree`; nothing was stored',
    subject: where,
  });
}
