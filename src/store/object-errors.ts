/**
 * What can be wrong with an object that is asked for.
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

export function missing(id: Id, type: ObjectType): VaultError {
  const hex = id.toString('hex');
  return new VaultError('MISSING_OBJECT', `${typeName(type)} ${hex} is in no pack of the vault`, {
    hint: 'run `vault check` to see which files are affected; everything else can still be read',
    subject: hex,
  });
}
