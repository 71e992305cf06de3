/**
 * Whether a pack is what its name says, down to the last object. The whole of it is looked at: what is wrong in one place
 * does not hide what is wrong in another.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { sha256 } from '../hash/hash.ts';
import { type IdScheme, verifyId } from '../hash/ids.ts';
import { type Id, type ObjectType, typeName } from '../id.ts';
import { openBlock } from './block.ts';
import { rowId, rowLength, rowType } from './object-table.ts';
import {
  type BlockRow,
  blockRows,
  decodeFooter,
  decodeHeader,
  footerLength,
  MAX_PACK_LENGTH,
  PACK_TRAILER_LENGTH,
  type PackContents,
} from './pack.ts';
import { blockName } from './pack-reader.ts';

export interface PackFault {
  kind:
    | 'name' // its bytes have another SHA-256
    | 'header'
    | 'footer' // the table of its objects, without which none of them can be found in it
    | 'block' // cannot be decoded
    | 'object'; // does not have the bytes that its id says, or lies in such a block
  message: string;
  /** of the block, in the pack; for `block` and `object` */
  offset?: number;
  /** for `object` */
  id?: Id;
  type?: ObjectType;
}

export interface VerifiedPack {
  /** 0 where the footer cannot be read */
  blocks: number;
  objects: number;
  /** at most `MOST_FAULTS` */
  faults: PackFault[];
  faultCount: number;
}

const MOST_FAULTS = 10_000;

/**
 * Recomputes the name and every object's id, and decodes every block.
 * @param pack the name, 64 hex digits
 * @param bytes all of it
 * @throws UNKNOWN_FORMAT where its name is right, so that a newer version must have made it
 */
export function verifyPackBytes(pack: string, bytes: Buffer, ids: IdScheme): VerifiedPack {
  const where = `pack ${pack}`;
  const verified: VerifiedPack = { blocks: 0, objects: 0, faults: [], faultCount: 0 };
  const isNamed = sha256(bytes).toString('hex') === pack;
  if (!isNamed) {
    report(verified, { kind: 'name', message: `${where} does not have the bytes that its name says` });
  }
  const attempt = <T>(fault: Omit<PackFault, 'message'>, step: () => T): T | undefined => {
    try {
      return step();
    } catch (error) {
      if (!isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) throw error;
      if (isNamed && error.code === 'UNKNOWN_FORMAT') throw error;
      report(verified, { ...fault, message: error.message });
      return undefined;
    }
  };
  attempt({ kind: 'header' }, () => decodeHeader(bytes, where));
  const contents = attempt({ kind: 'footer' }, () => readFooter(bytes, where));
  if (!contents) return verified;
  let row = 0;
  for (const block of blockRows(contents)) {
    const { offset, length, rawLength } = block;
    const inBlock = blockName({ pack, blockOffset: offset });
    const raw = attempt({ kind: 'block', offset }, () =>
      openBlock(bytes.subarray(offset, offset + length), rawLength, inBlock),
    );
    if (raw) verifyObjects({ verified, ids, contents, block, row, where: inBlock }, raw, attempt);
    else reportLost({ verified, ids, contents, block, row, where: inBlock });
    row += block.objects;
    verified.blocks++;
  }
  verified.objects = row;
  return verified;
}

interface Step {
  verified: VerifiedPack;
  ids: IdScheme;
  contents: PackContents;
  block: BlockRow;
  /** of the block's first object */
  row: number;
  where: string;
}

function verifyObjects(
  { ids, contents: { objects }, block, row, where }: Step,
  raw: Buffer,
  attempt: (fault: Omit<PackFault, 'message'>, step: () => void) => void,
): void {
  let start = 0;
  for (let i = row; i < row + block.objects; i++) {
    const [id, type, length] = [rowId(objects, i), rowType(objects, i), rowLength(objects, i)];
    const bytes = raw.subarray(start, start + length);
    attempt({ kind: 'object', offset: block.offset, id, type }, () => {
      assertKnown(id, type, where);
      verifyId(ids, id, type, bytes, where);
    });
    start += length;
  }
}

/** An id of a type that only a newer version knows cannot be recomputed. */
function assertKnown(id: Id, type: ObjectType, where: string): void {
  if (typeName(type) !== undefined) return;
  const hex = id.toString('hex');
  throw new VaultError('UNKNOWN_FORMAT', `object ${hex} in ${where} is of the unknown type ${type}`, {
    hint: 'use a newer version of vault',
    subject: hex,
  });
}

/** What lies in a block that cannot be decoded. */
function reportLost({ verified, contents: { objects }, block, row, where }: Step): void {
  for (let i = row; i < row + block.objects; i++) {
    const [id, type] = [rowId(objects, i), rowType(objects, i)];
    const message = `it lies in the damaged block in ${where}`;
    report(verified, { kind: 'object', offset: block.offset, id, type, message });
  }
}

function readFooter(bytes: Buffer, where: string): PackContents {
  const trailer = bytes.subarray(Math.max(0, bytes.length - PACK_TRAILER_LENGTH));
  const stored = footerLength(trailer, bytes.length, where);
  const end = bytes.length - PACK_TRAILER_LENGTH;
  return decodeFooter(bytes.subarray(end - stored, end), trailer, bytes.length, where);
}

function report(verified: VerifiedPack, fault: PackFault): void {
  verified.faultCount++;
  if (verified.faults.length < MOST_FAULTS) verified.faults.push(fault);
}

/** What stands for a file that is too long to be a pack, and is not read. */
export function tooLong(pack: string, size: number): VerifiedPack {
  const message = `pack ${pack} has ${size} bytes, more than any pack (${MAX_PACK_LENGTH})`;
  return { blocks: 0, objects: 0, faults: [{ kind: 'footer', message }], faultCount: 1 };
}
