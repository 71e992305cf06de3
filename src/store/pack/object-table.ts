/**
 * Tables of objects as they stand in a pack's footer: 37 bytes a row, in the order of the objects in their blocks.
 *
 *     id 32 · type u8 · length u32 BE
 */
import { ID_LENGTH, type Id, type ObjectType } from '../id.ts';
import type { BlockObject } from '../store.ts';

export const ROW_LENGTH = 37;

const TYPE = ID_LENGTH;
const LENGTH = ID_LENGTH + 1;

export function encodeRows(objects: readonly BlockObject[]): Buffer {
  const table = Buffer.allocUnsafeSlow(objects.length * ROW_LENGTH);
  let at = 0;
  for (const { id, type, length } of objects) {
    table.set(id, at);
    table[at + TYPE] = type;
    table.writeUInt32BE(length, at + LENGTH);
    at += ROW_LENGTH;
  }
  return table;
}

/** A view of row i's id. */
export function rowId(table: Buffer, i: number): Id {
  return table.subarray(i * ROW_LENGTH, i * ROW_LENGTH + ID_LENGTH);
}

export function rowType(table: Buffer, i: number): ObjectType {
  return table[i * ROW_LENGTH + TYPE] as ObjectType;
}

export function rowLength(table: Buffer, i: number): number {
  return table.readUInt32BE(i * ROW_LENGTH + LENGTH);
}
