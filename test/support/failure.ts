/** An error that must come, for tests that look at it. */
import { type ErrorCode, isVaultError, type VaultError } from '../../src/errors.ts';

export async function failure(code: ErrorCode, promise: Promise<unknown>): Promise<VaultError> {
  try {
    await promise;
  } catch (error) {
    if (isVaultError(error, code)) return error;
    throw error;
  }
  throw new Error(`no ${code}`);
}
