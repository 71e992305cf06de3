/**
 * Open files of the packs read last. Packs never change, so an open file stays good; the least recently used is closed.
 */
import fs from 'node:fs';

export interface OpenFile {
  fd: number;
  size: number;
}

export class FdCache {
  readonly #limit: number;
  readonly #open: (key: string) => OpenFile;
  /** In order of use, the least recent first. */
  readonly #files = new Map<string, OpenFile>();
  #last: { key: string; file: OpenFile } | undefined;

  constructor(limit: number, open: (key: string) => OpenFile) {
    this.#limit = limit;
    this.#open = open;
  }

  get(key: string): OpenFile {
    if (this.#last?.key === key) return this.#last.file;
    let file = this.#files.get(key);
    if (file) {
      this.#files.delete(key);
    } else {
      file = this.#open(key);
      if (this.#files.size >= this.#limit) this.drop(this.#files.keys().next().value!);
    }
    this.#files.set(key, file);
    this.#last = { key, file };
    return file;
  }

  drop(key: string): void {
    const file = this.#files.get(key);
    if (!file) return;
    this.#files.delete(key);
    if (this.#last?.key === key) this.#last = undefined;
    fs.closeSync(file.fd);
  }

  clear(): void {
    for (const key of [...this.#files.keys()]) this.drop(key);
  }
}
