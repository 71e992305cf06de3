/** The walk over what was chosen of a tree, as the plan has decided. */
import { siblingName } from '../place/names.ts';
import { Choice, type Choices } from '../plan/choices.ts';
import type { RestoreWalk, Visit } from '../plan/walk.ts';

export type ChosenVisit = Visit & { passed?: boolean };

/** The walk over what was chosen. */
export class ChosenWalk {
  readonly #walk: RestoreWalk;
  readonly #choices: Choices | undefined;
  /** of the folders on the way down */
  readonly #passed: boolean[] = [];
  #place = 0;

  constructor(walk: RestoreWalk, choices: Choices | undefined) {
    this.#walk = walk;
    this.#choices = choices;
  }

  next(): ChosenVisit | 'load' | undefined {
    for (;;) {
      const visit = this.#walk.next();
      if (!this.#choices || visit === undefined || visit === 'load') return visit;
      const chosen = this.#choose(visit, this.#choices.at(this.#place++));
      if (chosen) return chosen;
    }
  }

  async load(): Promise<ChosenVisit | undefined> {
    const visit = await this.#walk.load();
    return visit && this.#passed.pop() ? { ...visit, passed: true } : visit;
  }

  #choose(visit: Visit, choice: Choice): ChosenVisit | undefined {
    const isFolder = visit.type === 'enter';
    if (choice === Choice.omit) {
      if (isFolder) this.#walk.skip();
      return undefined;
    }
    const passed = choice === Choice.pass || choice === Choice.passBeside;
    if (isFolder) this.#passed.push(passed);
    if (choice === Choice.take) return visit;
    if (choice === Choice.pass) return { ...visit, passed };
    const { entry } = visit;
    return { ...visit, passed, entry: { ...entry, name: siblingName(entry.name, entry) } };
  }
}
