/** How `list-objects` prints an object. */
import { contentSha256, type Repository, type StoredObject, storedShare, userType } from '../../index.ts';
import type { Piece } from '../frame/listing-command.ts';
import { storedTypeText } from '../text/stored-type-text.ts';
import { Template } from '../text/template.ts';
import { BATCH_ATOMS, type BatchAtom } from './output.ts';

/** @throws USAGE for a bad format */
export function objectLine(
  vault: Repository,
  format: string,
  eol: string,
): (object: StoredObject) => Piece[] | AsyncGenerator<Piece> {
  const template = new Template(format, BATCH_ATOMS);
  const pieces = (object: StoredObject, digest: string): Piece[] => {
    return [template.render((atom) => atomText(atom, object, digest)), eol];
  };
  if (!template.has('sha256')) return (object) => pieces(object, '');
  return async function* (object) {
    yield* pieces(object, await sha256Of(vault, object));
  };
}

function atomText(atom: BatchAtom, object: StoredObject, digest: string): string {
  const { id, place } = object;
  switch (atom) {
    case 'objectname':
      return id.toString('hex');
    case 'objecttype':
      return storedTypeText(object.type);
    case 'objectsize':
      return String(place.length);
    case 'objectsize:disk':
      return String(storedShare(place));
    case 'sha256':
      return digest;
    case 'pack':
      return place.pack;
    case 'offset':
      return String(place.blockOffset);
    case 'rest':
      return '';
  }
}

/** For `--json` and `--json-lines`. */
export function objectRow(object: StoredObject): object {
  const { id, place } = object;
  return {
    id,
    type: storedTypeText(object.type),
    size: place.length,
    stored: storedShare(place),
    pack: place.pack,
    offset: place.blockOffset,
  };
}

/** Of the content that a chunk or a list stands for; `-` for anything else. */
async function sha256Of(vault: Repository, { id, type }: StoredObject): Promise<string> {
  const digest = await contentSha256(vault, { id, type: userType(type), stored: type });
  return digest?.toString('hex') ?? '-';
}
