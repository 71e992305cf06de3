/**
 * Where a run writes down what it does: its record, from which it is listed and undone, and its artifacts. The journal goes to
 * both, and to the stage.
 */
import { mkdirSync } from 'node:fs';
import { VaultError } from '../../../errors.ts';
import { Kind } from '../../../objects/model.ts';
import { joinPath } from '../../../objects/names.ts';
import type { Platform } from '../../../platform/platform.ts';
import { processOf } from '../../../platform/processes.ts';
import type { Progress } from '../../progress.ts';
import { JOURNAL_FILE, JournalWriter, type Outcome } from '../journal/journal.ts';
import type { RestoreReport } from '../journal/report.ts';
import { lstatOrNone, parentOf } from '../place/paths.ts';
import type { Place } from '../place/place.ts';
import type { RestoreOptions, RunEnvironment } from '../plan/options.ts';
import { Artifacts, type VerifyMethod } from './artifacts.ts';
import { endFields, removeRecord } from './records.ts';
import type { RunFolder } from './run.ts';

/** So often a run says that it is at work, to those who cannot ask for its process: an hour of silence is its end. */
const BEAT_EVERY_MS = 5 * 60 * 1000;
const PRIVATE = 0o700;
const SLASH = 0x2f;
const IN_DESTINATION = Buffer.from('.vault_restore');
const IN_STAGE = Buffer.from('artifacts');

export class RunLog {
  readonly journal: JournalWriter;
  /** where the artifacts are, or will be */
  readonly folder: Buffer | undefined;
  readonly #platform: Platform;
  readonly #progress: Progress;
  readonly #options: RestoreOptions;
  readonly #place: Place;
  readonly #run: string;
  readonly #beats: NodeJS.Timeout;
  /** of this run's record */
  #record: Buffer | undefined;
  /** the outermost folder that was made for the record */
  #firstMade: string | undefined;
  #artifacts: Artifacts | undefined;
  /** artifacts that are still in the stage */
  #staged: Buffer | undefined;
  #isOver = false;

