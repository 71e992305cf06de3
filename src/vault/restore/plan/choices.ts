/**
 * What a plan has decided about each name of a tree, for the walk that carries it out: a byte a name, in the order of the
 * walk. Nothing is kept of what is in a folder that is left out.
 */

export const Choice = {
  /** not written, with all that is in it */
  omit: 0,
  take: 1,
  /** a folder that is there already: made in the stage for what is in it, and no more */
  pass: 2,
  /** written beside what is there, as `name.<first 8 digits of its SHA-256>` */
  beside: 3,
  /** a folder that is beside what is there since an earlier restore: as `pass`, under that name */
  passBeside: 4,
} as const;
export type Choice = (typeof Choice)[keyof typeof Choice];

const FIRST_BYTES = 4096;

export class Choices {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The place of the choice. */
  push(choice: Choice): number {
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#length * 2);
    this.#bytes[this.#length] = choice;
    return this.#length++;
  }

  /** The folder at `place` is left out after all. */
  omit(place: number): void {
    this.#bytes[place] = Choice.omit;
    this.#length = place + 1;
  }

  at(place: number): Choice {
    return this.#bytes[place] as Choice;
  }
}
