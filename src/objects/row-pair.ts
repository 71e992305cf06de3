/** Two rows of one name that were compared, decoded as far as they are looked at: of most differences only letter and path are told. */
import { type EntryPair, sameContent, sameEntry } from './entry-diff.ts';
import type { EntryView } from './entry-view.ts';
import type { Change, ChangeLetter, Entry } from './model.ts';
import { joinPath } from './names.ts';

/** As `sameEntry`, which is asked only where neither shows from how they are encoded. */
export function sameView(a: EntryView, b: EntryView): boolean {
  return a.isLike(b) || (!a.isApart(b) && sameEntry(a.entry(), b.entry()));
}

export class RowPair implements EntryPair {
  readonly folder: Buffer;
  readonly oldView: EntryView | undefined;
  readonly newView: EntryView | undefined;
  /** undefined when nothing differs that a person would call a change */
  readonly letter: ChangeLetter | undefined;
  #old: Entry | undefined;
  #new: Entry | undefined;

  /** @param differs false only where both are there and `sameView` */
  constructor(
    folder: Buffer,
    oldView: EntryView | undefined,
    newView: EntryView | undefined,
    differs: boolean,
  ) {
    this.folder = folder;
    this.oldView = oldView;
    this.newView = newView;
    if (!oldView) this.letter = 'A';
    else if (!newView) this.letter = 'D';
    else if (oldView.kind !== newView.kind) this.letter = 'T';
    else this.letter = differs ? 'M' : undefined;
  }

  /** The same, with nothing decoded yet: what was kept for long would keep for as long what is decoded then. */
  afresh(): RowPair {
    return new RowPair(this.folder, this.oldView, this.newView, this.letter !== undefined);
  }

  get rows(): this {
    return this;
  }

  /** The new one where there is one. */
  get view(): EntryView {
    return (this.newView ?? this.oldView)!;
  }

  get path(): Buffer {
    return joinPath(this.folder, this.view.name);
  }

  /** @throws DAMAGED as `EntryView.entry` */
  get old(): Entry | undefined {
    this.#old ??= this.oldView?.entry();
    return this.#old;
  }

  /** @throws as `old` */
  get new(): Entry | undefined {
    this.#new ??= this.newView?.entry();
    return this.#new;
  }

  /** The content is the same. @throws as `old` */
  get metadataOnly(): boolean {
    if (this.letter !== 'M') return false;
    return this.newView!.hasContentOf(this.oldView!) || sameContent(this.old!, this.new!);
  }
}

/** The row of a changes object, where something differs. @throws DAMAGED */
export function changeOfRows(pair: RowPair): Change | undefined {
  const { letter, path, metadataOnly, view } = pair;
  return letter && { path, letter, kind: view.kind, id: view.id, metadataOnly };
}