  constructor(
    platform: Platform,
    progress: Progress,
    environment: RunEnvironment,
    options: RestoreOptions,
    place: Place,
    run: string,
  ) {
    const { snapshot, path, dryRun = false } = options;
    const { destination, stageFolder, stageName } = place;
    const inside = stageFolder.equals(destination) ? platform.lstat(destination) : undefined;
    this.#platform = platform;
    this.#progress = progress;
    this.#options = options;
    this.#place = place;
    this.#run = run;
    checkArtifacts(options, place);
    this.journal = new JournalWriter(platform, () => environment.now(), {
      ...{ run, snapshot: snapshot.toString('hex'), path, destination, stageFolder, stageName, dryRun },
      ...(inside && { timeBefore: [inside.mtimeS, inside.mtimeNs] }),
      ...processOf(environment),
    });
    this.#beats = setInterval(() => this.journal.alive(), BEAT_EVERY_MS).unref();
    try {
      this.#openRecord();
      this.folder = this.#openArtifacts();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Undefined where none are written, and before they can be. */
  get artifacts(): Artifacts | undefined {
    return this.#artifacts;
  }

  /** The run's folder is there: artifacts that go to the destination lie in it meanwhile. */
  stageMade(run: RunFolder): void {
    if (this.#options.artifacts !== 'destination') return;
    this.#staged = joinPath(run.path, IN_STAGE);
    this.#platform.mkdir(this.#staged, PRIVATE);
    this.#begin(this.#staged);
  }

  phase(phase: string): void {
    this.journal.line('phase', { phase });
  }

  /** The run can be listed and undone also after a power loss: its record's names are durable, its journal is. */
  settle(): void {
    if (!this.#record) return;
    const top = parentOf(this.#firstMade === undefined ? this.#record : Buffer.from(this.#firstMade));
    for (let folder = this.#record; folder.length >= top.length; folder = parentOf(folder)) {
      this.#platform.fsyncDirectory(folder);
      if (folder.length <= 1) return;
    }
  }

  summaries(report: RestoreReport, verify: VerifyMethod): void {
    this.#artifacts?.summaries(report, verify);
  }

  /** Puts artifacts into the destination, whose time stays, while the stage is there. */
  deliver(): void {
    const from = this.#staged;
    const { destination } = this.#place;
    this.#staged = undefined;
    if (!from || !this.folder) return;
    try {
      const before = lstatOrNone(this.#platform, destination);
      mkdirSync(joinPath(destination, IN_DESTINATION), { recursive: true, mode: PRIVATE });
      this.#platform.renameNoReplace(from, this.folder);
      if (before) this.#platform.setTimes(destination, before.mtimeS, before.mtimeNs);
    } catch (error) {
      this.#progress.warn(`the artifacts are lost: ${(error as Error).message}`);
    }
  }

  async end(outcome: Outcome, changes: number, previous: Buffer | undefined, leftOut = 0): Promise<void> {
    this.#isOver = true;
    try {
      this.journal.line('end', endFields(outcome, changes, previous, leftOut));
      // Without artifacts only what undo needs stays.
      if (changes === 0) await this.#forget();
    } catch (error) {
      this.#progress.warn(`the journal is incomplete: ${(error as Error).message}`);
    }
  }

  /** The run has failed, for a reason that is more to the point than whatever fails here. */
  async fail(error: unknown): Promise<void> {
    if (this.#isOver) return;
    try {
      this.journal.line('end', { ...endFields('failed', 0, undefined), error: (error as Error).message });
      await this.#forget();
    } catch {
      // what failed first is what is told
    }
  }

  close(): void {
    clearInterval(this.#beats);
    this.#artifacts?.close();
    this.journal.close();
  }

  #openRecord(): void {
    const { records, artifacts, dryRun } = this.#options;
    if (!records || (dryRun && artifacts !== 'record')) return;
    const folder = joinPath(records, Buffer.from(this.#run));
    try {
      this.#firstMade = mkdirSync(folder, { recursive: true, mode: PRIVATE });
    } catch (error) {
      this.#progress.warn(`this restore cannot be listed or undone: ${(error as Error).message}`);
      return;
    }
    this.#record = folder;
    this.journal.addCopy(joinPath(folder, JOURNAL_FILE));
  }

  #openArtifacts(): Buffer | undefined {
    const { artifacts, dryRun } = this.#options;
    if (artifacts === undefined) return undefined;
    if (artifacts === 'record') {
      if (this.#record) this.#artifacts = this.#make(this.#record);
      return this.#record;
    }
    if (artifacts !== 'destination') {
      mkdirSync(artifacts.folder, { recursive: true, mode: PRIVATE });
      this.#begin(artifacts.folder);
      return artifacts.folder;
    }
    const folder = joinPath(joinPath(this.#place.destination, IN_DESTINATION), Buffer.from(this.#run));
    if (!dryRun) return folder;
    mkdirSync(folder, { recursive: true, mode: PRIVATE });
    this.#begin(folder);
    return folder;
  }

  #begin(folder: Buffer): void {
    this.#artifacts = this.#make(folder);
    this.journal.addCopy(joinPath(folder, JOURNAL_FILE));
  }

  #make(folder: Buffer): Artifacts {
    return new Artifacts(this.#platform, folder, this.#options.path, this.#options.dryRun ?? false);
  }

  async #forget(): Promise<void> {
    const { records, artifacts } = this.#options;
    if (artifacts === undefined && records && this.#record && lstatOrNone(this.#platform, this.#record)) {
      await removeRecord(this.#platform, records, this.#run);
    }
  }
}

/** @throws USAGE for artifacts that would lie in what is replaced or made */
function checkArtifacts({ artifacts, entry }: RestoreOptions, { destination }: Place): void {
  if (artifacts === 'destination' && entry.kind !== Kind.dir) {
    throw new VaultError('USAGE', 'the artifacts of a single file cannot go into it', {
      hint: 'name a folder with --artifacts DIR',
    });
  }
  if (typeof artifacts !== 'object') return;
  const { folder } = artifacts;
  const isBelow =
    folder.subarray(0, destination.length).equals(destination) && folder[destination.length] === SLASH;
  if (!isBelow && !folder.equals(destination)) return;
  throw new VaultError('USAGE', `${folder.toString()} lies in what is restored`, {
    hint: 'name another folder, or say --artifacts=dest; nothing was changed',
    subject: folder.toString(),
  });
}
