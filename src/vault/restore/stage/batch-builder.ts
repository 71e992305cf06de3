/**
 * Steps and the chunks that they take, put together to batches. Chunks are looked up here, so that a batch is bounded by their real lengths
 * whatever a tree says.
 */
import { isVaultError, VaultError } from '../../../errors.ts';
import { contentChunks } from '../../../objects/list.ts';
import { type Entry, Kind, type Xattr } from '../../../objects/model.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../../store/id.ts';
import { missing } from '../../../store/object-errors.ts';
import type { Location, ObjectReader } from '../../../store/store.ts';
import { targetFault, type Visit } from '../plan/walk.ts';
import type { HardLinks } from './links.ts';
import type { Batch, EnterStep, FileStep, LeaveStep, NodeStep } from './steps.ts';

/** Bytes of chunks at which a batch is closed; one chunk more than that at most, or … */
const BATCH_BYTES = 4 * 1024 * 1024;
/** … so much while its chunks lie in one block, which two workers would decode otherwise. */
const MOST_BATCH_BYTES = 2 * BATCH_BYTES;
/** Steps and chunks at which a batch is closed. */
const BATCH_STEPS = 1024;

export class BatchBuilder {
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
