/**
 * Where ids come from. Every id of a vault goes through one `IdScheme`: a plain vault hashes, an encrypted one will
 * use a keyed hash instead.
 */
import { VaultError } from '../errors.ts';
import { createSha256, sha256 } from './hash.ts';
import { sha256All } from './hash-many.ts';
import { type Id, ObjectType, typeName } from './id.ts';

export interface IdScheme {
  /** A chunk's id is the SHA-256 of its bytes, so who has that need not hash again. */
  readonly chunkIsSha256: boolean;
  chunk(bytes: Uint8Array): Id;
  /** As `chunk`, of many at once. */
  chunks(contents: readonly Uint8Array[]): Id[];
  /** The id of a metadata object: any type but chunk. */
  meta(type: ObjectType, encoding: Uint8Array): Id;
}

/** Longest encoding that is copied behind its prefix for a one-shot hash: below, the copy is cheaper than a stream. */
const COPY_LIMIT = 8192;

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
    const prefix = PREFIXES.get(type)!;
    if (encoding.byteLength > COPY_LIMIT) {
      const hash = createSha256();
      hash.update(prefix);
      hash.update(encoding);
      return hash.digest();
    }
    scratch.set(prefix);
    scratch.set(encoding, prefix.length);
    return sha256(scratch.subarray(0, prefix.length + encoding.byteLength));
  },
};

/** @throws DAMAGED when `bytes` do not have the id; `where` names the file that holds them */
export function verifyId(ids: IdScheme, id: Id, type: ObjectType, bytes: Uint8Array, where: string): void {
  const actual = type === ObjectType.chunk ? ids.chunk(bytes) : ids.meta(type, bytes);
  if (!actual.equals(id)) throw foreignBytes(id, type, where);
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
