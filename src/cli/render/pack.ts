/** Packs, for `list-packs`, `show-pack` and `verify-pack`. */
import {
  type ListedPack,
  type PackedBlock,
  type PackedObject,
  type PackFault,
  type PackSummary,
  type PackVerification,
  packObjects,
  type Repository,
} from '../../index.ts';
import type { Piece } from '../frame/listing-command.ts';
import { printable } from '../text/quoting.ts';
import { storedTypeText } from '../text/stored-type-text.ts';

/** Where only size and name are known, nobody asked for more, or the pack is damaged. */
export type ShownListing = ListedPack & Partial<PackSummary>;

export function packFields({ pack, size, kind, blocks, objects, rawSize }: ShownListing): object {
  return { pack, size, ...(kind && { kind, blocks, objects, raw_size: rawSize }) };
}

/** `<name> <bytes> <kind> <blocks> <objects> <decoded bytes>` */
export function packText({ pack, size, kind, blocks, objects, rawSize }: ShownListing): string {
  const facts = kind ? [kind, blocks, objects, rawSize] : ['damaged', '-', '-', '-'];
  return [pack, size, ...facts].join(' ');
}

/** `block <offset> <length> <decoded length> <codec> <objects>`, then its objects, each a piece. */
export function* blockText(block: PackedBlock, eol: string): Generator<string> {
  const { offset, length, rawLength, codec, objects } = block;
  yield `block ${offset} ${length} ${rawLength} ${codec} ${objects.length}${eol}`;
  for (const object of objects) yield `object ${objectText(object)}${eol}`;
}

/** `<id> <type> <length> <offset of its block> <offset in the decoded block>` */
function objectText({ id, type, place }: PackedObject): string {
  return `${id.toString('hex')} ${storedTypeText(type)} ${place.length} ${place.blockOffset} ${place.offset}`;
}

export function blockFields({ offset, length, rawLength, codec, objects }: PackedBlock): object {
  return { offset, length, raw_length: rawLength, codec, objects: objects.map(objectFields) };
}

function objectFields({ id, type, place: { offset, length } }: PackedObject): object {
  return { id, type: storedTypeText(type), offset, length };
}

/** What is wrong with a pack; with `verbose` the objects of a sound one, and that it is. */
export async function* verificationText(
  vault: Repository,
  { pack, faults, faultCount }: PackVerification,
  verbose: boolean,
  eol: string,
): AsyncGenerator<Piece> {
  for (const fault of faults) yield faultText(pack, fault) + eol;
  if (!verbose) return;
  if (faultCount === 0) {
    for await (const objects of packObjects(vault, pack)) {
      for (const object of objects) yield objectText(object) + eol;
    }
  }
  yield `${pack}: ${faultCount === 0 ? 'ok' : 'damaged'}${eol}`;
}

/** `<pack> <kind> <block's offset, or -> <object's id, or -> <message>` */
function faultText(pack: string, { kind, offset, id, message }: PackFault): string {
  return `${pack} ${kind} ${offset ?? '-'} ${id?.toString('hex') ?? '-'} ${printable(message)}`;
}

export function verificationFields(verified: PackVerification): object {
  const { pack, size, blocks, objects, faults, faultCount } = verified;
  const shown = faults.map(({ type, ...fault }) => ({
    ...fault,
    ...(type && { type: storedTypeText(type) }),
  }));
  return { pack, size, sound: faultCount === 0, blocks, objects, faults: shown, fault_count: faultCount };
}
