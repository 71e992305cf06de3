/** Differences between two versions, as `status`, `diff`, `show` and `log --stat` print them. */
import {
  type Change,
  type Difference,
  type Entry,
  type MetadataChange,
  metadataChanges,
} from '../../index.ts';
import type { Colour, Paint } from '../text/colour.ts';
import { formatCount, formatSize, formatTime } from '../text/format.ts';
import { jsonTime, nameFields } from '../text/json.ts';
import { entryFields } from '../text/json-entry.ts';
import { printableLine, quote } from '../text/quoting.ts';

type Letter = Difference['letter'];

const COLOURS: Record<Letter, Colour> = { A: 'green', M: 'yellow', D: 'red', T: 'cyan', R: 'cyan' };

export function paintLetter(paint: Paint, letter: Letter): string {
  return paint(COLOURS[letter], letter);
}

/** `mode 644 → 755, owner alice → bob`; empty where only the content differs. */
export function metadataText(old: Entry | undefined, next: Entry | undefined): string {
  if (!old || !next || old.kind !== next.kind) return '';
  return metadataChanges(old, next).map(oneChange).join(', ');
}

function oneChange(change: MetadataChange): string {
  switch (change.field) {
    case 'mode':
      return `mode ${modeDigits(change.old)} → ${modeDigits(change.new)}`;
    case 'owner':
    case 'group':
      return `${change.field} ${account(change.old)} → ${account(change.new)}`;
    case 'mtime': {
      const { old, new: next } = change;
      // To the second, unless only what is behind it differs.
      const exact = old?.s === next?.s;
      const text = (time: typeof old): string =>
        time === undefined ? '?' : exact ? jsonTime(time.s, time.ns) : formatTime(time.s);
      return `mtime ${text(old)} → ${text(next)}`;
    }
    case 'xattr':
      return `xattr ${quote(change.name)} ${{ A: 'added', M: 'changed', D: 'removed' }[change.letter]}`;
  }
}

function modeDigits(mode: number | undefined): string {
  return mode === undefined ? '?' : mode.toString(8).padStart(3, '0');
}

function account(name: string | undefined): string {
  return name === undefined ? '?' : printableLine(name);
}

/** The fields of a difference in a JSON document; `changed` names the metadata that differs. */
export function differenceFields(difference: Difference): object {
  const { path, letter, from, similarity, metadataOnly, old, new: next } = difference;
  const changed = old && next && old.kind === next.kind ? metadataChanges(old, next) : [];
  return {
    letter,
    ...nameFields(path),
    ...(from && nameFields(from, 'from')),
    ...(similarity !== undefined && { similarity }),
    metadata_only: metadataOnly,
    changed: [...new Set(changed.map(({ field }) => field))],
    ...(old && { old: withoutPath(entryFields(from ?? path, old)) }),
    ...(next && { new: withoutPath(entryFields(path, next)) }),
  };
}

function withoutPath({ path: _path, path_b64: _bytes, ...fields }: Record<string, unknown>): object {
  return fields;
}

/** The fields of a row of a changes object. */
export function changeFields({ path, letter, metadataOnly, id }: Change): object {
  return { letter, ...nameFields(path), metadata_only: metadataOnly, id };
}

/** How many of each letter there were, and by how many bytes the files have grown. */
export class ChangeTotals {
  readonly letters: Record<Letter, number> = { A: 0, M: 0, D: 0, T: 0, R: 0 };
  bytes = 0;
  readonly #withBytes: boolean;

  /** Sizes have to be decoded, so `bytes` stays 0 unless they are asked for. */
  constructor({ withBytes = false } = {}) {
    this.#withBytes = withBytes;
  }

  add(difference: Difference): void {
    this.letters[difference.letter]++;
    if (this.#withBytes) this.bytes += sizeChange(difference);
  }

  /** The same groups of differences, counted as they pass. */
  async *ofGroups(groups: AsyncIterable<Difference[]>): AsyncGenerator<Difference[], void, undefined> {
    for await (const group of groups) {
      for (const difference of group) this.add(difference);
      yield group;
    }
  }

  /** The same differences, counted as they pass. */
  async *of(differences: AsyncIterable<Difference>): AsyncGenerator<Difference, void, undefined> {
    for await (const difference of differences) {
      this.add(difference);
      yield difference;
    }
  }

  get count(): number {
    const { A, M, D, T, R } = this.letters;
    return A + M + D + T + R;
  }

  /** `3 added, 1 modified, 2 deleted` */
  get text(): string {
    const { A, M, D, T, R } = this.letters;
    const parts = [
      [A, 'added'],
      [M, 'modified'],
      [D, 'deleted'],
      [R, 'renamed'],
      [T, 'of another type'],
    ] as const;
    const named = parts.filter(([n]) => n > 0).map(([n, word]) => `${formatCount(n)} ${word}`);
    return named.length === 0 ? 'no changes' : named.join(', ');
  }
}

function sizeChange({ old, new: next }: Difference): number {
  return (next?.size ?? 0) - (old?.size ?? 0);
}

/** `+12.3 kB`, `-3 bytes`, `0 bytes` */
export function signedSize(bytes: number): string {
  const sign = bytes > 0 ? '+' : bytes < 0 ? '-' : '';
  return sign + formatSize(Math.abs(bytes));
}

const STAT_COLUMN = 12;

/** The front of a line of `--stat`: letter and change of size. */
export function statHead(difference: Difference, paint: Paint): string {
  const { letter, metadataOnly } = difference;
  const what = metadataOnly && letter !== 'R' ? 'metadata' : signedSize(sizeChange(difference));
  return `${paintLetter(paint, letter)} ${what.padStart(STAT_COLUMN)}  `;
}
