/**
 * What each process may still change, at each point of what is known of it. A reading operation whose answer none of the others may
 * change is made alone. What is known grows in a pass; `learn` says whether that pass knew too little.
 */
import type { Behaviour, Node } from './behaviour.ts';
import { changedKeys, dependsOn, describe, type Operation } from './storage.ts';

/** Keys that may be changed; each set is there once. */
interface KeySet {
  id: number;
  keys: ReadonlySet<string>;
}

const NONE: KeySet = { id: 0, keys: new Set() };

export class Future {
  readonly #behaviours: readonly Behaviour[];
  /** by behaviour and node */
  #sets: KeySet[][];
  readonly #known = new Map<string, KeySet>([['', NONE]]);
  readonly #unions = new Map<string, KeySet>();
  readonly #operations = new Map<Operation, number>();
  readonly #operationNumbers = new Map<string, number>();
  readonly #touched = new Map<number, boolean>();

  constructor(behaviours: readonly Behaviour[]) {
    this.#behaviours = behaviours;
    this.#sets = behaviours.map(() => []);
  }

  /** The operation of a process reads, and what it reads nobody else may change any more. */
  isAlone(nodes: readonly Node[], i: number): boolean {
    const operation = nodes[i]!.operation!;
    if (operation.kind === 'create' || operation.kind === 'remove' || operation.kind === 'move') return false;
    const number = this.#numberOf(operation);
    for (let other = 0; other < nodes.length; other++) {
      if (other === i || !nodes[other]!.operation) continue;
      const set = this.#sets[other]![nodes[other]!.id] ?? NONE;
      if (set !== NONE && this.#touches(set, operation, number)) return false;
    }
    return true;
  }

  /** Takes in all that is known by now. False when nothing has changed for what a pass has gone by. */
  learn(): boolean {
    let hasGrown = false;
    for (const [i, { nodes }] of this.#behaviours.entries()) {
      const before = this.#sets[i]!;
      const sets: KeySet[] = new Array(nodes.length).fill(NONE);
      // A node comes after the one that it follows.
      for (let at = nodes.length - 1; at >= 0; at--) {
        const node = nodes[at]!;
        const own = node.operation ? this.#with(sets[at]!, changedKeys(node.operation)) : NONE;
        sets[at] = own;
        const parent = node.before?.node.id;
        if (parent !== undefined) sets[parent] = this.#union(sets[parent]!, own);
        if (own !== (before[at] ?? NONE)) hasGrown = true;
      }
      this.#sets[i] = sets;
    }
    return hasGrown;
  }

  #touches(set: KeySet, operation: Operation, number: number): boolean {
    const pair = number * 2 ** 26 + set.id;
    let touches = this.#touched.get(pair);
    if (touches === undefined) {
      touches = false;
      for (const key of set.keys) {
        if (!dependsOn(operation, key)) continue;
        touches = true;
        break;
      }
      this.#touched.set(pair, touches);
    }
    return touches;
  }

  #numberOf(operation: Operation): number {
    let number = this.#operations.get(operation);
    if (number === undefined) {
      const text = describe(operation);
      number = this.#operationNumbers.get(text) ?? this.#operationNumbers.size;
      this.#operationNumbers.set(text, number);
      this.#operations.set(operation, number);
    }
    return number;
  }

  #with(set: KeySet, keys: readonly string[]): KeySet {
    return keys.every((key) => set.keys.has(key)) ? set : this.#intern(new Set([...set.keys, ...keys]));
  }

  #union(one: KeySet, other: KeySet): KeySet {
    if (one === other || other === NONE) return one;
    if (one === NONE) return other;
    const pair = `${one.id} ${other.id}`;
    let union = this.#unions.get(pair);
    if (!union) {
      union = this.#intern(new Set([...one.keys, ...other.keys]));
      this.#unions.set(pair, union);
    }
    return union;
  }

  #intern(keys: ReadonlySet<string>): KeySet {
    const text = [...keys].sort().join('\n');
    let set = this.#known.get(text);
    if (!set) {
      set = { id: this.#known.size, keys };
      this.#known.set(text, set);
    }
    return set;
  }
}
