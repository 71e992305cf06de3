/** Histories of any shape: what is given, in which order, and what is left out. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Id } from '../../src/index.ts';
import { type AncestorOptions, ancestors } from '../../src/vault/history/ancestry.ts';
import { Heap } from '../../src/vault/history/heap.ts';
import { idOf, MemoryObjects } from '../refs/memory-objects.ts';

/** Snapshot n has the parents `shape[n]`, all smaller numbers. */
async function history(shape: readonly number[][]): Promise<{ objects: MemoryObjects; ids: Id[] }> {
  const objects = new MemoryObjects();
  const ids: Id[] = [];
  const generations: number[] = [];
  for (const [n, parents] of shape.entries()) {
    const generation = Math.max(-1, ...parents.map((parent) => generations[parent]!)) + 1;
    generations.push(generation);
    const fields = { generation, parents: parents.map((parent) => ids[parent]!), timeS: (n * 7) % 11 };
    ids.push(await objects.snapshot(fields, idOf(n.toString(16).padStart(4, '0'))));
  }
  return { objects, ids };
}

function reached(shape: readonly number[][], from: readonly number[], firstParent = false): Set<number> {
  const found = new Set<number>();
  const open = [...from];
  for (let n = open.pop(); n !== undefined; n = open.pop()) {
    if (found.has(n)) continue;
    found.add(n);
    open.push(...(firstParent ? shape[n]!.slice(0, 1) : shape[n]!));
  }
  return found;
}

const shapes = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 25 })
  .map((rows) => rows.map((row, n) => [...new Set(n === 0 ? [] : row.map((value) => value % n))]));

test('what tips lead to and excluded ones do not, each once, children first', async () => {
  const numbers = fc.array(fc.nat(), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(shapes, numbers, numbers, async (shape, some, others) => {
      const tips = some.map((n) => n % shape.length);
      const excluded = others.map((n) => n % shape.length);
      const { objects, ids } = await history(shape);
      const list = async (options: AncestorOptions): Promise<number[]> => {
        const found: number[] = [];
        for await (const { id } of ancestors(
          objects,
          tips.map((n) => ids[n]!),
          options,
        ))
          found.push(id.readUInt16BE(0));
        return found;
      };
      const found = await list({ excluded: excluded.map((n) => ids[n]!) });
      const without = reached(shape, excluded);
      const expected = [...reached(shape, tips)].filter((n) => !without.has(n));
      assert.equal([...found].sort(), expected.sort());
      for (const [i, n] of found.entries())
        for (const parent of shape[n]!)
          assert.not.ok(found.slice(0, i).includes(parent), `${parent} before ${n}`);
      assert.equal((await list({ firstParent: true })).sort(), [...reached(shape, tips, true)].sort());
    }),
    { numRuns: 200 },
  );
});

test('a heap gives what it got, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20))), (steps) => {
      const heap = new Heap<number>((a, b) => a > b);
      const held: number[] = [];
      for (const step of steps) {
        if (step === null) assert.is(heap.pop(), held.sort((a, b) => a - b).pop());
        else {
          heap.push(step);
          held.push(step);
        }
        assert.is(heap.size, held.length);
      }
    }),
  );
});

test.run();
