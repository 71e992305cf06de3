/** An open vault: what every verb works on. Opened by `open.ts`, made by `init.ts`. */
import type { RefStore } from '../refs/ref-store.ts';
import type { Backend, BackendSpec } from '../store/backend/backend.ts';
import type { Config } from '../store/config.ts';
import type { ObjectStore } from '../store/object-store/object-store.ts';
import type { Environment } from './environment.ts';

export interface Repository {
  readonly backend: Backend;
  readonly config: Config;
  readonly store: ObjectStore;
  readonly refs: RefStore;
  readonly environment: Environment;
  /** what a worker thread needs to open the same storage */
  readonly spec: BackendSpec;
  /** the store's folder where it is a local one */
  readonly folder: Buffer | undefined;
  /** the folder that is kept, absolute; undefined for a bare store */
  readonly root: Buffer | undefined;
  /** the store lies in `root/.vault`: both move together */
  readonly embedded: boolean;
  /** the line that snapshots go to and HEAD means; undefined in a bare store with several */
  readonly line: string | undefined;
  close(): Promise<void>;
}
