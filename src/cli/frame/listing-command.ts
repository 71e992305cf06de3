/** A command that lists: one loop for text, `--json-lines` and `--json`. */
import { type PrintedName, pathQuoter, rawPath } from '../text/quoting.ts';
import { BaseCommand } from './base-command.ts';

export type Piece = string | Uint8Array;
type Many<T> = Iterable<T> | AsyncIterable<T>;
type FieldsOf<T> = (row: T) => object | Promise<object>;
type TextOf<T> = (row: T) => string | Many<Piece>;

export abstract class ListingCommand extends BaseCommand {
  #names: NameStyle | undefined;

  /**
   * Prints each row as it comes: its fields with `--json-lines`, else the pieces of its text.
   * @returns with `--json` the fields of all rows, for the document; else none
   */
  protected async list<T>(rows: Many<T>, fields: FieldsOf<T>, text: TextOf<T>): Promise<object[]> {
    const all: object[] = [];
    for await (const row of rows) {
      const written = this.#row(row, all, fields, text);
      if (written) await written;
    }
    return all;
  }

  /** The same for rows that come many at a time. */
  protected async listGroups<T>(
    groups: Many<readonly T[]>,
    fields: FieldsOf<T>,
    text: TextOf<T>,
  ): Promise<object[]> {
    const all: object[] = [];
    for await (const rows of groups) {
      for (const row of rows) {
        const written = this.#row(row, all, fields, text);
        if (written) await written;
      }
    }
    return all;
  }

  /** Waits for nothing where that can be: a listing has many rows. */
  #row<T>(row: T, all: object[], fields: FieldsOf<T>, text: TextOf<T>): Promise<void> | undefined {
    this.signal.throwIfAborted();
    return this.speaksJson ? this.#fields(fields(row), all) : this.#pieces(text(row));
  }

  async #fields(fields: object | Promise<object>, all: object[]): Promise<void> {
    if (this.json) all.push(await fields);
    else await this.row(await fields);
  }

  #pieces(pieces: string | Many<Piece>): Promise<void> | undefined {
    if (typeof pieces === 'string') return this.print(pieces);
    if (!Array.isArray(pieces)) return this.#streamed(pieces);
    let full: Promise<void> | undefined;
    for (const piece of pieces) full = this.print(piece) ?? full;
    return full;
  }

  async #streamed(pieces: Many<Piece>): Promise<void> {
    for await (const piece of pieces) await this.print(piece);
  }

  /** How names are printed, for those who render them. */
  protected get names(): NameStyle {
    this.#names ??= {
      name: (bytes) => this.name(bytes),
      nameIn: this.eol === '\0' ? rawPath : pathQuoter(),
      eol: this.eol,
    };
    return this.#names;
  }
}

export interface NameStyle {
  name(bytes: Buffer): string | Buffer;
  /** `folder/name` of many names of one folder after the other */
  nameIn(folder: Buffer, entry: PrintedName): string | Buffer;
  eol: '\0' | '\n';
}
