/**
 * Functions of the OpenSSL in Node that its own interface does not reach. A Node that is linked with the system's OpenSSL may not show
 * them, and another major version is not asked.
 */
import { loadKoffi } from './koffi.ts';

/** What `src/store/hash/sha256-eight.ts` asks for. */
export interface MultiBlockSha256 {
  address(bytes: Uint8Array): number;
  compress(statePtr: number, descriptorsPtr: number, groups: number): void;
}

/** What `src/store/hash/aside.ts` asks for. */
export interface AsideHasher {
  update(bytes: Uint8Array): Promise<void>;
  digest(): Buffer;
  free(): void;
}

const DIGEST_BYTES = 32;
/** What functions of OpenSSL return when they did it. */
const DONE = 1;
const PTR = 'uintptr_t';

/**
 * SHA-256 of eight messages side by side in the vectors of AVX2 (or four in those before), which OpenSSL made for TLS records.
 *
 * `void sha256_multi_block(SHA256_MB_CTX *, const HASH_DESC *, int n4x)`: crypto/sha/asm/sha256-mb-x86_64.pl and
 * providers/implementations/ciphers/cipher_aes_cbc_hmac_sha256_hw.c of OpenSSL 3, unchanged since 1.0.2. It is none that OpenSSL promises
 * to keep, so whoever uses it compares what it gives.
 *
 * Throws where koffi or the function is not to be had.
 */
export function loadMultiBlockSha256(): MultiBlockSha256 {
  if (process.arch !== 'x64') throw new Error('no such function is known here');
  const { address, bind } = loadOpenSsl();
  const compress = bind('sha256_multi_block', 'void', PTR, PTR, 'int');
  return { address, compress: (state, descriptors, groups) => void compress(state, descriptors, groups) };
}

/**
 * What begins a SHA-256 of one message on threads of libuv's pool: EVP_DigestInit(3), which OpenSSL promises to keep. Of one only one call
 * may be under way, and the bytes must stay where they are as long. Throws where koffi or the functions are not to be had.
 */
export function loadAsideSha256(): () => AsideHasher {
  const { address, bind } = loadOpenSsl();
  const create = bind('EVP_MD_CTX_new', PTR);
  const free = bind('EVP_MD_CTX_free', 'void', PTR);
  const algorithm = bind('EVP_sha256', PTR);
  const init = bind('EVP_DigestInit_ex', 'int', PTR, PTR, PTR);
  const update = bind('EVP_DigestUpdate', 'int', PTR, PTR, 'size_t');
  const final = bind('EVP_DigestFinal_ex', 'int', PTR, PTR, PTR);
  return () => {
    const context = create();
    if (context === 0 || init(context, algorithm(), 0) !== DONE) throw new Error('EVP_DigestInit_ex failed');
    return {
      update: (bytes) =>
        new Promise((resolve, reject) => {
          update.async(context, address(bytes), bytes.length, (error, result) => {
            if (result === DONE) resolve();
            else reject(error ?? new Error('EVP_DigestUpdate failed'));
          });
        }),
      digest() {
        const digest = Buffer.alloc(DIGEST_BYTES);
        if (final(context, address(digest), 0) !== DONE) throw new Error('EVP_DigestFinal_ex failed');
        return digest;
      },
      free: () => void free(context),
    };
  };
}

/** A function whose arguments are addresses and numbers. */
interface NumericFunc {
  (...args: number[]): number;
  async(...args: [...number[], (error: unknown, result: number) => void]): void;
}

function loadOpenSsl() {
  if (!process.versions.openssl?.startsWith('3.')) throw new Error('another OpenSSL');
  const koffi = loadKoffi();
  const self = koffi.load(null);
  return {
    address: (bytes: Uint8Array) => Number(koffi.address(bytes)),
    bind: (name: string, result: string, ...args: string[]) =>
      self.func(name, result, args) as unknown as NumericFunc,
  };
}
