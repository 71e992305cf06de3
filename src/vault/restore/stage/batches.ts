/**
 * A restore cut into batches: what is to be made, in order, and the chunks that it takes. A batch is the unit in which
 * workers read ahead of the thread that writes. Chunks are looked up here, so that a batch is bounded by their real
 * lengths whatever a tree says.
 */
import { isVaultError, VaultError } from '../../../errors.ts';
import { contentChunks } from '../../../objects/list.ts';
import { type Entry, Flag, Kind, type Xattr } from '../../../objects/model.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../../store/id.ts';
import { missing } from '../../../store/object-errors.ts';
import type { BulkReader, Location, ObjectReader } from '../../../store/store.ts';
import type { Wanted } from '../../contents/content-reader.ts';
import { siblingName } from '../place/names.ts';
import { Choice, type Choices } from '../plan/choices.ts';
import type { LostFolders } from '../plan/lost.ts';
import { RestoreWalk, targetFault, type Visit } from '../plan/walk.ts';
import type { HardLinks, LinkGroup } from './links.ts';

/** Bytes of chunks at which a batch is closed; one chunk more than that at most, or … */
const BATCH_BYTES = 4 * 1024 * 1024;
/** … so much while its chunks lie in one block, which two workers would decode otherwise. */
const MOST_BATCH_BYTES = 2 * BATCH_BYTES;
/** Steps and chunks at which a batch is closed. */
const BATCH_STEPS = 1024;
/** Visits whose chunks are looked up at once. */
const MOST_VISITS = 256;

/** One thing to do. Those of one file stand in a row, in several batches where it is large. */
export type Step = EnterStep | LeaveStep | FileStep | LinkStep | NodeStep;

export interface EnterStep {
  type: 'enter';
  entry: Entry;
}

export interface LeaveStep {
  type: 'leave';
  entry: Entry;
  fault?: VaultError;
  /** it is there for what is in it, and gets no metadata */
  passed?: boolean;
}

export interface FileStep {
  type: 'file';
  entry: Entry;
  begins: boolean;
  ends: boolean;
  /** its next chunks, by their place in the batch's `wanted` */
  first: number;
  count: number;
  /** why the rest of it cannot be had */
  fault?: VaultError;
  group?: LinkGroup;
  /** it has other names, which will not be its own */
  unlinked?: boolean;
  /** its chunks are not compared with their ids: the file is to be with its checksum */
  unchecked?: boolean;
}

/** A further name of a file. */
export interface LinkStep {
  type: 'link';
  entry: Entry;
  group: LinkGroup;
}

/** A symlink, fifo, socket or device. */
export interface NodeStep {
  type: 'node';
  entry: Entry;
  fault?: VaultError;
  group?: LinkGroup;
}

export interface Batch {
  steps: Step[];
  wanted: Wanted[];
  /** of all chunks that are wanted */
  bytes: number;
}

/**
 * @param root what to restore; its name is the one it gets
 * @param choices what of it; undefined: all
 * @param lost folders of which the plan goes on without some names
 * @param verified files of several chunks are compared with their checksums once they are written
 * @throws REFUSED for a tree that no restore may follow, and what reading a tree throws
 */
export async function* restoreBatches(
  reader: BulkReader,
  root: Entry,
  links: HardLinks,
  verified: boolean,
  choices?: Choices,
  lost?: LostFolders,
): AsyncGenerator<Batch, void, undefined> {
  const walk = new ChosenWalk(new RestoreWalk(reader, root, lost), choices);
  const builder = new BatchBuilder(reader, links, verified);
  for (let visits = await takeVisits(walk); visits.length > 0; visits = await takeVisits(walk)) {
    const places = await locateChunks(reader, visits);
    for (let i = 0; i < visits.length; i++) {
      const { type, entry, passed } = visits[i]!;
      if (passed) builder.pass(type, entry);
      else if (type !== 'entry') await builder.addFolder(type, entry);
      else if (entry.kind !== Kind.file) await builder.addNode(entry);
      else if (isList(entry)) yield* builder.addLargeFile(entry);
      else await builder.addFile(entry, places[i]);
      if (builder.isFull) yield builder.take();
    }
  }
  if (!builder.isEmpty) yield builder.take();
}

/** What comes next; empty at the end. */
async function takeVisits(walk: ChosenWalk): Promise<ChosenVisit[]> {
  const visits: ChosenVisit[] = [];
  while (visits.length < MOST_VISITS) {
    let visit = walk.next();
    if (visit === 'load') visit = await walk.load();
    else if (visit === undefined) break;
    if (visit) visits.push(visit);
  }
  return visits;
}

