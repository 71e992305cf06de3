/** Operands of `restore`: a revision and paths, or paths alone. And the paths of its standard input. */
import { hasHistory, isVaultError, type Repository, VaultError } from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { type OperandOptions, type Operands, splitOperands } from './operands.ts';
import { readNames } from './read-names.ts';

/** Paths that are read. */
const MOST_PATHS = 1_000_000;

/** @throws as `splitOperands`; a single word that is neither is taken for a revision, which is told best where it is looked up */
export async function restoreOperands(
  vault: Repository,
  options: Pick<OperandOptions, 'operands' | 'afterDashes'>,
): Promise<Operands> {
  const { operands, afterDashes } = options;
  const isKnown = (path: Buffer) => hasHistory(vault, path, {});
  try {
    return await splitOperands(vault, { operands, afterDashes, mostRevisions: 1, isKnown });
  } catch (error) {
    if (!isVaultError(error, 'NOT_FOUND') || operands.length !== 1 || afterDashes) throw error;
    return { revisions: [bytesOf(operands[0]!)], paths: [] };
  }
}

/** @throws USAGE for more than a million, and for none */
export async function pathsFrom(input: AsyncIterable<Uint8Array>, nul: boolean): Promise<Buffer[]> {
  const paths: Buffer[] = [];
  for await (const some of readNames(input, nul)) {
    for (const path of some) if (path.length > 0) paths.push(path);
    if (paths.length > MOST_PATHS)
      throw new VaultError('USAGE', `more than ${MOST_PATHS} paths on standard input`);
  }
  if (paths.length > 0) return paths;
  throw new VaultError('USAGE', 'no path on standard input', { hint: 'without --stdin all is restored' });
}
