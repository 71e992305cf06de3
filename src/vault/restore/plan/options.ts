/** What a restore is asked for, and what it needs. */
import type { Entry } from '../../../objects/model.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { HostProcess } from '../../../platform/processes.ts';
import type { Config } from '../../../store/config.ts';
import type { IdScheme } from '../../../store/hash/ids.ts';
import type { Id } from '../../../store/id.ts';
import type { ContentSource } from '../../contents/content-reader.ts';
import type { Environment } from '../../environment.ts';
import type { Progress } from '../../progress.ts';
import type { MetadataOptions } from '../metadata/metadata.ts';
import type { ConflictPolicy } from './existing.ts';
import type { SelectionOptions } from './selection.ts';

/** Of the process: whose run it is, and whether the processes of others still run. */
export type RunEnvironment = HostProcess & Pick<Environment, 'now'>;

/** `record`: with the run's record; `destination`: in `.vault_restore/<run>` there; or a folder, absolute */
export type ArtifactPlace = 'record' | 'destination' | { folder: Buffer };

/** What a restore needs of an open vault. */
export interface RestoreSource extends ContentSource {
  readonly store: ContentSource['store'] & { readonly ids: IdScheme };
  readonly config: Pick<Config, 'vaultId'>;
  /** the store's folder where it is a local one: it is never written to nor moved */
  readonly folder: Buffer | undefined;
  readonly environment: RunEnvironment;
}

export interface RestoreOptions {
  snapshot: Id;
  /** from the snapshot's root; empty for all of it */
  path: Buffer;
  /** what `path` names; the snapshot's root entry for the empty path */
  entry: Entry;
  /** absolute, without a slash at its end */
  destination: Buffer;
  /**
   * The user named the destination: a file goes exactly there, or under its own name into it where it is a folder.
   * Otherwise it goes to its own place where that is free, else beside it as `name.<first 8 digits of its SHA-256>`.
   */
  explicit?: boolean;
  /** put it in the place of what is there, which is kept as `.vault_restore_previous_<name>_<run>` */
  replace?: boolean;
  /** the same for a single file whose destination was not named */
  inPlace?: boolean;
  /** merge into a folder in use: what happens to names that are there with another content */
  conflict?: ConflictPolicy;
  /** with `conflict`: what is there and was not recorded goes to the previous state */
  deletes?: boolean;
  /** which names of a folder; undefined: all */
  selection?: SelectionOptions;
  /** contents only: owners, modes, attributes and times are those of new files */
  noMetadata?: boolean;
  /** undefined: all there is */
  metadata?: MetadataOptions;
  /** what is compared before promotion: nothing, sizes, or contents as well. Chunks are always verified as they are read */
  verify?: 'none' | 'size' | 'content';
  /**
   * Of a folder, go on although some names cannot be restored: they are left out, and the result says which. Undefined: only without
   * contents and lists of names that are missing or damaged, and only where nothing is at the destination yet or an empty folder; where
   * something is, and for a single file, it is all or nothing. A merge needs all lists of names.
   */
  partial?: boolean;
  /** check, count and write artifacts; change nothing else */
  dryRun?: boolean;
  /** absolute: where the runs of this vault are recorded, each in a folder of its own; undefined: they cannot be undone */
  records?: Buffer;
  /** where the artifacts go; undefined: there are none */
  artifacts?: ArtifactPlace;
  /** the run's name; made from the clock and at random when undefined */
  run?: string;
  threads: number;
  progress?: Progress;
  signal?: AbortSignal;
  /** for tests */
  platform?: Platform;
}
