/** A folder that is being scanned, and what is met in it. */
import type { EntryView } from '../../objects/entry-view.ts';
import type { Stat } from '../../platform/platform.ts';
import type { Id } from '../../store/id.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { TreeNode } from './tree-assembly.ts';

export interface ScannedFolder {
  /** absolute */
  readonly path: Buffer;
  /** from the root */
  readonly relative: Buffer;
  readonly dev: number;
  /** ordinal of `dev` */
  readonly fs: number;
  /** change times do not tell there whether something is as it was */
  readonly isImage: boolean;
  rules: IgnoreRules;
  /** its tree in the parent snapshot */
  readonly previous: Id | undefined;
  /** place there of the name that is being visited, from 1; means nothing for a name that is not there */
  rank: number;
  readonly node: TreeNode;
  /** folders above it */
  readonly depth: number;
}

/** A name that is a folder's, or is not as it was. */
export interface Met {
  readonly name: Buffer;
  readonly stat: Stat;
  /** ordinal of its file system */
  readonly fs: number;
  readonly previous: EntryView | undefined;
}
