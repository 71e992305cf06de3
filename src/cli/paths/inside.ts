/** Whether a path lies in a folder, also where one of them was named through a symlink. */
import { realpathSync } from 'node:fs';
import { liesIn, parentOf } from './path-bytes.ts';

/**
 * `path` as seen from `root`, empty for the root itself; undefined when it lies outside. Both are absolute; a final
 * symlink of `path` is not followed, unless it leads to the root.
 */
export function pathInside(path: Buffer, root: Buffer): Buffer | undefined {
  if (liesIn(path, root)) return below(root, path);
  const realRoot = realPath(root) ?? root;
  const real = behindLinks(path);
  if (liesIn(real, realRoot)) return below(realRoot, real);
  return realPath(path)?.equals(realRoot) ? Buffer.alloc(0) : undefined;
}

function below(root: Buffer, path: Buffer): Buffer {
  return path.subarray(root.length === 1 ? 1 : Math.min(root.length + 1, path.length));
}

/** The path with the symlinks of its folders followed, as far as they exist. */
function behindLinks(path: Buffer): Buffer {
  for (let folder = parentOf(path); folder.length > 1; folder = parentOf(folder)) {
    const real = realPath(folder);
    if (real) return Buffer.concat([real, path.subarray(folder.length)]);
  }
  return path;
}

/** Undefined where there is no such thing. */
export function realPath(path: Buffer): Buffer | undefined {
  try {
    return realpathSync(path, 'buffer');
  } catch {
    return undefined;
  }
}
