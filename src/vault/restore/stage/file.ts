/** One file being written: from its chunks, in order, to its metadata. */
import { ftruncateSync } from 'node:fs';
import { type Entry, Flag } from '../../../objects/model.ts';
import type { Platform } from '../../../platform/platform.ts';
import { writeSparse } from './sparse.ts';
import type { Following, Verifier, Written } from './verify.ts';

/** A file that is longer is read again while it is still being written. */
const FOLLOWED_BYTES = 32 * 1024 * 1024;

export class FileWriter {
  readonly fd: number;
  readonly #platform: Platform;
  readonly #entry: Entry;
  readonly #isSparse: boolean;
  #written = 0;
  #parts = 0;
  #following: Following | undefined;

  /** Creates it. */
  constructor(platform: Platform, path: Buffer, mode: number, entry: Entry) {
    this.#platform = platform;
    this.#entry = entry;
    this.#isSparse = ((entry.flags ?? 0) & Flag.sparse) !== 0;
    this.fd = platform.createFile(path, mode);
  }

  get written(): number {
    return this.#written;
  }

  write(chunk: Buffer): void {
    if (this.#isSparse) writeSparse(this.#platform, this.fd, chunk, this.#written);
    else this.#platform.write(this.fd, chunk);
    this.#written += chunk.length;
    this.#parts++;
  }

  /** More is to come later: lets a long file be read again as far as it goes. */
  pause(verifier: Verifier): void {
    if (this.#written < FOLLOWED_BYTES || !this.#entry.sha256) return;
    this.#setLength();
    this.#following ??= verifier.follow(this.fd);
    this.#following?.growTo(this.#written);
  }

  /** All is written. */
  end(): void {
    this.#setLength();
  }

  get hasChecksum(): boolean {
    return this.#entry.sha256 !== undefined;
  }

  /**
   * What its single chunk's id has been compared with is the file; see `restore/stage/verify.ts`.
   * @param unchecked its chunks have not been compared with their ids
   */
  isSure(unchecked: boolean): boolean {
    const { sha256, id } = this.#entry;
    return this.#parts <= 1 && !unchecked && sha256?.equals(id) === true;
  }

  /** Hands the open file over to be read again. @param further see `Written` */
  handOver(verifier: Verifier, path: Buffer, further: readonly Buffer[]): void {
    const file: Written = { entry: this.#entry, path, further };
    if (this.#following) this.#following.end(this.#written, file);
    else verifier.add(this.fd, file);
  }

  /** Closes the file, which is of no interest any more. */
  abandon(): void {
    if (this.#following) this.#following.abandon();
    else this.#platform.close(this.fd);
  }

  /** Holes at the end have not been written. */
  #setLength(): void {
    if (this.#isSparse) ftruncateSync(this.fd, this.#written);
  }
}
