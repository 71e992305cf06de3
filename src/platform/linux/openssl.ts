/**
 * A function of the OpenSSL in Node that its own interface does not reach: SHA-256 of eight messages side by side in the vectors of AVX2 (or
 * four in those before), which OpenSSL made for TLS records. A Node that is linked with the system's OpenSSL does not show it.
 *
 * `void sha256_multi_block(SHA256_MB_CTX *, const HASH_DESC *, int n4x)`: crypto/sha/asm/sha256-mb-x86_64.pl and
 * providers/implementations/ciphers/cipher_aes_cbc_hmac_sha256_hw.c of OpenSSL 3, unchanged since 1.0.2. It is none that OpenSSL promises
 * to keep, so another major version is not asked for it, and whoever uses it compares what it gives.
 */
import { loadKoffi } from './koffi.ts';

/** What `src/store/sha256-eight.ts` asks for. */
export interface MultiBlockSha256 {
  address(bytes: Uint8Array): number;
  compress(statePtr: number, descriptorsPtr: number, groups: number): void;
}

/** Throws where koffi or the function is not to be had. */
export function loadMultiBlockSha256(): MultiBlockSha256 {
  const { arch, versions } = process;
  if (arch !== 'x64' || !versions.openssl?.startsWith('3.'))
    throw new Error('no such function is known here');
  const koffi = loadKoffi();
  const self = koffi.load(null);
  const compress = self.func('sha256_multi_block', 'void', ['uintptr_t', 'uintptr_t', 'int']);
  return {
    address: (bytes) => Number(koffi.address(bytes)),
    compress: compress as unknown as MultiBlockSha256['compress'],
  };
}
