/** What is said of a forgotten snapshot that a revision names and a listing of snapshots leaves out. */
import type { Id } from '../../index.ts';

export function forgottenText(id: Id): string {
  return `snapshot ${id.toString('hex').slice(0, 8)} is forgotten and left out`;
}
