/** Packs as a person names them. */
import { VaultError } from '../../errors.ts';
import { PACK_PREFIX, parsePackKey } from '../../store/layout.ts';
import type { Repository } from '../repository.ts';
import { noPack } from './pack-listing.ts';

const NAME_DIGITS = 64;
const LEAST_DIGITS = 4;
/** Candidates that are told. */
const MOST_CANDIDATES = 20;

/**
 * The name of the one pack whose name is `text` or begins with it.
 * @param text 4 to 64 hex digits
 * @throws USAGE for anything else, NOT_FOUND, AMBIGUOUS with the candidates
 */
export async function resolvePack({ backend }: Repository, text: string): Promise<string> {
  const digits = text.toLowerCase();
  if (!/^[0-9a-f]*$/.test(digits) || digits.length < LEAST_DIGITS || digits.length > NAME_DIGITS) {
    throw new VaultError('USAGE', `${text} is not the name of a pack`, {
      hint: 'give the 64 hex digits that `vault list-packs` prints, or the first of them, from 4 on',
      subject: text,
    });
  }
  const found: string[] = [];
  // All packs whose names share four digits lie in one folder.
  const folder = `${PACK_PREFIX}${digits.slice(0, 2)}/${digits.slice(2, 4)}/`;
  for await (const { key } of backend.list(folder)) {
    const pack = parsePackKey(key);
    if (pack?.startsWith(digits)) found.push(pack);
    if (found.length > MOST_CANDIDATES) break;
  }
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw noPack(text);
  throw new VaultError('AMBIGUOUS', `several packs have names that begin with ${text}`, {
    hint: `give more digits: ${found.slice(0, MOST_CANDIDATES).join(', ')}`,
    subject: text,
    details: { candidates: found.slice(0, MOST_CANDIDATES) },
  });
}
