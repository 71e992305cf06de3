/** How decoders say no: they throw a reason, and whoever knows which object it was turns that into a `VaultError`. */
import { VaultError } from '../errors.ts';
import { type Id, type ObjectType, typeName } from '../store/id.ts';

/** Bytes that break the format. Never leaves this room. */
export class Malformed extends Error {
  readonly code: 'DAMAGED' | 'UNKNOWN_FORMAT';

  constructor(reason: string, code: 'DAMAGED' | 'UNKNOWN_FORMAT' = 'DAMAGED') {
    super(reason);
    this.code = code;
  }
}

export function malformed(reason: string): never {
  throw new Malformed(reason);
}

const HINTS = {
  DAMAGED: 'run `vault check` to see what is affected',
  UNKNOWN_FORMAT: 'it was written by a newer version of vault: use that one',
};

/**
 * Runs a decoder on an object's bytes.
 * @throws DAMAGED or UNKNOWN_FORMAT naming the object
 */
export function decoding<T>(type: ObjectType, id: Id, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const hex = id.toString('hex');
    throw new VaultError(error.code, `${typeName(type)} ${hex} cannot be read: ${error.message}`, {
      hint: HINTS[error.code],
      subject: hex,
      cause: error,
    });
  }
}
