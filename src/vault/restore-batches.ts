/**
 * A restore cut into batches: what is to be made, in order, and the chunks that it takes. A batch is the unit in which
 * workers read ahead of the thread that writes. Chunks are looked up here, so that a batch is bounded by their real
 * lengths whatever a tree says.
 */
import { isVaultError, VaultError } from '../errors.ts';
import { contentChunks } from '../objects/list.ts';
import { type Entry, Flag, Kind, type Xattr } from '../objects/model.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../store/id.ts';
import { missing } from '../store/object-errors.ts';
import type { ObjectReader } from '../store/store.ts';
import { Choice, type Choices } from './restore-choices.ts';
import type { Wanted } from './restore-content.ts';
import type { HardLinks, LinkGroup } from './restore-links.ts';
import { siblingName } from './restore-names.ts';
import { RestoreWalk, targetFault, type Visit } from './restore-walk.ts';

/** Bytes of chunks at which a batch is closed; one chunk more than that at most. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Steps and chunks at which a batch is closed. */
const BATCH_STEPS = 1024;

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
}

/**
 * @param root what to restore; its name is the one it gets
 * @param choices what of it; undefined: all
 * @param verified files of several chunks are compared with their checksums once they are written
 * @throws REFUSED for a tree that no restore may follow, and what reading a tree throws
 */
export async function* restoreBatches(
  reader: ObjectReader,
  root: Entry,
  links: HardLinks,
  verified: boolean,
  choices?: Choices,
): AsyncGenerator<Batch, void, undefined> {
  const walk = new ChosenWalk(reader, root, choices);
  const builder = new BatchBuilder(reader, links, verified);
  for (;;) {
    let visit = walk.next();
    if (visit === 'load') visit = await walk.load();
    else if (visit === undefined) break;
    if (visit === undefined) continue;
    const { type, entry } = visit;
    if (visit.passed) {
      builder.pass(visit.type, entry);
      continue;
    }
    if (type !== 'entry') await builder.addFolder(type, entry);
    else if (entry.kind !== Kind.file) await builder.addNode(entry);
    else if (((entry.flags ?? 0) & Flag.list) === 0) await builder.addFile(entry);
    else yield* builder.addLargeFile(entry);
    if (builder.isFull) yield builder.take();
  }
  if (!builder.isEmpty) yield builder.take();
}

type ChosenVisit = Visit & { passed?: boolean };

/** The walk over what was chosen. */
class ChosenWalk {
  readonly #walk: RestoreWalk;
  readonly #choices: Choices | undefined;
  /** of the folders on the way down */
  readonly #passed: boolean[] = [];
  #place = 0;

  constructor(reader: ObjectReader, root: Entry, choices: Choices | undefined) {
    this.#walk = new RestoreWalk(reader, root);
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
    if (isFolder) this.#passed.push(choice === Choice.pass);
    if (choice === Choice.pass) return { ...visit, passed: true };
    if (choice === Choice.take) return visit;
    const { entry } = visit;
    return { ...visit, entry: { ...entry, name: siblingName(entry.name, entry) } };
  }
}

class BatchBuilder {
  readonly #reader: ObjectReader;
  readonly #links: HardLinks;
  readonly #verified: boolean;
  #batch: Batch = { steps: [], wanted: [] };
  #bytes = 0;

  constructor(reader: ObjectReader, links: HardLinks, verified: boolean) {
    this.#reader = reader;
    this.#links = links;
    this.#verified = verified;
  }

  get isEmpty(): boolean {
    return this.#batch.steps.length === 0;
  }

  get isFull(): boolean {
    const { steps, wanted } = this.#batch;
    return this.#bytes >= BATCH_BYTES || steps.length >= BATCH_STEPS || wanted.length >= BATCH_STEPS;
  }

  take(): Batch {
    const full = this.#batch;
    this.#batch = { steps: [], wanted: [] };
    this.#bytes = 0;
    return full;
  }

  /** A folder that is there already. */
  pass(type: Visit['type'], entry: Entry): void {
    this.#batch.steps.push(type === 'leave' ? { type, entry, passed: true } : { type: 'enter', entry });
  }

