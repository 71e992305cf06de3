/**
 * Names that a mistyped one may have meant.
 */

/** At most `limit` of `names` that are a few slips from `wanted` or continue it, the nearest first. */
export function nearest(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const allowed = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)));
  const found: { name: string; slips: number }[] = [];
  for (const name of names) {
    const slips = slipsBetween(wanted.toLowerCase(), name.toLowerCase());
    if (slips <= allowed || (wanted.length >= 2 && name.startsWith(wanted))) found.push({ name, slips });
  }
  found.sort((a, b) => a.slips - b.slips || (a.name < b.name ? -1 : 1));
  return found.slice(0, limit).map(({ name }) => name);
}

/** Characters left out, added, replaced, or swapped with a neighbour: the optimal string alignment distance. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let slips = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, beforeLast[j - 2]! + 1);
      }
      row.push(slips);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
