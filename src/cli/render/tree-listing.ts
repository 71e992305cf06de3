/** A command that lists trees: many rows at a time, since a snapshot may have a million. */
import { type EntryView, joinPath, type Run } from '../../index.ts';
import { ListingCommand, type Piece } from '../frame/listing-command.ts';
import { entryFields } from '../text/json-entry.ts';

/** Bytes that may not be text come in pieces. */
export type Line = string | readonly Piece[];

/** @param path as this run prints names */
export type LineOf = (entry: EntryView, path: string | Buffer) => Line;

export abstract class TreeListing extends ListingCommand {
  /**
   * Prints each row as it comes: as an object with `--json-lines`, else as `lineOf` says.
   * @returns with `--json` the fields of all rows, for the document; else none
   */
  protected async listRuns(
    runs: AsyncIterable<Run<EntryView>> | Iterable<Run<EntryView>>,
    lineOf: LineOf,
  ): Promise<Record<string, unknown>[]> {
    const all: Record<string, unknown>[] = [];
    const { nameIn } = this.names;
    for await (const { folder, entries } of runs) {
      this.signal.throwIfAborted();
      if (this.json) for (const view of entries) all.push(viewFields(folder, view));
      else if (this.jsonLines) for (const view of entries) await this.row(viewFields(folder, view));
      else {
        for (const entry of entries) {
          const full = this.#printLine(lineOf(entry, nameIn(folder, entry)));
          if (full) await full;
        }
      }
    }
    return all;
  }

  #printLine(line: Line): Promise<void> | undefined {
    if (typeof line === 'string') return this.print(line);
    let full: Promise<void> | undefined;
    for (const piece of line) full = this.print(piece) ?? full;
    return full;
  }
}

function viewFields(folder: Buffer, view: EntryView): Record<string, unknown> {
  return entryFields(joinPath(folder, view.name), view.entry());
}