/** Where the chunks of those lie that are files of one chunk. */
async function locateChunks(
  reader: BulkReader,
  visits: readonly ChosenVisit[],
): Promise<(Location | undefined)[]> {
  const places: (Location | undefined)[] = new Array(visits.length);
  const slots: number[] = [];
  const ids: Id[] = [];
  for (let i = 0; i < visits.length; i++) {
    const { type, entry, passed } = visits[i]!;
    const isChunk = entry.kind === Kind.file && !isList(entry) && !entry.id.equals(EMPTY_CONTENT);
    if (type !== 'entry' || passed || !isChunk) continue;
    slots.push(i);
    ids.push(entry.id);
  }
  if (ids.length === 0) return places;
  const found = await reader.locateAll(ids, 'chunk');
  for (let k = 0; k < slots.length; k++) places[slots[k]!] = found[k];
  return places;
}

function isList({ flags }: Entry): boolean {
  return ((flags ?? 0) & Flag.list) !== 0;
}

type ChosenVisit = Visit & { passed?: boolean };

/** The walk over what was chosen. */
class ChosenWalk {
  readonly #walk: RestoreWalk;
  readonly #choices: Choices | undefined;
  /** of the folders on the way down */
  readonly #passed: boolean[] = [];
  #place = 0;

  constructor(walk: RestoreWalk, choices: Choices | undefined) {
    this.#walk = walk;
    this.#choices = choices;
  }

  next(): ChosenVisit | 'load' | undefined {
    for (;;) {
      const visit = this.#walk.next();
      if (!this.#choices || visit === undefined || visit === 'load') return visit;
      const chosen = this.#choose(visit, this.#choices.at(this.#place++));
      if (chosen) return chosen;
    }
  }

  async load(): Promise<ChosenVisit | undefined> {
    const visit = await this.#walk.load();
    return visit && this.#passed.pop() ? { ...visit, passed: true } : visit;
  }

  #choose(visit: Visit, choice: Choice): ChosenVisit | undefined {
    const isFolder = visit.type === 'enter';
    if (choice === Choice.omit) {
      if (isFolder) this.#walk.skip();
      return undefined;
    }
    const passed = choice === Choice.pass || choice === Choice.passBeside;
    if (isFolder) this.#passed.push(passed);
    if (choice === Choice.take) return visit;
    if (choice === Choice.pass) return { ...visit, passed };
    const { entry } = visit;
    return { ...visit, passed, entry: { ...entry, name: siblingName(entry.name, entry) } };
  }
}

class BatchBuilder {
  readonly #reader: ObjectReader;
  readonly #links: HardLinks;
  readonly #verified: boolean;
  #batch: Batch = { steps: [], wanted: [], bytes: 0 };

  constructor(reader: ObjectReader, links: HardLinks, verified: boolean) {
    this.#reader = reader;
    this.#links = links;
    this.#verified = verified;
  }

  get isEmpty(): boolean {
    return this.#batch.steps.length === 0;
  }

  get isFull(): boolean {
    const { steps, wanted, bytes } = this.#batch;
    return bytes >= BATCH_BYTES || steps.length >= BATCH_STEPS || wanted.length >= BATCH_STEPS;
  }

  take(): Batch {
    const full = this.#batch;
    this.#batch = { steps: [], wanted: [], bytes: 0 };
    return full;
  }

  /** A folder that is there already. */
  pass(type: Visit['type'], entry: Entry): void {
    this.#batch.steps.push(type === 'leave' ? { type, entry, passed: true } : { type: 'enter', entry });
  }

  /** Attributes are set when the folder is left, so only then are they read. */
  addFolder(type: 'enter' | 'leave', entry: Entry): void | Promise<void> {
    const step: EnterStep | LeaveStep = { type, entry };
    this.#batch.steps.push(step);
    return step.type === 'leave' ? this.#complete(step) : undefined;
  }

