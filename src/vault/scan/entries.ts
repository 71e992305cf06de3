/** The entries of what a scan meets new or changed: what `lstat` said, and what has to be read besides. */
import type { EntryView } from '../../objects/entry-view.ts';
import { type Entry, Flag, Kind, type Xattr } from '../../objects/model.ts';
import type { Platform, Stat } from '../../platform/platform.ts';
import { EMPTY_CONTENT } from '../../store/id.ts';
import type { ObjectWriter } from '../../store/store.ts';
import { type SealedFile, storeXattrs } from './sealer.ts';
import { entryOf, isRacy, setContent } from './stat-entry.ts';

export class EntryMaker {
  readonly #platform: Platform;
  readonly #writer: ObjectWriter;
  /** seconds since 1970 */
  readonly #now: () => number;

  constructor(platform: Platform, writer: ObjectWriter, now: () => number) {
    this.#platform = platform;
    this.#writer = writer;
    this.#now = now;
  }

  /**
   * A file's, once its content is stored.
   * @param metAt seconds since 1970: before it was read
   */
  file(name: Buffer, stat: Stat, fs: number, sealed: SealedFile, metAt: number): Entry {
    const entry = entryOf(this.#platform, name, stat, sealed.id, fs);
    const racy = sealed.unstable || isRacy(stat, metAt) ? Flag.racy : 0;
    const sparse = stat.allocated < stat.size ? Flag.sparse : 0;
    setContent(entry, sealed, racy | sparse);
    return entry;
  }

  /** A symlink's, fifo's, socket's or device's. @throws Node's errors */
  async other(name: Buffer, stat: Stat, fs: number, path: Buffer): Promise<Entry> {
    const entry = this.#plain(name, stat, fs);
    if (stat.kind === Kind.symlink) {
      entry.target = this.#platform.readlink(path);
      entry.size = entry.target.length;
      entry.id = await this.#writer.putChunk(entry.target);
    }
    const xattrs = await this.#xattrs(path);
    if (xattrs) entry.xattrs = xattrs;
    return entry;
  }

  /** A folder's but for its tree. Attributes are read again only when the change time says so. @throws Node's errors */
  async folder(
    name: Buffer,
    stat: Stat,
    fs: number,
    path: Buffer,
    previous: EntryView | undefined,
  ): Promise<Entry> {
    const entry = this.#plain(name, stat, fs);
    const xattrs = previous?.isUnchanged(stat, fs) ? previous.entry().xattrs : await this.#xattrs(path);
    if (xattrs) entry.xattrs = xattrs;
    return entry;
  }

  #plain(name: Buffer, stat: Stat, fs: number): Entry {
    const entry = entryOf(this.#platform, name, stat, EMPTY_CONTENT, fs);
    if (isRacy(stat, this.#now())) entry.flags = Flag.racy;
    return entry;
  }

  async #xattrs(path: Buffer): Promise<Xattr[] | undefined> {
    if (!this.#platform.abilities.xattrs) return undefined;
    const xattrs = this.#platform.listXattrs(path);
    return xattrs.length > 0 ? storeXattrs(this.#writer, xattrs) : undefined;
  }
}
