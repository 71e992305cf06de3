/** The file systems that a scan meets, by ordinals that stay the same from one snapshot to the next: 0 is the root's. */

/** Mount points that are taken over from the parent snapshot; where there are more, their ordinals are given anew. */
const MOST_KNOWN = 1000;

export class MountPoints {
  /** relative to the root, in the order of their ordinals */
  readonly paths: Buffer[];
  /** device → ordinal */
  readonly #ordinals = new Map<number, number>();

  /** @param known those of the parent snapshot */
  constructor(known: readonly Buffer[] = []) {
    this.paths = known.length <= MOST_KNOWN ? [...known] : [];
  }

  /** The ordinal of a device; `path`, relative to the root, is where it was met. */
  ordinalOf(device: number, path: Buffer): number {
    const known = this.#ordinals.get(device);
    if (known !== undefined) return known;
    const before = this.paths.findIndex((mount) => mount.equals(path));
    const ordinal = before >= 0 ? before : this.paths.push(path) - 1;
    this.#ordinals.set(device, ordinal);
    return ordinal;
  }
}
