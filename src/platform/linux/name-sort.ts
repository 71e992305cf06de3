/**
 * Sorts NUL-terminated names bytewise by permuting their offsets: no name becomes an object.
 *
 * Multikey quicksort (Bentley and Sedgewick, "Fast algorithms for sorting and searching strings", SODA 1997), with
 * insertion sort for short ranges. Equal leading bytes are looked at once, so a folder full of `frame-000001.png` costs
 * little more than one of random names; at one depth there are at most 256 different bytes, which bounds bad pivots.
 */

/** Below this insertion sort wins; most folders are this small. */
const SHORT = 24;

/** Sorts `starts`: offsets in `names` of names that end with a NUL each. */
export function sortNames(names: Uint8Array, starts: Uint32Array): void {
  sortRange(names, starts, 0, starts.length, 0);
}

/** Sorts `starts[from, to)`, whose names agree in their first `depth` bytes. Recursion is at most log2(n) deep. */
function sortRange(names: Uint8Array, starts: Uint32Array, from: number, to: number, depth: number): void {
  while (to - from > SHORT) {
    const pivot = pivotByte(names, starts, from, to, depth);
    let less = from;
    let more = to;
    for (let i = from; i < more; ) {
      const start = starts[i]!;
      const byte = names[start + depth]!;
      if (byte < pivot) {
        starts[i++] = starts[less]!;
        starts[less++] = start;
      } else if (byte > pivot) {
        starts[i] = starts[--more]!;
        starts[more] = start;
      } else {
        i++;
      }
    }
    // Recurse into the two shorter parts, go on with the longest. Equal names that have ended are in order.
    const equal = pivot === 0 ? 0 : more - less;
    const below = less - from;
    const above = to - more;
    if (below >= equal && below >= above) {
      if (equal > 1) sortRange(names, starts, less, more, depth + 1);
      sortRange(names, starts, more, to, depth);
      to = less;
    } else if (above >= equal) {
      sortRange(names, starts, from, less, depth);
      if (equal > 1) sortRange(names, starts, less, more, depth + 1);
      from = more;
    } else {
      sortRange(names, starts, from, less, depth);
      sortRange(names, starts, more, to, depth);
      from = less;
      to = more;
      depth++;
    }
  }
  insertionSort(names, starts, from, to, depth);
}

function pivotByte(names: Uint8Array, starts: Uint32Array, from: number, to: number, depth: number): number {
  const a = names[starts[from]! + depth]!;
  const b = names[starts[(from + to) >>> 1]! + depth]!;
  const c = names[starts[to - 1]! + depth]!;
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function insertionSort(
  names: Uint8Array,
  starts: Uint32Array,
  from: number,
  to: number,
  depth: number,
): void {
  for (let i = from + 1; i < to; i++) {
    const start = starts[i]!;
    let j = i;
    while (j > from && follows(names, starts[j - 1]! + depth, start + depth)) {
      starts[j] = starts[j - 1]!;
      j--;
    }
    starts[j] = start;
  }
}

/** Whether the name at `a` sorts after the one at `b`. The NUL makes a prefix the smaller one. */
function follows(names: Uint8Array, a: number, b: number): boolean {
  let x = names[a]!;
  let y = names[b]!;
  while (x === y && x !== 0) {
    x = names[++a]!;
    y = names[++b]!;
  }
  return x > y;
}
