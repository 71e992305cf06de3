/** The names of a path relative to the root; none for the root itself. */
export function splitPath(path: Buffer): Buffer[] {
  if (path.length === 0) return [];
  return path
    .toString('latin1')
    .split('/')
    .map((name) => Buffer.from(name, 'latin1'));
}
