/** The index in memory, behind the interface of the one in LevelDB: for a model, whose processes are begun by the thousand. */
import type { IndexDb, IndexReader, IndexWriter, KeyRange } from '../../../src/store/index/db.ts';

type Entries = Map<string, Buffer>;

/** Only what `ObjectIndex` and `refreshIndex` call. */
export class MemoryIndex
  implements
    Pick<IndexDb, 'path' | 'now' | 'read' | 'write' | 'markComplete' | 'replace' | 'release' | 'close'>
{
  readonly path = 'memory';
  #entries: Entries = new Map();
  #isComplete = false;
  #generation = 0;

  /** One that knows the same. */
  copy(): MemoryIndex {
    const copy = new MemoryIndex();
    copy.#entries = new Map(this.#entries);
    copy.#isComplete = this.#isComplete;
    return copy;
  }

  now<T>(slice: (reader: IndexReader) => T): T {
    return slice(this.#reader());
  }

  async read<T>(slice: (reader: IndexReader) => T | Promise<T>): Promise<T> {
    return slice(this.#reader());
  }

  async write<T>(slice: (writer: IndexWriter) => T | Promise<T>): Promise<T> {
    const changes: (() => void)[] = [];
    const result = await slice({
      ...this.#reader(),
      put: (key, value) => {
        const copy = Buffer.from(value);
        const at = key.toString('latin1');
        changes.push(() => this.#entries.set(at, copy));
      },
      del: (key) => {
        const at = key.toString('latin1');
        changes.push(() => this.#entries.delete(at));
      },
    });
    for (const change of changes) change();
    return result;
  }

  async markComplete(generation: string): Promise<boolean> {
    if (generation !== String(this.#generation)) return false;
    this.#isComplete = true;
    return true;
  }

  async replace(generation: string): Promise<void> {
    if (generation !== String(this.#generation)) return;
    this.#entries = new Map();
    this.#isComplete = false;
    this.#generation++;
  }

  async release(): Promise<void> {}

  async close(): Promise<void> {}

  #reader(): IndexReader {
    return {
      generation: String(this.#generation),
      complete: this.#isComplete,
      get: (key) => this.#entries.get(key.toString('latin1')),
      entries: async (range, limit, reverse = false) => this.#within(range, limit, reverse),
    };
  }

  #within({ gte, lt }: KeyRange, limit: number, reverse: boolean): [Buffer, Buffer][] {
    const from = gte.toString('latin1');
    const to = lt.toString('latin1');
    const keys = [...this.#entries.keys()].filter((key) => key >= from && key < to).sort();
    if (reverse) keys.reverse();
    return keys.slice(0, limit).map((key) => [Buffer.from(key, 'latin1'), this.#entries.get(key)!]);
  }
}
