/**
 * What can be wrong with an object that is asked for, and with the bytes that it lies in.
 */
import { VaultError } from '../errors.ts';
import { type Id, type ObjectType, typeName } from './id.ts';

export function wrongType(id: Id, actual: number, wanted: ObjectType): VaultError {
  const hex = id.toString('hex');
  const actualName = typeName(actual) ?? `type ${actual}`;
  return new VaultError('WRONG_TYPE', `object ${hex} is a ${actualName}, not a ${typeName(wanted)}`, {
    subject: hex,
  });
}

/** @param subject what does not hold together, if it has a name */
export function damaged(message: string, subject?: string, cause?: unknown): VaultError {
  const hint = 'run `vault check` to see what is affected';
  return new VaultError('DAMAGED', message, { hint, ...(subject !== undefined && { subject }), cause });
}

export function missing(id: Id, type: ObjectType): VaultError {
  const hex = id.toString('hex');
  return new VaultError('MISSING_OBJECT', `${typeName(type)} ${hex} is in no pack of the vault`, {
    hint: 'of a forgotten snapshot `vault gc --undelete REV` brings it back; else `vault check` shows which files are affected',
    subject: hex,
  });
}
