/**
 * Explores all interleavings of some processes, one operation on the storage at a time: every state that they can reach is looked at, and
 * every state counts as a crash, since a process that is never chosen again has died there, and one that is chosen late was paused.
 *
 * An explicit-state search whose transition function is the program itself (as in CMC: Musuvathi, Park, Chou, Engler and Dill,
 * OSDI 2002), remembered by behaviour.ts. A state is what lies in the storage and what each process has seen so far; equal states
 * are visited once. What is reduced: a reading operation whose answer no other process can change any more commutes with all that
 * can follow, so it is made at once and alone (a persistent set of one: Godefroid, LNCS 1032, 1996). What others can still change is learnt
 * in the search itself: it is repeated until it has learnt nothing new, and only that last pass counts.
 *
 * With a bound on pre-emptions (Musuvathi and Qadeer, PLDI 2007) only those interleavings are explored in which a process that could
 * go on is left at most so often.
 */
import { Behaviour, type Node } from './behaviour.ts';
import { Examiner, type ExaminerOptions } from './examiner.ts';
import { Future } from './future.ts';
import { type Contents, changedKeys } from './storage.ts';
import { Tuples } from './tuples.ts';
import type { Actor, World } from './world.ts';

export interface SearchOptions extends ExaminerOptions {
  /** when the rest is left: of `performance.now()` */
  deadline: number;
  /** states of one pass; some 100 bytes each */
  mostStates: number;
  /** as many as there are unless given */
  preemptions?: number;
}

export interface Found {
  /** every interleaving (within the bound on pre-emptions) was looked at, or a fault was found */
  exhausted: boolean;
  /** of the last pass */
  states: number;
  transitions: number;
  /** states in which every process has ended */
  ends: number;
  /** different contents of the storage, of all passes */
  contents: number;
  /** what the processes have seen, told apart */
  histories: number;
  /** times that a process's code was run from its beginning */
  runs: number;
  passes: number;
  violation?: Violation;
}

export interface Violation {
  message: string;
  /** names of processes, one for each operation */
  schedule: string[];
}

/** Passes after which learning is given up. */
const MOST_PASSES = 40;

export async function search(world: World, actors: readonly Actor[], options: SearchOptions): Promise<Found> {
  return new Search(world, actors, options).run();
}

interface State {
  contents: Contents;
  nodes: readonly Node[];
  /** the process that moved last, -1 for none; and how often one was left that could go on, -1 where that is not bounded */
  last: number;
  preemptions: number;
}

