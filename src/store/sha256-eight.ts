/**
 * SHA-256 of eight messages side by side. Where the processor has no SHA instructions this is faster than hashing one behind the
 * other: a single SHA-256 is one long chain of dependent steps, eight fill the vector units. The runtime computes the blocks
 * (`MultiBlockSha256`); here are FIPS 180-4's first hash values and its padding.
 */

/** Messages at once. */
export const LANES = 8;

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const DIGEST_WORDS = 8;
/** What is left of a message behind its whole blocks, 0x80 and its length take two blocks at most. */
const TAIL_BYTES = 2 * BLOCK_BYTES;
const LENGTH_BYTES = 8;
/** Groups of four messages, as the runtime's function counts them. */
const GROUPS = LANES / 4;
/** Of a descriptor: address, its low half first; count of blocks; nothing. */
const DESCRIPTOR_WORDS = 4;

/** In the memory that the runtime is given: hash values, descriptors, tails. */
const STATE_WORDS = DIGEST_WORDS * LANES;
const DESCRIPTORS = STATE_WORDS * 4;
const TAILS = DESCRIPTORS + LANES * DESCRIPTOR_WORDS * 4;

/** Section 5.3.3 of FIPS 180-4, each word for all lanes. */
const INITIAL = Uint32Array.from(
  [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19].flatMap(
    (word) => new Array<number>(LANES).fill(word),
  ),
);

/** The runtime's function; `src/platform/linux/openssl.ts` says which. */
export interface MultiBlockSha256 {
  /** Where the bytes lie. They do not move as long as they are held. */
  address(bytes: Uint8Array): number;
  /**
   * Takes blocks of 64 bytes of `4 × groups` messages, `groups` 1 or 2.
   * At least one of them must have a block.
   * @param statePtr hash values: eight rows a … h, each with a word of 32 bits of every message
   * @param descriptorsPtr for each message the address of its first block (64 bits), how many blocks (32 bits), and 32 bits of nothing
   */
  compress(statePtr: number, descriptorsPtr: number, groups: number): void;
}

export class Sha256Eight {
  readonly #runtime: MultiBlockSha256;
  readonly #bytes = new Uint8Array(TAILS + LANES * TAIL_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #state = new Uint32Array(this.#bytes.buffer, 0, STATE_WORDS);
  readonly #descriptors = new Uint32Array(this.#bytes.buffer, DESCRIPTORS, LANES * DESCRIPTOR_WORDS);
  /** address of `#bytes` */
  readonly #base: number;
  /** Many messages lie in one buffer, and asking for its address costs as much as hashing 500 bytes. */
  #lastBuffer: ArrayBufferLike | undefined;
  #lastAddress = 0;

  constructor(runtime: MultiBlockSha256) {
    this.#runtime = runtime;
    this.#base = runtime.address(this.#bytes);
  }

  /** The SHA-256 of each of up to eight messages. It takes as long as the longest of them. */
  hash(messages: readonly Uint8Array[]): Buffer[] {
    if (messages.length === 0) return [];
    this.#state.set(INITIAL);
    let most = 0;
    for (let lane = 0; lane < LANES; lane++) {
      const message = messages[lane];
      const blocks = message ? Math.floor(message.length / BLOCK_BYTES) : 0;
      this.#describe(lane, blocks > 0 ? this.#addressOf(message!) : this.#base, blocks);
      most = Math.max(most, blocks);
    }
    // OpenSSL's loop for AVX2 does not end where there is no block at all.
    if (most > 0) this.#compress();
    for (let lane = 0; lane < LANES; lane++) {
      const message = messages[lane];
      const tail = TAILS + lane * TAIL_BYTES;
      this.#describe(lane, this.#base + tail, message ? this.#pad(message, tail) : 0);
    }
    this.#compress();
    this.#lastBuffer = undefined;
    return messages.map((_, lane) => this.#digest(lane));
  }

  #addressOf({ buffer, byteOffset }: Uint8Array): number {
    if (buffer !== this.#lastBuffer) {
      this.#lastBuffer = buffer;
      this.#lastAddress = this.#runtime.address(new Uint8Array(buffer));
    }
    return this.#lastAddress + byteOffset;
  }

  #describe(lane: number, address: number, blocks: number): void {
    const at = lane * DESCRIPTOR_WORDS;
    this.#descriptors[at] = address >>> 0;
    this.#descriptors[at + 1] = Math.floor(address / 2 ** 32);
    this.#descriptors[at + 2] = blocks;
  }

  #compress(): void {
    this.#runtime.compress(this.#base, this.#base + DESCRIPTORS, GROUPS);
  }

  /** What is behind the last whole block, with the padding of FIPS 180-4, section 5.1.1. Returns how many blocks that is. */
  #pad(message: Uint8Array, tail: number): number {
    const bytes = this.#bytes;
    const { length } = message;
    let at = tail;
    for (let i = length - (length % BLOCK_BYTES); i < length; i++) bytes[at++] = message[i]!;
    bytes[at++] = 0x80;
    const blocks = Math.ceil((at - tail + LENGTH_BYTES) / BLOCK_BYTES);
    const end = tail + blocks * BLOCK_BYTES;
    bytes.fill(0, at, end);
    this.#view.setUint32(end - 8, Math.floor(length / 2 ** 29));
    this.#view.setUint32(end - 4, (length << 3) >>> 0);
    return blocks;
  }

  #digest(lane: number): Buffer {
    const digest = Buffer.allocUnsafe(DIGEST_BYTES);
    for (let row = 0, at = 0; row < DIGEST_WORDS; row++) {
      const word = this.#state[row * LANES + lane]!;
      digest[at++] = word >>> 24;
      digest[at++] = word >>> 16;
      digest[at++] = word >>> 8;
      digest[at++] = word;
    }
    return digest;
  }
}