  addNode(entry: Entry): void | Promise<void> {
    const link = this.#links.take(entry);
    if (this.#addLink(entry, link)) return undefined;
    const step: NodeStep = { type: 'node', entry };
    if (typeof link === 'object') step.group = link.group;
    this.#batch.steps.push(step);
    return this.#complete(step);
  }

  /** A file of one chunk, which lies at `place`, or of none. */
  addFile(entry: Entry, place: Location | undefined): void | Promise<void> {
    const step = this.#fileStep(entry);
    if (step === undefined) return undefined;
    if (!entry.id.equals(EMPTY_CONTENT)) this.#want(step, entry.id, place);
    this.#batch.steps.push(step);
    return this.#complete(step);
  }

  /** A file of many chunks; yields the batches that it fills. */
  async *addLargeFile(entry: Entry): AsyncGenerator<Batch, void, undefined> {
    let step = this.#fileStep(entry);
    if (step === undefined) return;
    step.ends = false;
    if (this.#verified && entry.sha256) step.unchecked = true;
    this.#batch.steps.push(step);
    await this.#complete(step);
    try {
      for await (const { id, length, offset } of contentChunks(this.#reader, entry.id, true)) {
        // A list of a few bytes can name one chunk without end.
        if (offset + length > (entry.size ?? Number.POSITIVE_INFINITY)) {
          step.fault = tooLong(entry);
          break;
        }
        const place = await this.#reader.locate(id, 'chunk');
        if (this.isFull && !this.#goesOn(place)) {
          yield this.take();
          step = { ...step, begins: false, first: 0, count: 0 };
          this.#batch.steps.push(step);
        }
        this.#want(step, id, place, length);
        if (step.fault) break;
      }
    } catch (error) {
      step.fault = contentFault(error);
    }
    step.ends = true;
  }

  /** Whether a full batch goes on with a chunk, since it lies in the block of the one before. */
  #goesOn(place: Location | undefined): boolean {
    const { wanted, bytes } = this.#batch;
    const before = wanted.at(-1)?.location;
    const isBeside = before?.blockOffset === place?.blockOffset && before?.pack === place?.pack;
    return isBeside && bytes < MOST_BATCH_BYTES && wanted.length < BATCH_STEPS;
  }

  #fileStep(entry: Entry): FileStep | undefined {
    const link = this.#links.take(entry);
    if (this.#addLink(entry, link)) return undefined;
    const first = this.#batch.wanted.length;
    const step: FileStep = { type: 'file', entry, begins: true, ends: true, first, count: 0 };
    if (typeof link === 'object') step.group = link.group;
    else if (link === 'forgotten') step.unlinked = true;
    return step;
  }

  #addLink(entry: Entry, link: ReturnType<HardLinks['take']>): boolean {
    if (typeof link !== 'object' || link.first) return false;
    this.#batch.steps.push({ type: 'link', entry, group: link.group });
    return true;
  }

  /** @param length what a list says that the chunk has */
  #want(step: FileStep, id: Id, location: Location | undefined, length?: number): void {
    if (!location) {
      step.fault = missing(id, ObjectType.chunk);
    } else if (length !== undefined && location.length !== length) {
      step.fault = wrongLength(id, length, location.length);
    } else {
      this.#batch.wanted.push({ id, location, checked: !step.unchecked });
      this.#batch.bytes += location.length;
      step.count++;
    }
  }

  /** Brings in what lies outside the tree; of nearly every entry nothing does, and nobody waits. */
  #complete(step: LeaveStep | FileStep | NodeStep): void | Promise<void> {
    const { kind, target, xattrs } = step.entry;
    const isOpen = step.type === 'node' && kind === Kind.symlink && target === undefined;
    if (isOpen || xattrs?.some((xattr) => 'id' in xattr)) return this.#readOutlying(step, isOpen);
    return undefined;
  }

  async #readOutlying(step: LeaveStep | FileStep | NodeStep, hasTarget: boolean): Promise<void> {
    try {
      if (hasTarget) await this.#readTarget(step);
      if (step.entry.xattrs) await this.#readXattrs(step, step.entry.xattrs);
    } catch (error) {
      step.fault ??= contentFault(error);
    }
  }

  async #readTarget(step: LeaveStep | FileStep | NodeStep): Promise<void> {
    const target = await this.#reader.readChunk(step.entry.id);
    const fault = targetFault(target);
    if (fault !== undefined) step.fault = new VaultError('REFUSED', `its target ${fault}`);
    step.entry = { ...step.entry, target: Buffer.from(target) };
  }

  /** Those with values that are contents of their own. */
  async #readXattrs(step: LeaveStep | FileStep | NodeStep, recorded: readonly Xattr[]): Promise<void> {
    const xattrs: Xattr[] = [];
    step.entry = { ...step.entry, xattrs };
    for (const xattr of recorded) {
      if ('value' in xattr) xattrs.push(xattr);
      else xattrs.push({ name: xattr.name, value: Buffer.from(await this.#reader.readChunk(xattr.id)) });
    }
  }
}

/** What is wrong with one content fails one file; anything else is no fault of the file. */
function contentFault(error: unknown): VaultError {
  if (isVaultError(error, 'MISSING_OBJECT', 'DAMAGED', 'WRONG_TYPE', 'UNKNOWN_FORMAT')) return error;
  throw error;
}

function tooLong({ size }: Entry): VaultError {
  return new VaultError('DAMAGED', `its content is longer than the ${size} bytes that its entry says`);
}

function wrongLength(id: Id, length: number, actual: number): VaultError {
  const hex = id.toString('hex');
  return new VaultError('DAMAGED', `chunk ${hex} has ${actual} bytes, not ${length} as its list says`, {
    hint: 'run `vault check` to see what is affected',
    subject: hex,
  });
}
