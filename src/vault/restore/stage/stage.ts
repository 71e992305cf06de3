/**
 * Writes the whole tree into a run's folder: a generator cuts it into batches, workers read each batch's contents ahead,
 * and this thread makes the files, in order. It makes them itself since another thread would have to be told every
 * entry: one creator is as fast as the disk, and handing it 80,000 entries costs more than looking
 * them up does.
 */
import { fsyncSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '../../../objects/model.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { BulkReader } from '../../../store/store.ts';
import type { ContentReader, Contents } from '../../contents/content-reader.ts';
import type { Progress } from '../../progress.ts';
import type { RestoreReport } from '../journal/report.ts';
import { type MetadataOptions, MetadataSetter } from '../metadata/metadata.ts';
import type { RestorePlan } from '../plan/counts.ts';
import type { LostFolders } from '../plan/lost.ts';
import type { Planned } from '../plan/plan.ts';
import { type Artifacts, STAGED_NAME } from '../records/artifacts.ts';
import type { RunFolder } from '../records/run.ts';
import { restoreBatches } from './batches.ts';
import { Creator } from './create.ts';
import { dropWrong } from './drop.ts';
import { HardLinks } from './links.ts';
import type { Batch } from './steps.ts';
import { Verifier } from './verify.ts';
import { WriteBack } from './writeback.ts';

/** Up to so many names each is synced by itself; above, the file system as a whole, which takes 0.3 s and more. */
const MOST_SYNCED = 32;

export interface StageOptions {
  store: BulkReader;
  /** stays open */
  content: ContentReader;
  platform: Platform;
  entry: Entry;
  /** from the snapshot's root, for messages */
  path: Buffer;
  /** absolute; what is there already is joined */
  destination: Buffer;
  planned: Planned;
  /** folders of which the plan goes on without some names */
  lost: LostFolders | undefined;
  /** undefined: contents only */
  metadata: MetadataOptions | undefined;
  artifacts: Artifacts | undefined;
  verify: 'none' | 'size' | 'content';
  report: RestoreReport;
  progress: Progress;
  signal: AbortSignal | undefined;
}

/** Throws errno errors of the disk; what is wrong with single files is in the report. */
export async function stage(run: RunFolder, options: StageOptions): Promise<void> {
  const { store, content, platform, planned, entry, signal } = options;
  const verifier = new Verifier({
    platform,
    store,
    report: options.report,
    artifacts: options.artifacts,
    digest: (fds) => content.digest(fds),
    follow: content.canFollow ? (fd, growth) => content.follow(fd, growth) : undefined,
    times: options.metadata !== undefined,
  });
  const syncEach = !platform.abilities.syncFileSystem || namesOf(planned.plan) <= MOST_SYNCED;
  const creator = makeCreator(run, options, verifier, syncEach);
  const writeBack = syncEach ? undefined : new WriteBack(platform, run.fd);
  try {
    await creator.makeFolders(planned.outline, STAGED_NAME, signal);
    await pump({ ...entry, name: STAGED_NAME }, creator, verifier, writeBack, options);
    await verifier.finish();
    dropWrong(verifier.wrong, { platform, folder: run.path, prefix: options.path, report: options.report });
    await writeBack?.finish();
    if (syncEach) fsyncSync(run.fd);
    else await content.sync(run.fd);
  } finally {
    creator.close();
    await verifier.settle();
    await writeBack?.settle();
  }
}

function makeCreator(
  run: RunFolder,
  { platform, path, destination, metadata, report, artifacts, progress, verify }: StageOptions,
  verifier: Verifier,
  syncEach: boolean,
): Creator {
  return new Creator({
    platform,
    folder: run.fd,
    destination,
    prefix: path,
    metadata: metadata && new MetadataSetter(platform, run.creation, report, metadata),
    sharesInodes: run.creation.sharesInodes,
    report,
    artifacts,
    progress,
    checkSizes: verify !== 'none',
    syncEach,
    verifier: verify === 'content' ? verifier : undefined,
  });
}

/** Keeps a few batches in the workers while the oldest is being written. */
async function pump(
  root: Entry,
  creator: Creator,
  verifier: Verifier,
  writeBack: WriteBack | undefined,
  { store, content, signal, verify, planned, lost }: StageOptions,
): Promise<void> {
  const ahead: (Pick<Batch, 'steps' | 'bytes'> & { contents: Promise<Contents> })[] = [];
  // Each worker has one batch in hand and one waiting, and the next to write is ready.
  const mostAhead = 2 * content.threads + 1;
  const write = async () => {
    const { steps, bytes, contents: pending } = ahead.shift()!;
    const contents = await pending;
    creator.run(steps, contents);
    contents.release();
    writeBack?.wrote(bytes);
    await verifier.room();
    // Else the workers' answers would never be heard while all that is needed is there already.
    await nextTurn();
    signal?.throwIfAborted();
  };
  const links = new HardLinks(undefined, planned.same);
  const batches = restoreBatches(store, root, links, verify === 'content', planned.choices, lost);
  for await (const { steps, wanted, bytes } of batches) {
    const contents = content.read(wanted);
    contents.catch(() => {}); // it is awaited in its turn, or the restore has failed before
    ahead.push({ steps, bytes, contents });
    if (ahead.length >= mostAhead) await write();
  }
  while (ahead.length > 0) await write();
}

function namesOf({ files, dirs, symlinks, devices, others }: RestorePlan): number {
  return files + dirs + symlinks + devices + others;
}
