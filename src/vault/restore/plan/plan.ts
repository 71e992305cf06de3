/**
 * What is asked of a plan, and what it is: decided from the tree, the selection and the folder it goes to, before anything is touched.
 */
import type { Entry } from '../../../objects/model.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { ObjectReader } from '../../../store/store.ts';
import type { Change } from '../journal/journal.ts';
import type { Replaced } from '../place/place.ts';
import type { Choices } from './choices.ts';
import type { RestorePlan } from './counts.ts';
import type { Existing } from './existing.ts';
import type { LostFolders } from './lost.ts';
import type { FolderOutline } from './outline.ts';
import type { SameFiles } from './same.ts';
import type { Chooser } from './selection.ts';

/** What becomes of one name, as `restore_candidates.jsonl` says it. */
export type Action = 'create' | 'replace' | 'keep' | 'same' | 'beside' | 'conflict' | 'delete';

export interface PlanOptions {
  reader: ObjectReader;
  platform: Platform;
  root: Entry;
  /** undefined: all of it */
  chooser?: Chooser | undefined;
  /** the folder in use that it is merged into; undefined: nothing is there */
  existing?: Existing | undefined;
  /** what is there and was not recorded is removed */
  deletes?: boolean;
  /** what gives way to it, without a merge; undefined: nothing */
  replaced?: Replaced | undefined;
  /** goes on without names that cannot be read; undefined: that is an error */
  lost?: LostFolders | undefined;
  /** each name, with its path from what is restored; a folder when it is left */
  onName?: ((path: Buffer, entry: Entry, action: Action) => void) | undefined;
  /** bytes of a file that is written */
  onBytes?: ((bytes: number) => void) | undefined;
  /** each change of the folder in use */
  onChange?: ((change: Change) => void) | undefined;
  /** a name that stays a file of its own, though it was recorded as a further name of one that is there, too */
  onApart?: (path: Buffer) => void;
  signal?: AbortSignal | undefined;
}

/** What the walk that carries a plan out goes by. */
export interface Planned {
  plan: RestorePlan;
  /** what was decided about each name; undefined where all is taken */
  choices: Choices | undefined;
  /** the folders; none where there are choices */
  outline: FolderOutline;
  /** what of a folder in use stays and may have further names to come; undefined without one */
  same: SameFiles | undefined;
}
