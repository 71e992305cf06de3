/**
 * What a process does, learnt from the real code: a tree whose nodes are what a process has seen so far (its answers, in order) and whose
 * edges are answers. A node tells the next operation. The code runs only where an answer was never given there before; a search over
 * millions of states runs it some thousand times.
 */
import { type Body, type Ending, Instance } from './instance.ts';
import { type Answer, describe, type Operation, type Storage } from './storage.ts';

export interface Node {
  /** counts from 0 within a behaviour */
  readonly id: number;
  readonly operation: Operation | undefined;
  readonly ending: Ending | undefined;
  readonly before: { node: Node; answer: Answer } | undefined;
  readonly next: Map<Answer, Node>;
}

/** Processes that wait at the ends of what is known, about 100 KB each. */
const MOST_KEPT = 200;

export class Behaviour {
  readonly #storage: Storage;
  readonly #number: number;
  readonly #body: Body;
  readonly nodes: Node[] = [];
  readonly #kept = new Map<Node, Instance>();
  /** times that the code was run from its beginning */
  runs = 0;

  constructor(storage: Storage, number: number, body: Body) {
    this.#storage = storage;
    this.#number = number;
    this.#body = body;
  }

  async root(): Promise<Node> {
    if (this.nodes.length > 0) return this.nodes[0]!;
    const instance = await this.#start();
    return this.#add(instance, undefined);
  }

  /** Where an answer leads that was never given there. */
  async learn(node: Node, answer: Answer): Promise<Node> {
    const instance = this.#kept.get(node) ?? (await this.#replay(node));
    this.#kept.delete(node);
    await instance.answer(answer);
    const next = this.#add(instance, { node, answer });
    node.next.set(answer, next);
    return next;
  }

  #start(): Promise<Instance> {
    this.runs++;
    return Instance.start(this.#storage, this.#number, this.#body);
  }

  #add(instance: Instance, before: Node['before']): Node {
    const { operation, ending } = instance;
    const node: Node = { id: this.nodes.length, operation, ending, before, next: new Map() };
    this.nodes.push(node);
    if (!operation) return node;
    this.#kept.set(node, instance);
    if (this.#kept.size > MOST_KEPT) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    return node;
  }

  async #replay(node: Node): Promise<Instance> {
    const path: { node: Node; answer: Answer }[] = [];
    for (let at = node.before; at; at = at.node.before) path.push(at);
    const instance = await this.#start();
    for (const { node: passed, answer } of path.reverse()) {
      assertSame(passed.operation, instance.operation);
      await instance.answer(answer);
    }
    assertSame(node.operation, instance.operation);
    return instance;
  }
}

function assertSame(known: Operation | undefined, now: Operation | undefined): void {
  const [one, other] = [known, now].map((operation) => operation && describe(operation));
  if (one !== other) throw new Error(`a process is not deterministic: ${one}, then ${other}`);
}
