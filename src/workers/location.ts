/** Where a worker's entry lies: beside this file in the sources, `dist/workers/` in the built program. */
import { fileURLToPath } from 'node:url';

/** @param name an entry of this folder without its ending: `seal`, `unseal` */
export function workerEntry(name: string): URL {
  if (fileURLToPath(import.meta.url).endsWith('.ts')) return new URL(`./${name}.ts`, import.meta.url);
  // Built: this code sits in dist/<folder>/<chunk>.js, the workers in dist/workers/<name>.js.
  return new URL(`../workers/${name}.js`, import.meta.url);
}
