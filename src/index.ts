/**
 * The library behind the `vault` command. Open or make a vault, then call a verb on it:
 *
 *     const vault = await openVault({ store: '/home/me/docs/.vault', root, environment: hostEnvironment(cache) });
 *     const { id } = await takeSnapshot(vault, { message: 'first', threads: 2 });
 *     await vault.close();
 *
 * It never prints, prompts, or reads the environment or the home folder. Failures are `VaultError`s. `docs/library.md` explains every verb.
 */
export { type ErrorCode, isVaultError, VaultError, type VaultErrorOptions } from './errors.ts';
export { readChanges } from './objects/changes.ts';
export { type EntryView, viewOf } from './objects/entry-view.ts';
export { contentChunks, type PlacedChunk, readContent, statContent } from './objects/list.ts';
export * from './objects/model.ts';
export { joinPath, parentPath } from './objects/names.ts';
export { encodeOtherFields, withOtherFields } from './objects/other-fields.ts';
export { readSnapshot } from './objects/snapshot.ts';
export { lookupPath, readTree } from './objects/tree.ts';
export { sameContent, sameEntry } from './objects/tree-diff.ts';
export { type Run, type Walked, walkRuns, walkTree } from './objects/walk.ts';
export {
  formatTime,
  nanoseconds,
  type Period,
  parseDate,
  parseSpan,
  parseTime,
  type Span,
} from './refs/dates.ts';
export {
  appendForgotten,
  Forgotten,
  type ForgottenBody,
  type ForgottenRecord,
  forgottenRecords,
  readForgotten,
} from './refs/forgotten.ts';
export {
  isLive,
  type LiveRef,
  type RefBody,
  type RefRecord,
  type RefTarget,
  targetOf,
} from './refs/ref-record.ts';
export { type NamedRef, RefStore } from './refs/ref-store.ts';
export type { Resolved } from './refs/resolve.ts';
export { shortId } from './refs/short-id.ts';
export { EMPTY_CONTENT, type Id, ObjectType, type ObjectTypeName, typeName } from './store/id.ts';
export type { RefreshResult } from './store/index-refresh.ts';
export type { PackFault } from './store/pack-verify.ts';
export type { Location, ObjectReader } from './store/store.ts';
export { type AllObjectsOptions, allObjects, type StoredObject } from './vault/all-objects.ts';
export { type AncestorOptions, ancestors, type Visited } from './vault/ancestry.ts';
export { ARCHIVE_FORMATS, type ArchiveFormat, type ArchiveOptions, archive } from './vault/archive.ts';
export { checkVault, type FullCheckOptions } from './vault/check.ts';
export { type AgainstReport, checkAgainst } from './vault/check-against.ts';
export { type CheckIgnoreOptions, type IgnoreAnswer, IgnoreChecker } from './vault/check-ignore.ts';
export { checkQuick } from './vault/check-quick.ts';
export type { CheckFinding, CheckReport, DataReport, HitFile, Hits } from './vault/check-report.ts';
export { type CompareOptions, type Comparison, compare } from './vault/compare.ts';
export { type Content, storeContent } from './vault/content.ts';
export { contentDiff } from './vault/content-diff.ts';
export { countObjects, type ObjectCounts } from './vault/count-objects.ts';
export type { RefNames } from './vault/decorations.ts';
export { type Difference, differences, entrySide, type Side, snapshotSide } from './vault/diff.ts';
export {
  type ComparedTrees,
  type DiffTreeOptions,
  diffTree,
  treesToCompare,
} from './vault/diff-tree.ts';
export { type DiskSide, diskSide } from './vault/disk-side.ts';
export { type Environment, splitTime } from './vault/environment.ts';
export { hostEnvironment } from './vault/environment-host.ts';
export type { Exclusion, ExclusionReason } from './vault/exclusions.ts';
export { hasHistory, logPath, type PathLogOptions, type PathVersion } from './vault/file-log.ts';
export {
  applyForget,
  type ForgetDecision,
  type ForgetPlan,
  GROUPINGS,
  type Grouping,
  type LineSnapshot,
  type PolicyOptions,
  planForget,
  planForgetByName,
  type Undone,
  undoForget,
} from './vault/forget.ts';
export { forgottenSnapshots } from './vault/forgotten-snapshots.ts';
export { collectGarbage, type GcOptions, type GcResult, planGarbage } from './vault/gc.ts';
export type { CondemnedPack, GcPlan, Reason } from './vault/gc-plan.ts';
export { listTrash, TRASH_DAYS, type TrashedPack } from './vault/gc-trash.ts';
export type { OpenTransaction, WriterClock } from './vault/gc-writers.ts';
export { type HashedContent, type HashOptions, hashContents, storeContents } from './vault/hash-object.ts';
export { patternLines } from './vault/ignore-rules.ts';
export { type InitOptions, type InitResult, initVault } from './vault/init.ts';
export { formatLink, type Link, parseLink, readLink } from './vault/link.ts';
export {
  type ListedRef,
  type ListRefsOptions,
  listRefs,
  type RefSource,
  refSource,
} from './vault/list-refs.ts';
export { type ListTreeOptions, listTree, listTreeRuns, treeRoot } from './vault/list-tree.ts';
export { changesOf, type LogEntry, type LogOptions, logSnapshots } from './vault/log.ts';
export { type MakeSnapshotOptions, makeSnapshot } from './vault/make-snapshot.ts';
export { MOST_TREE_ROWS, makeTree, type TreeRow } from './vault/make-tree.ts';
export { type MetadataChange, metadataChanges } from './vault/metadata-diff.ts';
export type { Fault, FoundObject, ObjectAnswer, ObjectRequest } from './vault/object-answer.ts';
export { answerObjects, type BatchOptions } from './vault/object-batch.ts';
export { contentSha256, storedShare, storedSize } from './vault/object-facts.ts';
export {
  assertBlob,
  infoOf,
  kindOfMode,
  modeText,
  type ObjectInfo,
  objectBytes,
  objectSize,
  storedType,
  type UserType,
  userType,
} from './vault/object-info.ts';
export { type OpenVaultOptions, openVault, type VaultPlace } from './vault/open.ts';
export {
  type ListedPack,
  listPacks,
  type PackedObject,
  type PackSummary,
  packObjects,
  summarizePack,
} from './vault/pack-listing.ts';
export { snapshotLimits } from './vault/platform-limits.ts';
export { type Progress, type ProgressPhase, type ProgressTotal, silentProgress } from './vault/progress.ts';
export { rebuildIndex } from './vault/rebuild-index.ts';
export { recoverRestores } from './vault/recover-restores.ts';
export { type ReflogEntry, reflog } from './vault/reflog.ts';
export type { RenameOptions } from './vault/renames.ts';
export type { Repository } from './vault/repository.ts';
export { isRevision, type ResolveOptions, resolve, resolveRange, resolveSnapshot } from './vault/resolve.ts';
export { resolvePack } from './vault/resolve-pack.ts';
export type { RestoreResult } from './vault/restore.ts';
export type { ConflictPolicy } from './vault/restore-existing.ts';
export type { MetadataWishes } from './vault/restore-metadata.ts';
export type { ArtifactPlace } from './vault/restore-options.ts';
export { type KeptState, keptStates, type PruneOptions, removeKept } from './vault/restore-prune.ts';
export {
  type ListRunsOptions,
  listRestores,
  type RunRecord,
} from './vault/restore-records.ts';
export { type RestoreRevisionOptions, restoreRevision } from './vault/restore-revision.ts';
export { type UndoOptions, type UndoResult, undoRestore, whyNot } from './vault/restore-undo.ts';
export type { VersionWish } from './vault/restore-version.ts';
export {
  type Decision,
  decideRetention,
  MOST_KEPT,
  PERIODS,
  type RetentionPolicy,
  type RetentionSnapshot,
} from './vault/retention.ts';
export { type Listed, type RevListOptions, revList } from './vault/rev-list.ts';
export type { NamedObject } from './vault/rev-objects.ts';
export type { ScanResult } from './vault/scan.ts';
export { type Shown, show } from './vault/show.ts';
export { type PackedBlock, packBlocks, type ShownPack, showPack } from './vault/show-pack.ts';
export { type SnapshotOptions, type SnapshotResult, takeSnapshot } from './vault/snapshot.ts';
export { type PlanOptions, planSnapshot, type SnapshotPlan } from './vault/snapshot-plan.ts';
export { splitPath } from './vault/split-path.ts';
export { type Extent, type TreeStats, treeStats, type VaultStats, vaultStats } from './vault/stats.ts';
export { type StreamSnapshotOptions, takeStreamSnapshot } from './vault/stdin-snapshot.ts';
export { deleteTag, listTags, setTag, type TagOptions } from './vault/tags.ts';
export type { TextDiff } from './vault/text-diff.ts';
export { type Undeleted, type UndeleteOptions, undelete } from './vault/undelete.ts';
export {
  MOST_REF_UPDATES,
  type PreparedRefs,
  prepareRefs,
  type RefUpdate,
  type UpdatedRef,
  type UpdateRefsOptions,
  updateRefs,
} from './vault/update-refs.ts';
export { type PackVerification, verifyPack } from './vault/verify-pack.ts';
export { type WriteTreeOptions, type WrittenTree, writeTree } from './vault/write-tree.ts';
