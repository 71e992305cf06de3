/**
 * A store in memory, for tests and for libraries that want no disk. Gone with the process.
 */
import { VaultError } from '../../errors.ts';
import type { BackendAbilities, BackendEntry, ListOptions, SyncBackend } from './backend.ts';
import { assertKey, assertPrefix, totalLength } from './key.ts';

export class MemoryBackend implements SyncBackend {
  readonly location = 'memory';
  readonly abilities: BackendAbilities = { sync: true, writable: true };
  readonly #stored = new Map<string, Buffer>();

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    assertKey(key);
    const total = totalLength(key, parts);
    if (this.#stored.has(key)) return false;
    this.#stored.set(key, Buffer.concat(parts, total));
    return true;
  }

  async read(key: string, offset?: number, length?: number): Promise<Buffer> {
    return this.readSync(key, offset, length);
  }

  readSync(key: string, offset = 0, length?: number): Buffer {
    assertKey(key);
    const bytes = this.#stored.get(key);
    if (!bytes) throw new VaultError('NOT_FOUND', `there is no ${key} in memory`, { subject: key });
    const end = length === undefined ? bytes.length : offset + length;
    if (offset < 0 || end < offset || end > bytes.length) {
      const message = `${key} has ${bytes.length} bytes, but bytes ${offset} to ${end} are needed`;
      throw new VaultError('DAMAGED', message, { subject: key });
    }
    const copy = Buffer.allocUnsafeSlow(end - offset);
    bytes.copy(copy, 0, offset, end);
    return copy;
  }

  async size(key: string): Promise<number | undefined> {
    return this.sizeSync(key);
  }

  sizeSync(key: string): number | undefined {
    assertKey(key);
    return this.#stored.get(key)?.length;
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<BackendEntry> {
    assertPrefix(prefix);
    const after = options.after ?? '';
    const keys = [...this.#stored.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (const key of keys.slice(0, options.limit)) {
      const size = this.sizeSync(key);
      if (size !== undefined) yield { key, size };
    }
  }

  async remove(key: string): Promise<void> {
    assertKey(key);
    this.#stored.delete(key);
  }

  async move(key: string, to: string): Promise<boolean> {
    assertKey(key);
    assertKey(to);
    const bytes = this.#stored.get(key);
    if (!bytes) return false;
    this.#stored.delete(key);
    this.#stored.set(to, bytes);
    return true;
  }

  async close(): Promise<void> {}
}
