/**
 * Where ids come from. Every id of a vault goes through one `IdScheme`: a plain vault hashes, an encrypted one will
 * use a keyed hash instead.
 */
import { VaultError } from '../../errors.ts';
import { type Id, ObjectType, typeName } from '../id.ts';
import { createSha256, isSha256, sha256 } from './hash.ts';
import { sha256All } from './many.ts';

export interface IdScheme {
  /** A chunk's id is the SHA-256 of its bytes, so who has that need not hash again. */
  readonly chunkIsSha256: boolean;
  chunk(bytes: Uint8Array): Id;
  /** As `chunk`, of many at once. */
  chunks(contents: readonly Uint8Array[]): Id[];
  /** The id of a metadata object: any type but chunk. */
  meta(type: ObjectType, encoding: Uint8Array): Id;
  /** Whether that is the id of these bytes. */
  isIdOf(id: Id, type: ObjectType, bytes: Uint8Array): boolean;
}

/** Longest encoding that is copied behind its prefix for a one-shot hash: below, the copy is cheaper than a stream. */
const COPY_LIMIT = 64 * 1024;

const scratch = Buffer.allocUnsafeSlow(COPY_LIMIT + 32);

/** `vault <type> 1\0`, which keeps any file content from having the id of a tree. */
const PREFIXES = new Map<number, Buffer>(
  Object.values(ObjectType).map((type) => [type, Buffer.from(`vault ${typeName(type)} 1\0`, 'latin1')]),
);

/** Plain vaults: a chunk's id is what `sha256sum` prints, any other the SHA-256 of its type's prefix and encoding. */
export const plainIds: IdScheme = {
  chunkIsSha256: true,
  chunk: sha256,
  chunks: sha256All,
  meta(type, encoding) {
    const framed = framedShort(type, encoding);
    return framed ? sha256(framed) : sha256Framed(type, encoding);
  },
  isIdOf(id, type, bytes) {
    if (type === ObjectType.chunk) return isSha256(id, bytes);
    const framed = framedShort(type, bytes);
    return framed ? isSha256(id, framed) : sha256Framed(type, bytes).equals(id);
  },
};

/** What is hashed for a metadata object, until the next call; undefined where it is long. */
function framedShort(type: ObjectType, encoding: Uint8Array): Buffer | undefined {
  if (encoding.byteLength > COPY_LIMIT) return undefined;
  const prefix = PREFIXES.get(type)!;
  scratch.set(prefix);
  scratch.set(encoding, prefix.length);
  return scratch.subarray(0, prefix.length + encoding.byteLength);
}

function sha256Framed(type: ObjectType, encoding: Uint8Array): Buffer {
  const hash = createSha256();
  hash.update(PREFIXES.get(type)!);
  hash.update(encoding);
  return hash.digest();
}

/** @throws DAMAGED when `bytes` do not have the id; `where` names the file that holds them */
export function verifyId(ids: IdScheme, id: Id, type: ObjectType, bytes: Uint8Array, where: string): void {
  if (!ids.isIdOf(id, type, bytes)) throw foreignBytes(id, type, where);
}

/** Says that the bytes of an object are not those of its id; `where` names the file that holds them. */
export function foreignBytes(id: Id, type: ObjectType, where: string): VaultError {
  const hex = id.toString('hex');
  return new VaultError(
    'DAMAGED',
    `${typeName(type)} ${hex} in ${where} does not have the bytes that its id says`,
    {
      hint: 'run `vault check` to see what is affected; everything else can still be read',
      subject: hex,
    },
  );
}
