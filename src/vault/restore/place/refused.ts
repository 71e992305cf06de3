/** What is said of a destination that is not touched. */
import { VaultError } from '../../../errors.ts';

export function refused(path: Buffer, why: string, hint: string): VaultError {
  return new VaultError('REFUSED', `${path.toString()} ${why}; nothing was changed`, {
    subject: path.toString(),
    hint,
  });
}
