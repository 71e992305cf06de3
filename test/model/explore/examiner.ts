/** Says what is wrong with a state: with what lies in the storage, with how a process ended, or with what it was told. Equal questions are answered once. */
import type { ErrorCode } from '../../../src/index.ts';
import { Behaviour, type Node } from './behaviour.ts';
import type { Acknowledged } from './instance.ts';
import { Judge } from './judge.ts';
import { runAlone } from './run-alone.ts';
import type { Contents, Operation } from './storage.ts';
import type { Actor, World } from './world.ts';

export interface ExaminerOptions {
  /** run alone at each end: it must end well, and leave everything whole */
  last: Actor;
  /** also on each contents on the way: everybody has died there */
  lastEverywhere?: boolean;
  /** a process that ends with an error has lost nothing: that alone is nothing wrong, unless it is a failed assertion */
  onlyLosses?: boolean;
}

export class Examiner {
  readonly #world: World;
  readonly #actors: readonly Actor[];
  readonly #options: ExaminerOptions;
  readonly #last: Behaviour;
  readonly #judge: Judge;
  readonly #asked = new Set<string>();

  constructor(world: World, actors: readonly Actor[], options: ExaminerOptions) {
    this.#world = world;
    this.#actors = actors;
    this.#options = options;
    this.#last = new Behaviour(world.storage, actors.length + 1, world.body(options.last));
    this.#judge = new Judge(world.storage);
  }

  /** @param by the process that moved last; -1 at the beginning */
  async wrongWith(contents: Contents, nodes: readonly Node[], by: number): Promise<string | undefined> {
    const isNew = this.#isNew(`${contents.id}`);
    const wrong = isNew ? await this.#judge.wrongWith(contents) : undefined;
    if (wrong !== undefined) return wrong;
    const failure = this.#failureOf(nodes, by);
    if (failure !== undefined) return failure;
    for (const { ending } of nodes) {
      for (const promise of ending?.acknowledged ?? []) {
        const broken = await this.#broken(contents, promise);
        if (broken !== undefined) return broken;
      }
    }
    const isEnd = nodes.every(({ operation }) => !operation);
    return isEnd || (isNew && this.#options.lastEverywhere) ? this.#wrongAfterLast(contents) : undefined;
  }

  async wrongOperation(contents: Contents, operation: Operation, by: number): Promise<string | undefined> {
    return this.#actors[by]!.isLate ? undefined : this.#judge.wrongOperation(contents, operation);
  }

  #failureOf(nodes: readonly Node[], by: number): string | undefined {
    const ending = nodes[by]?.ending;
    if (ending?.code === undefined) return undefined;
    const { name, may = [] } = this.#actors[by]!;
    const isExpected = may.includes(ending.code as ErrorCode) || this.#options.onlyLosses === true;
    return isExpected && ending.code !== 'BUG' ? undefined : `${name} fails: ${ending.message}`;
  }

  async #broken(contents: Contents, promise: Acknowledged): Promise<string | undefined> {
    if (!this.#isNew(`${contents.id} ${JSON.stringify(promise)}`)) return undefined;
    return this.#judge.brokenPromise(contents, promise);
  }

  /** Everybody has ended or died: gc comes to its end, and everything is whole after that. */
  async #wrongAfterLast(contents: Contents): Promise<string | undefined> {
    if (!this.#isNew(`${contents.id} last`)) return undefined;
    const { contents: after, ending } = await runAlone(this.#world.storage, this.#last, contents);
    if (ending.code !== undefined) return `the last gc fails: ${ending.message}`;
    const wrong = await this.#judge.wrongWith(after);
    if (wrong !== undefined) return `after the last gc: ${wrong}`;
    const [left] = await this.#judge.sweptAndPresent(after);
    return left === undefined ? undefined : `after the last gc the swept pack ${left} is still there`;
  }

  #isNew(what: string): boolean {
    if (this.#asked.has(what)) return false;
    this.#asked.add(what);
    return true;
  }
}
