/**
 * Opens a backend and stacks its wrappers: the one place that knows which there are.
 */
import type { Backend, BackendSpec } from './backend.ts';
import { FaultBackend, type FaultHook } from './fault.ts';
import { FsBackend } from './fs.ts';
import { makeStoreFolder } from './fs-root.ts';
import { MemoryBackend } from './memory.ts';
import { ReadOnlyBackend } from './read-only.ts';

export interface OpenOptions {
  /** Makes the place where it does not exist yet (`init`). */
  create?: boolean;
  /** Refuse to write, and why. */
  readOnly?: string;
  /** For tests. */
  faults?: FaultHook;
}

/**
 * @throws NO_VAULT when there is no such place, REFUSED when `create` finds something else there, PERMISSION, IO
 */
export async function openBackend(spec: BackendSpec, options: OpenOptions = {}): Promise<Backend> {
  let backend = await openPlace(spec, options.create ?? false);
  if (options.faults !== undefined) backend = new FaultBackend(backend, options.faults);
  if (options.readOnly !== undefined) backend = new ReadOnlyBackend(backend, options.readOnly);
  return backend;
}

async function openPlace(spec: BackendSpec, create: boolean): Promise<Backend> {
  if (spec.type === 'memory') return new MemoryBackend();
  if (create) await makeStoreFolder(spec.path, spec.shared ?? false);
  return new FsBackend(spec.path, spec.shared);
}