  /** Attributes are set when the folder is left, so only then are they read. */
  async addFolder(type: 'enter' | 'leave', entry: Entry): Promise<void> {
    if (type === 'enter') {
      this.#batch.steps.push({ type, entry });
      return;
    }
    const step: LeaveStep = { type, entry };
    if (hasOutlying(entry)) await this.#readXattrs(step);
    this.#batch.steps.push(step);
  }

  async addNode(entry: Entry): Promise<void> {
    const link = this.#links.take(entry);
    if (this.#addLink(entry, link)) return;
    const step: NodeStep = { type: 'node', entry };
    if (typeof link === 'object') step.group = link.group;
    if (entry.kind === Kind.symlink && entry.target === undefined) await this.#readTarget(step);
    if (hasOutlying(entry)) await this.#readXattrs(step);
    this.#batch.steps.push(step);
  }

  /** A file of one chunk, or of none. */
  async addFile(entry: Entry): Promise<void> {
    const step = await this.#fileStep(entry);
    if (step === undefined) return;
    if (!entry.id.equals(EMPTY_CONTENT)) await this.#want(step, entry.id);
    this.#batch.steps.push(step);
  }

  /** A file of many chunks; yields the batches that it fills. */
  async *addLargeFile(entry: Entry): AsyncGenerator<Batch, void, undefined> {
    let step = await this.#fileStep(entry);
    if (step === undefined) return;
    step.ends = false;
    if (this.#verified && entry.sha256) step.unchecked = true;
    this.#batch.steps.push(step);
    try {
      for await (const { id, length, offset } of contentChunks(this.#reader, entry.id, true)) {
        // A list of a few bytes can name one chunk without end.
        if (offset + length > (entry.size ?? Number.POSITIVE_INFINITY)) step.fault = tooLong(entry);
        else await this.#want(step, id, length);
        if (step.fault) break;
        if (!this.isFull) continue;
        yield this.take();
        step = { ...step, begins: false, first: 0, count: 0 };
        this.#batch.steps.push(step);
      }
    } catch (error) {
      step.fault = contentFault(error);
    }
    step.ends = true;
  }

  async #fileStep(entry: Entry): Promise<FileStep | undefined> {
    const link = this.#links.take(entry);
    if (this.#addLink(entry, link)) return undefined;
    const first = this.#batch.wanted.length;
    const step: FileStep = { type: 'file', entry, begins: true, ends: true, first, count: 0 };
    if (typeof link === 'object') step.group = link.group;
    else if (link === 'forgotten') step.unlinked = true;
    if (hasOutlying(entry)) await this.#readXattrs(step);
    return step;
  }

  #addLink(entry: Entry, link: ReturnType<HardLinks['take']>): boolean {
    if (typeof link !== 'object' || link.first) return false;
    this.#batch.steps.push({ type: 'link', entry, group: link.group });
    return true;
  }

  /** @param length what a list says that the chunk has */
  async #want(step: FileStep, id: Id, length?: number): Promise<void> {
    const location = await this.#reader.locate(id, 'chunk');
    if (!location) {
      step.fault = missing(id, ObjectType.chunk);
    } else if (length !== undefined && location.length !== length) {
      step.fault = wrongLength(id, length, location.length);
    } else {
      this.#batch.wanted.push({ id, location, checked: !step.unchecked });
      this.#bytes += location.length;
      step.count++;
    }
  }

  async #readTarget(step: NodeStep): Promise<void> {
    try {
      const target = await this.#reader.readChunk(step.entry.id);
      const fault = targetFault(target);
      if (fault !== undefined) step.fault = new VaultError('REFUSED', `its target ${fault}`);
      step.entry = { ...step.entry, target: Buffer.from(target) };
    } catch (error) {
      step.fault = contentFault(error);
    }
  }

  /** Brings in the values that are contents of their own. */
  async #readXattrs(step: LeaveStep | FileStep | NodeStep): Promise<void> {
    const xattrs: Xattr[] = [];
    try {
      for (const xattr of step.entry.xattrs!) {
        if ('value' in xattr) xattrs.push(xattr);
        else xattrs.push({ name: xattr.name, value: Buffer.from(await this.#reader.readChunk(xattr.id)) });
      }
    } catch (error) {
      step.fault = contentFault(error);
    }
    step.entry = { ...step.entry, xattrs };
  }
}

function hasOutlying(entry: Entry): boolean {
  return entry.xattrs?.some((xattr) => 'id' in xattr) ?? false;
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
