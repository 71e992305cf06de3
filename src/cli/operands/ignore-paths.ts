/** The paths that `check-ignore` is asked about: operands, or standard input as it comes. */
import { VaultError } from '../../errors.ts';
import type { Repository } from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { pathInVault } from './operands.ts';
import { readNames } from './read-names.ts';

/**
 * In groups, each of what has come at once, so that whoever waits for an answer gets it.
 * @throws USAGE for neither or both, for a line that is badly quoted or longer than 16 MiB
 */
export function ignorePaths(
  operands: readonly string[],
  { stdin, null: nul }: { stdin: boolean; null: boolean },
  input: () => AsyncIterable<Uint8Array>,
): AsyncIterable<Buffer[]> | Iterable<Buffer[]> {
  if (!stdin === (operands.length === 0)) {
    throw new VaultError('USAGE', 'name PATHs, or say --stdin', { hint: 'see "vault help check-ignore"' });
  }
  return stdin ? readNames(input(), nul) : [operands.map(bytesOf)];
}

/**
 * From the vault's folder, with a final slash where it was given with one: it means a folder then, also where there is none.
 * @throws BAD_PATH
 */
export function askedPath(vault: Repository, given: Buffer): Buffer {
  const path = pathInVault(vault, given);
  return given.at(-1) === 0x2f && path.length > 0 ? Buffer.concat([path, Buffer.from('/')]) : path;
}