class Search {
  readonly #world: World;
  readonly #actors: readonly Actor[];
  readonly #options: SearchOptions;
  readonly #behaviours: Behaviour[];
  readonly #future: Future;
  readonly #examiner: Examiner;
  readonly #found: Found = {
    exhausted: false,
    states: 0,
    transitions: 0,
    ends: 0,
    contents: 0,
    histories: 0,
    runs: 0,
    passes: 0,
  };
  /** of the states of this pass, by number: who came there, from which */
  #from: number[] = [];
  #by: number[] = [];
  #seen: Tuples;
  /** to be gone on from */
  #open: { state: State; number: number }[] = [];

  constructor(world: World, actors: readonly Actor[], options: SearchOptions) {
    this.#world = world;
    this.#actors = actors;
    this.#options = options;
    const { storage } = world;
    this.#behaviours = actors.map((actor, i) => new Behaviour(storage, i + 1, world.body(actor)));
    this.#future = new Future(this.#behaviours);
    this.#examiner = new Examiner(world, actors, options);
    this.#seen = this.#nothingSeen();
  }

  async run(): Promise<Found> {
    const found = this.#found;
    for (let learnt = true; learnt && !found.violation && found.passes < MOST_PASSES; ) {
      const isDone = await this.#pass();
      found.passes++;
      learnt = this.#future.learn();
      found.exhausted = found.violation !== undefined || (isDone && !learnt);
      if (!isDone) break;
    }
    found.contents = this.#world.storage.contentsCount;
    found.histories = this.#behaviours.reduce((sum, { nodes }) => sum + nodes.length, 0);
    found.runs = this.#behaviours.reduce((sum, { runs }) => sum + runs, 0);
    return found;
  }

  /** False when it was stopped by a limit. */
  async #pass(): Promise<boolean> {
    const { deadline, mostStates, preemptions } = this.#options;
    const found = this.#found;
    Object.assign(found, { states: 0, transitions: 0, ends: 0 });
    this.#from = [];
    this.#by = [];
    this.#seen = this.#nothingSeen();
    const nodes = await Promise.all(this.#behaviours.map((behaviour) => behaviour.root()));
    const none = preemptions === undefined ? -1 : 0;
    await this.#visit({ contents: this.#world.start, nodes, last: -1, preemptions: none }, -1, -1);
    for (let top = this.#open.pop(); top && !found.violation; top = this.#open.pop()) {
      const isLate = (found.states & 255) === 0 && performance.now() > deadline;
      if (isLate || found.states > mostStates) {
        this.#open = [];
        return false;
      }
      const { state, number } = top;
      const movers = this.#movers(state);
      if (movers.length === 0) found.ends++;
      for (const i of movers) {
        const next = await this.#move(state, i, number);
        if (next) await this.#visit(next, number, i);
        if (found.violation) break;
      }
    }
    return true;
  }

  /** Takes a state up unless it was there before. */
  async #visit(state: State, from: number, by: number): Promise<void> {
    const { contents, nodes, last, preemptions } = state;
    const key = [contents.id, ...nodes.map(({ id }) => id)];
    if (preemptions >= 0) key.push(last + 1, preemptions);
    if (!this.#seen.add(key)) return;
    const number = this.#from.push(from) - 1;
    this.#by.push(by);
    this.#open.push({ state, number });
    this.#found.states++;
    const message = await this.#examiner.wrongWith(contents, nodes, by);
    if (message !== undefined) this.#found.violation = { message, schedule: this.#scheduleTo(number) };
  }

  #nothingSeen(): Tuples {
    return new Tuples(this.#actors.length + (this.#options.preemptions === undefined ? 1 : 3));
  }

  /** Which processes are to be tried. */
  #movers({ nodes, last, preemptions }: State): number[] {
    const able = nodes.flatMap(({ operation }, i) => (operation ? [i] : []));
    const alone = able.find((i) => this.#future.isAlone(nodes, i));
    if (alone !== undefined) return [alone];
    const isSpent = preemptions === this.#options.preemptions;
    return isSpent && able.includes(last) ? [last] : able;
  }

  async #move(
    { contents, nodes, last, preemptions }: State,
    i: number,
    number: number,
  ): Promise<State | undefined> {
    const node = nodes[i]!;
    const operation = node.operation!;
    const message =
      changedKeys(operation).length > 0 && (await this.#examiner.wrongOperation(contents, operation, i));
    if (message) {
      this.#found.violation = { message, schedule: [...this.#scheduleTo(number), this.#actors[i]!.name] };
      return undefined;
    }
    const { contents: after, answer } = this.#world.storage.apply(contents, operation);
    const next = node.next.get(answer) ?? (await this.#behaviours[i]!.learn(node, answer));
    this.#found.transitions++;
    const moved = nodes.with(i, next);
    if (preemptions < 0) return { contents: after, nodes: moved, last, preemptions };
    if (this.#future.isAlone(nodes, i)) return { contents: after, nodes: moved, last, preemptions };
    const left = i !== last && nodes[last]?.operation ? 1 : 0;
    return { contents: after, nodes: moved, last: i, preemptions: preemptions + left };
  }

  #scheduleTo(number: number): string[] {
    const schedule: string[] = [];
    for (let at = number; this.#from[at]! >= 0; at = this.#from[at]!) {
      schedule.push(this.#actors[this.#by[at]!]!.name);
    }
    return schedule.reverse();
  }
}
