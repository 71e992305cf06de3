/**
 * Fills packs, one of each kind at a time, and publishes full ones: at most two are on their way, and whoever adds a
 * block waits for room. So memory is bounded by four packs, however much is stored.
 */
import { randomBytes } from 'node:crypto';
import { VaultError } from '../../errors.ts';
import type { Backend } from '../backend/backend.ts';
import { packKey } from '../layout.ts';
import type { PackKind } from '../space.ts';
import type { SealedBlock } from '../store.ts';
import { MAX_PACK_OBJECTS, SALT_LENGTH } from './pack.ts';
import { type FinishedPack, type OpenObject, PackBuilder } from './pack-builder.ts';

const MAX_IN_FLIGHT = 2;

export interface PackerOptions {
  /** bytes at which a pack is published */
  target: number;
  /** zstd's level for footers */
  level: number;
  /** Called before a pack is uploaded; throws where it must not be. */
  beforeUpload: (pack: string) => void;
  /** Called when a pack is there. Its objects leave memory when this resolves. */
  afterUpload: (pack: FinishedPack) => Promise<void>;
}

export class Packer {
  readonly #backend: Backend;
  readonly #options: PackerOptions;
  readonly #open = new Map<PackKind, PackBuilder>();
  /** Packs on their way, in the order in which they were filled. */
  readonly #inFlight = new Map<PackBuilder, Promise<void>>();
  #failure: unknown;
  #publishedBytes = 0;

  constructor(backend: Backend, options: PackerOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  /** Bytes of the packs that are published and, about, of those that are not. */
  get bytes(): number {
    let bytes = this.#publishedBytes;
    for (const builder of this.#open.values()) bytes += builder.size;
    for (const builder of this.#inFlight.keys()) bytes += builder.size;
    return bytes;
  }

  /** Adds a block, at once; resolves when there is room for more. */
  async add(kind: PackKind, block: SealedBlock): Promise<void> {
    this.#assertSound();
    let builder = this.#open.get(kind);
    if (builder && !builder.hasRoomFor(block)) {
      this.#send(builder);
      builder = undefined;
    }
    if (!builder) {
      builder = new PackBuilder(kind, randomBytes(SALT_LENGTH));
      this.#open.set(kind, builder);
    }
    builder.add(block);
    if (builder.size >= this.#options.target || builder.count >= MAX_PACK_OBJECTS / 2) this.#send(builder);
    while (this.#inFlight.size > MAX_IN_FLIGHT - 1) await Promise.race(this.#inFlight.values());
    this.#assertSound();
  }

  /** An object in a pack that is filled or on its way. */
  find(kind: PackKind, key: string): OpenObject | undefined {
    const open = this.#open.get(kind)?.find(key);
    if (open || this.#inFlight.size === 0) return open;
    for (const builder of this.#inFlight.keys()) {
      const found = builder.kind === kind ? builder.find(key) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** Publishes the open pack of a kind, and waits until nothing is on its way any more. */
  async flush(kind: PackKind): Promise<void> {
    const builder = this.#open.get(kind);
    if (builder) this.#send(builder);
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight.values());
    this.#assertSound();
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #send(builder: PackBuilder): void {
    this.#open.delete(builder.kind);
    // The one before the last must be through: then at most two are on their way.
    const before = [...this.#inFlight.values()].at(-MAX_IN_FLIGHT);
    const sent = Promise.resolve(before)
      .then(() => this.#publish(builder))
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(builder));
    this.#inFlight.set(builder, sent);
  }

  async #publish(builder: PackBuilder): Promise<void> {
    this.#assertSound();
    const pack = builder.finish(this.#options.level);
    this.#options.beforeUpload(pack.name);
    const key = packKey(pack.name);
    if (!(await this.#backend.create(key, pack.parts))) await this.#assertIsOurs(key, pack);
    await this.#options.afterUpload(pack);
    this.#publishedBytes += pack.contents.size;
  }

  /** The name exists already: with its salt it can only be this very pack, sent twice by a layer below. */
  async #assertIsOurs(key: string, pack: FinishedPack): Promise<void> {
    const size = await this.#backend.size(key);
    if (size === pack.contents.size) return;
    throw new VaultError('DAMAGED', `${key} exists with ${size} bytes instead of ${pack.contents.size}`, {
      hint: 'run `vault check`; nothing was recorded',
      subject: key,
    });
  }
}
