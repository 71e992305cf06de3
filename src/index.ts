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
export type { RefreshResult } from './store/index/refresh.ts';
export type { PackFault } from './store/pack/pack-verify.ts';
export type { Location, ObjectReader } from './store/store.ts';
export {
  ARCHIVE_FORMATS,
  type ArchiveFormat,
  type ArchiveOptions,
  archive,
} from './vault/archive/archive.ts';
export { type AgainstReport, checkAgainst } from './vault/check/against.ts';
export { checkVault, type FullCheckOptions } from './vault/check/check.ts';
export { checkQuick } from './vault/check/quick.ts';
export type { CheckFinding, CheckReport, DataReport, HitFile, Hits } from './vault/check/report.ts';
export { type Content, storeContent } from './vault/contents/store-content.ts';
export { type CompareOptions, type Comparison, compare } from './vault/diff/compare.ts';
export { contentDiff } from './vault/diff/content-diff.ts';
export { type Difference, differences, entrySide, type Side, snapshotSide } from './vault/diff/diff.ts';
export {
  type ComparedTrees,
  type DiffTreeOptions,
  diffTree,
  treesToCompare,
} from './vault/diff/diff-tree.ts';
export { type DiskSide, diskSide } from './vault/diff/disk-side.ts';
export { type MetadataChange, metadataChanges } from './vault/diff/metadata-diff.ts';
export type { RenameOptions } from './vault/diff/renames.ts';
export type { TextDiff } from './vault/diff/text-diff.ts';
export { type Environment, splitTime } from './vault/environment.ts';
export { hostEnvironment } from './vault/environment-host.ts';
export { forgottenSnapshots } from './vault/forgotten-snapshots.ts';
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
} from './vault/gc/forget.ts';
export { collectGarbage, type GcOptions, type GcResult, planGarbage } from './vault/gc/gc.ts';
export { type ExplainOptions, explainMissing } from './vault/gc/gone.ts';
export type { CondemnedPack, GcPlan, Reason } from './vault/gc/plan.ts';
export {
  type Decision,
  decideRetention,
  MOST_KEPT,
  PERIODS,
  type RetentionPolicy,
  type RetentionSnapshot,
} from './vault/gc/retention.ts';
export { listTrash, TRASH_DAYS, type TrashedPack } from './vault/gc/trash.ts';
export { type Undeleted, type UndeleteOptions, undelete } from './vault/gc/undelete.ts';
export type { OpenTransaction, WriterClock } from './vault/gc/writers.ts';
export { type AncestorOptions, ancestors, type Visited } from './vault/history/ancestry.ts';
export type { RefNames } from './vault/history/decorations.ts';
export { hasHistory, logPath, type PathLogOptions, type PathVersion } from './vault/history/file-log.ts';
export { changesOf, type LogEntry, type LogOptions, logSnapshots } from './vault/history/log.ts';
export { type Listed, type RevListOptions, revList } from './vault/history/rev-list.ts';
export type { NamedObject } from './vault/history/rev-objects.ts';
export { type Shown, show } from './vault/history/show.ts';
export { type CheckIgnoreOptions, type IgnoreAnswer, IgnoreChecker } from './vault/ignore/check-ignore.ts';
export type { Exclusion, ExclusionReason } from './vault/ignore/exclusions.ts';
export { patternLines } from './vault/ignore/ignore-rules.ts';
export { type InitOptions, type InitResult, initVault } from './vault/init.ts';
export { formatLink, type Link, parseLink, readLink } from './vault/link.ts';
export { type ListTreeOptions, listTree, listTreeRuns, treeRoot } from './vault/list-tree.ts';
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
} from './vault/packs/pack-listing.ts';
export { resolvePack } from './vault/packs/resolve-pack.ts';
export { type PackedBlock, packBlocks, type ShownPack, showPack } from './vault/packs/show-pack.ts';
export { type PackVerification, verifyPack } from './vault/packs/verify-pack.ts';
export { type AllObjectsOptions, allObjects, type StoredObject } from './vault/plumbing/all-objects.ts';
export { countObjects, type ObjectCounts } from './vault/plumbing/count-objects.ts';
export {
  type HashedContent,
  type HashOptions,
  hashContents,
  storeContents,
} from './vault/plumbing/hash-object.ts';
export { type MakeSnapshotOptions, makeSnapshot } from './vault/plumbing/make-snapshot.ts';
export { MOST_TREE_ROWS, makeTree, type TreeRow } from './vault/plumbing/make-tree.ts';
export type { Fault, FoundObject, ObjectAnswer, ObjectRequest } from './vault/plumbing/object-answer.ts';
export { answerObjects, type BatchOptions } from './vault/plumbing/object-batch.ts';
export { contentSha256, storedShare, storedSize } from './vault/plumbing/object-facts.ts';
export { rebuildIndex } from './vault/plumbing/rebuild-index.ts';
export {
  type Extent,
  type TreeStats,
  treeStats,
  type VaultStats,
  vaultStats,
} from './vault/plumbing/stats.ts';
export { type WriteTreeOptions, type WrittenTree, writeTree } from './vault/plumbing/write-tree.ts';
export { type Progress, type ProgressPhase, type ProgressTotal, silentProgress } from './vault/progress.ts';
export {
  type ListedRef,
  type ListRefsOptions,
  listRefs,
  type RefSource,
  refSource,
} from './vault/refs/list-refs.ts';
export { type ReflogEntry, reflog } from './vault/refs/reflog.ts';
export { deleteTag, listTags, setTag, type TagOptions } from './vault/refs/tags.ts';
export {
  MOST_REF_UPDATES,
  type PreparedRefs,
  prepareRefs,
  type RefUpdate,
  type UpdatedRef,
  type UpdateRefsOptions,
  updateRefs,
} from './vault/refs/update-refs.ts';
export type { Repository } from './vault/repository.ts';
export { isRevision, type ResolveOptions, resolve, resolveRange, resolveSnapshot } from './vault/resolve.ts';
export type { MetadataOptions } from './vault/restore/metadata/metadata.ts';
export type { ConflictPolicy } from './vault/restore/plan/existing.ts';
export type { ArtifactPlace } from './vault/restore/plan/options.ts';
export { type KeptState, keptStates, type PruneOptions, removeKept } from './vault/restore/records/prune.ts';
export {
  type ListRunsOptions,
  listRestores,
  type RunRecord,
} from './vault/restore/records/records.ts';
export { recoverRestores } from './vault/restore/recover.ts';
export type { RestoreResult } from './vault/restore/result.ts';
export { type RestoreRevisionOptions, restoreRevision } from './vault/restore/revision.ts';
export { type UndoOptions, type UndoResult, undoRestore, whyNot } from './vault/restore/undo.ts';
export type { VersionQuery } from './vault/restore/version.ts';
export { snapshotLimits } from './vault/scan/platform-limits.ts';
export type { ScanResult } from './vault/scan/scan.ts';
export { type PlanOptions, planSnapshot, type SnapshotPlan } from './vault/snapshot/plan.ts';
export { type SnapshotOptions, type SnapshotResult, takeSnapshot } from './vault/snapshot/snapshot.ts';
export { type StreamSnapshotOptions, takeStreamSnapshot } from './vault/snapshot/stdin-snapshot.ts';
export { splitPath } from './vault/split-path.ts';
