/** A command that lists: one loop for text, `--json-lines` and `--json`. */
import { BaseCommand } from './base-command.ts';

export type Piece = string | Uint8Array;
type Many<T> = Iterable<T> | AsyncIterable<T>;

export abstract class ListingCommand extends BaseCommand {
  /**
   * Prints each row as it comes: its fields with `--json-lines`, else the pieces of its text.
   * @returns with `--json` the fields of all rows, for the document; else none
   */
  protected async list<T>(
    rows: Many<T>,
    fields: (row: T) => object | Promise<object>,
    text: (row: T) => Many<Piece>,
  ): Promise<object[]> {
    const all: object[] = [];
    for await (const row of rows) {
      this.signal.throwIfAborted();
      if (this.json) all.push(await fields(row));
      else if (this.jsonLines) await this.row(await fields(row));
      else await this.#printPieces(text(row));
    }
    return all;
  }

  /** Waits for nothing where that can be: a listing has many rows. */
  async #printPieces(pieces: Many<Piece>): Promise<void> {
    if (!Array.isArray(pieces)) {
      for await (const piece of pieces) await this.print(piece);
      return;
    }
    for (const piece of pieces) {
      const full = this.print(piece);
      if (full) await full;
    }
  }

  /** How names are printed, for those who render them. */
  protected get names(): NameStyle {
    return { name: (bytes) => this.name(bytes), eol: this.eol };
  }
}

export interface NameStyle {
  name(bytes: Buffer): string | Buffer;
  eol: '\0' | '\n';
}
