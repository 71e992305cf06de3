/** SHA-256 of several messages side by side, where the runtime has it. */
import { loadMultiBlockSha256, type MultiBlockSha256 } from './linux/openssl.ts';

/** Undefined where there is none: another system or processor, another OpenSSL, koffi's binary missing. */
export function multiBlockSha256(): MultiBlockSha256 | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return loadMultiBlockSha256();
  } catch {
    return undefined; // one message behind the other then
  }
}
