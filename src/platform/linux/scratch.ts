/**
 * Memory of ours whose address libc gets, over and over. It has to lie outside V8's heap (where typed arrays of up to 64
 * bytes begin their life, and move), and somebody has to hold it: an address alone keeps nothing alive. Scratch memory is
 * never freed; a thread has a dozen pieces of it.
 */
import type { Libc } from './libc.ts';

export interface Scratch {
  readonly memory: Buffer<ArrayBuffer>;
  readonly pointer: number;
}

const held: Scratch[] = [];

export function scratch(libc: Libc, bytes: number): Scratch {
  const memory = Buffer.from(new ArrayBuffer(bytes));
  const made = { memory, pointer: libc.address(memory) };
  held.push(made);
  return made;
}
