/**
 * Decoded blocks that were read last, bounded by bytes; the least recently used go first.
 */
export class BlockCache {
  readonly #limit: number;
  readonly #onEvict: (block: Buffer) => void;
  /** In order of use. */
  readonly #blocks = new Map<string, Buffer>();
  #bytes = 0;
  /** The last one: reading an unpacked folder in order asks for the same block many times. */
  #lastPack = '';
  #lastOffset = 0;
  #last: Buffer | undefined;

  /**
   * @param limit bytes of all blocks together; a longer block is not kept
   * @param onEvict gets each block that goes, or is not kept, for room; nobody finds it here any more
   */
  constructor(limit: number, onEvict: (block: Buffer) => void = () => {}) {
    this.#limit = limit;
    this.#onEvict = onEvict;
  }

  get(pack: string, offset: number): Buffer | undefined {
    if (this.#last && offset === this.#lastOffset && pack === this.#lastPack) return this.#last;
    const key = pack + offset;
    const block = this.#blocks.get(key);
    if (!block) return undefined;
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    this.#remember(pack, offset, block);
    return block;
  }

  set(pack: string, offset: number, block: Buffer): void {
    const key = pack + offset;
    if (this.#blocks.has(key)) return;
    if (block.length > this.#limit) {
      this.#onEvict(block);
      return;
    }
    this.#blocks.set(key, block);
    this.#bytes += block.length;
    this.#remember(pack, offset, block);
    for (const [oldest, old] of this.#blocks) {
      if (this.#bytes <= this.#limit) return;
      this.#blocks.delete(oldest);
      this.#bytes -= old.length;
      this.#onEvict(old);
    }
  }

  /** For a block whose memory somebody else takes. */
  delete(pack: string, offset: number): void {
    const key = pack + offset;
    const block = this.#blocks.get(key);
    if (!block) return;
    this.#blocks.delete(key);
    this.#bytes -= block.length;
    this.#last = undefined;
  }

  #remember(pack: string, offset: number, block: Buffer): void {
    this.#lastPack = pack;
    this.#lastOffset = offset;
    this.#last = block;
  }
}
