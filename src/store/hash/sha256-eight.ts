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
/** 0x80 and the length. */
const LEAST_PADDING = 1 + LENGTH_BYTES;
/** What is read of a content at once, with room for its padding. */
const WINDOW_BYTES = 256 * 1024;
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
    this.#state.set(INITIAL);
    for (let lane = 0; lane < LANES; lane++) {
      const message = messages[lane];
      const blocks = message ? Math.floor(message.length / BLOCK_BYTES) : 0;
      this.#describe(lane, blocks > 0 ? this.#addressOf(message!) : this.#base, blocks);
    }
    this.#compress();
    for (let lane = 0; lane < LANES; lane++) {
      const message = messages[lane];
      const tail = TAILS + lane * TAIL_BYTES;
      this.#describe(lane, this.#base + tail, message ? this.#finish(message, tail) : 0);
    }
    this.#compress();
    this.#lastBuffer = undefined;
    return messages.map((_, lane) => this.#digest(lane));
  }

  /**
   * The same of contents that are read in parts.
   * @param read fills `into` with what comes next of a content; fewer bytes when it ends
   */
  hashRead(count: number, read: (lane: number, into: Buffer) => number): Buffer[] {
    const windows = Buffer.allocUnsafeSlow(LANES * WINDOW_BYTES);
    const base = this.#runtime.address(windows);
    const lengths = new Array<number>(count).fill(0);
    const ended = new Array<boolean>(count).fill(false);
    this.#state.set(INITIAL);
    while (ended.includes(false)) {
      for (let lane = 0; lane < LANES; lane++) {
        if (ended[lane] !== false) {
          this.#describe(lane, base, 0);
          continue;
        }
        const start = lane * WINDOW_BYTES;
        const window = windows.subarray(start, start + WINDOW_BYTES);
        const room = window.subarray(0, WINDOW_BYTES - TAIL_BYTES);
        const got = read(lane, room);
        lengths[lane]! += got;
        ended[lane] = got < room.length;
        const blocks = ended[lane] ? pad(window, got, lengths[lane]!) : got / BLOCK_BYTES;
        this.#describe(lane, base + start, blocks);
      }
      this.#compress();
    }
    return lengths.map((_, lane) => this.#digest(lane));
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
    // OpenSSL's loop for AVX2 does not end where there is no block at all.
    let most = 0;
    for (let lane = 0; lane < LANES; lane++)
      most = Math.max(most, this.#descriptors[lane * DESCRIPTOR_WORDS + 2]!);
    if (most > 0) this.#runtime.compress(this.#base, this.#base + DESCRIPTORS, GROUPS);
  }

  /** What is behind a message's last whole block, and the padding. Returns how many blocks that is. */
  #finish(message: Uint8Array, tail: number): number {
    const { length } = message;
    const bytes = this.#bytes;
    let at = tail;
    for (let i = length - (length % BLOCK_BYTES); i < length; i++) bytes[at++] = message[i]!;
    return pad(bytes.subarray(tail, tail + TAIL_BYTES), at - tail, length);
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

/** FIPS 180-4, section 5.1.1: behind `filled` bytes of a window, for a message of `length` bytes. Returns how many blocks that makes. */
function pad(window: Uint8Array, filled: number, length: number): number {
  const blocks = Math.ceil((filled + LEAST_PADDING) / BLOCK_BYTES);
  const end = blocks * BLOCK_BYTES;
  window[filled] = 0x80;
  window.fill(0, filled + 1, end - LENGTH_BYTES);
  const bits = new DataView(window.buffer, window.byteOffset + end - LENGTH_BYTES, LENGTH_BYTES);
  bits.setUint32(0, Math.floor(length / 2 ** 29));
  bits.setUint32(4, (length << 3) >>> 0);
  return blocks;
}
