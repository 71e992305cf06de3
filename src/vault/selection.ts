/** The PATHs of a partial snapshot as a tree of names; what is not in it is carried over from the parent. */

/** true: everything below; else the names that matter, by their bytes as latin1. */
export type Selection = true | Map<string, Selection>;

/** @param paths relative to the root, `/`-separated; an empty one selects everything */
export function selectionOf(paths: readonly Buffer[]): Selection {
  const top: Map<string, Selection> = new Map();
  for (const path of paths) {
    if (path.length === 0) return true;
    select(top, path.toString('latin1').split('/'));
  }
  return top;
}

function select(top: Map<string, Selection>, names: string[]): void {
  let level = top;
  for (const [i, name] of names.entries()) {
    const below = level.get(name);
    if (below === true) return;
    if (i === names.length - 1) level.set(name, true);
    else if (below) level = below;
    else {
      const next: Map<string, Selection> = new Map();
      level.set(name, next);
      level = next;
    }
  }
}
