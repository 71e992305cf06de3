/** What is asked of a batch, looked up: whether it is there, its type and size, and the chunks that its content takes. */
import { isVaultError, type VaultError } from '../../errors.ts';
import { contentChunks, type PlacedChunk, readContent, statContent } from '../../objects/list.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../store/id.ts';
import { damaged, missing } from '../../store/object-errors.ts';
import { spaceOf } from '../../store/space.ts';
import type { Location } from '../../store/store.ts';
import type { AheadChunk, ReadAhead } from '../contents/read-ahead.ts';
import { type Explain, missingExplainer } from '../gc/gone.ts';
import { infoOf, type ObjectInfo, objectSize, userType } from '../object-info.ts';
import type { Repository } from '../repository.ts';
import { resolve } from '../resolve.ts';
import type { Fault, FoundObject, ObjectAnswer, ObjectRequest } from './object-answer.ts';

/** A longer content is read while it is given, so that memory does not grow with it. */
const MOST_HELD = 16 * 1024 * 1024;

/** Chunks of a content that are looked up together. */
const GROUP = 1024;

const ID_DIGITS = 64;

export class BatchItem<T> {
  readonly #tag: T;
  #found: FoundObject | undefined;
  #error: Error | undefined;
  #fault: Fault | undefined;
  #chunks: AheadChunk[] | undefined;
  /** of contents that are held for it */
  bytes = 0;

  constructor(tag: T) {
    this.#tag = tag;
  }

  found(found: FoundObject): void {
    this.#found = found;
    if (Array.isArray(found.contents)) for (const { length } of found.contents) this.bytes += length;
  }

  lost(fault: Fault, error: Error): void {
    this.#fault = fault;
    this.#error = error;
  }

  /** Its content is that of these chunks. */
  takes(chunks: AheadChunk[]): void {
    this.#chunks = chunks;
    for (const { location } of chunks) this.bytes += location.length;
  }

  get isKnown(): boolean {
    if (this.#chunks) for (const { value } of this.#chunks) if (value === undefined) return false;
    return true;
  }

  answer(): ObjectAnswer<T> {
    const tag = this.#tag;
    if (this.#fault) return { tag, fault: this.#fault, error: this.#error! };
    if (!this.#found) return { tag };
    if (!this.#chunks) return { tag, found: this.#found };
    const contents: Buffer[] = [];
    for (const { value } of this.#chunks) {
      if (!Buffer.isBuffer(value)) return { tag, fault: this.#faultOf(value!), error: value! };
      contents.push(value);
    }
    this.#found.contents = contents;
    return { tag, found: this.#found };
  }

  #faultOf(error: VaultError): Fault {
    const whole = this.#found!.info.stored === ObjectType.chunk;
    return whole && isVaultError(error, 'MISSING_OBJECT') ? 'missing' : 'damaged';
  }

  release(): void {
    if (this.#chunks) for (const chunk of this.#chunks) chunk.release();
  }
}

/** A request, and what it turned out to name. */
interface Asked<T> {
  item: BatchItem<T>;
  wantsContents: boolean;
  info: ObjectInfo;
  place: Location | undefined;
}

interface AskOptions {
  /** as of `ResolveOptions` */
  here?: readonly Buffer[];
  signal?: AbortSignal;
}

export class BatchQuestions<T> {
  readonly #repository: Repository;
  readonly #ahead: ReadAhead;
  readonly #options: AskOptions;
  readonly #explain: Explain;

  constructor(repository: Repository, ahead: ReadAhead, options: AskOptions) {
    this.#repository = repository;
    this.#ahead = ahead;
    this.#options = options;
    this.#explain = missingExplainer(repository);
  }

  /** In the order of the requests. @throws what is no fault of one object */
  async ask(requests: readonly ObjectRequest<T>[]): Promise<BatchItem<T>[]> {
    const ids = requests.map(({ text }) => wholeId(text));
    const bare = ids.filter((id) => id !== undefined && !id.equals(EMPTY_CONTENT)) as Id[];
    const places = bare.length > 0 ? await this.#repository.store.locateAll(bare) : [];
    const items: BatchItem<T>[] = [];
    let next = 0;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!;
      const id = ids[i];
      const item = new BatchItem(request.tag);
      items.push(item);
      const wantsContents = request.contents ?? false;
      if (id?.equals(EMPTY_CONTENT)) {
        this.#describe({ item, wantsContents, info: EMPTY, place: undefined });
      } else if (id) {
        const place = places[next++];
        if (place) {
          const info = { id, type: userType(place.type), stored: place.type };
          // Most need not be waited for.
          const described = this.#describe({ item, wantsContents, info, place });
          if (described) await described;
        } else item.lost('missing', missing(id, ObjectType.chunk));
      } else if (request.text) await this.#resolve(item, wantsContents, request.text);
    }
    return items;
  }

  async #resolve(item: BatchItem<T>, wantsContents: boolean, text: Buffer): Promise<void> {
    try {
      const { here } = this.#options;
      const info = infoOf(await resolve(this.#repository, text, here ? { here } : {}));
      const space = spaceOf(info.stored);
      const { store } = this.#repository;
      let place = await store.locate(info.id, space);
      if (!place && info.entry) {
        // A tree names it: reading looks harder, or says that it is lost.
        await objectSize(store, info);
        place = await store.locate(info.id, space);
      }
      if (place || info.id.equals(EMPTY_CONTENT)) {
        await this.#describe({ item, wantsContents, info, place });
      } else item.lost('missing', missing(info.id, info.stored));
    } catch (error) {
      await this.#lost(item, error);
    }
  }

  /** Size, and where wanted what the content takes. */
  #describe(asked: Asked<T>): Promise<void> | undefined {
    const { item, wantsContents, info, place } = asked;
    if (info.stored === ObjectType.list) return this.#describeList(asked);
    const found: FoundObject = { info, size: place?.length ?? 0 };
    if (place) found.place = place;
    if (!wantsContents) item.found(found);
    else if (!place) item.found({ ...found, contents: [] });
    else if (info.stored === ObjectType.chunk) {
      item.found(found);
      item.takes([this.#ahead.want(info.id, place)]);
    } else return this.#readMeta(item, found);
    return undefined;
  }

  async #readMeta(item: BatchItem<T>, found: FoundObject): Promise<void> {
    try {
      const bytes = await this.#repository.store.readMeta(found.info.id, found.info.stored);
      item.found({ ...found, contents: [bytes] });
    } catch (error) {
      item.lost(faultOf(error), error as VaultError);
    }
  }

  async #describeList({ item, wantsContents, info, place }: Asked<T>): Promise<void> {
    const { store } = this.#repository;
    try {
      const { size } = await statContent(store, info.id, true);
      const found: FoundObject = { info, size };
      if (place) found.place = place;
      if (!wantsContents) item.found(found);
      else if (size > MOST_HELD) {
        // Its head is out before its last byte is read: what can be known before is.
        for await (const _ of this.#placedChunks(info.id));
        item.found({ ...found, contents: readContent(store, info.id, true) });
      } else {
        const chunks: PlacedId[] = [];
        for await (const group of this.#placedChunks(info.id)) chunks.push(...group);
        item.found(found);
        item.takes(chunks.map(({ id, place }) => this.#ahead.want(id, place)));
      }
    } catch (error) {
      await this.#lost(item, error);
    }
  }

  /** @throws the error where it says nothing of the object */
  async #lost(item: BatchItem<T>, error: unknown): Promise<void> {
    const explained = await this.#explain(error, this.#options);
    item.lost(faultOf(explained), explained as VaultError);
  }

  /** The chunks of a list, in groups, each where it lies. @throws MISSING_OBJECT, DAMAGED */
  async *#placedChunks(list: Id): AsyncGenerator<PlacedId[], void, undefined> {
    const { store } = this.#repository;
    for await (const chunks of grouped(contentChunks(store, list, true))) {
      const ids = chunks.map(({ id }) => id);
      const places = await store.locateAll(ids, 'chunk');
      yield chunks.map(({ id, length }, i) => {
        const place = places[i];
        if (!place) throw missing(id, ObjectType.chunk);
        if (place.length !== length) throw wrongLength(list, id);
        return { id, place };
      });
    }
  }
}

interface PlacedId {
  id: Id;
  place: Location;
}

async function* grouped(chunks: AsyncIterable<PlacedChunk>): AsyncGenerator<PlacedChunk[]> {
  let group: PlacedChunk[] = [];
  for await (const chunk of chunks) {
    if (group.push(chunk) < GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

const EMPTY: ObjectInfo = { id: EMPTY_CONTENT, type: 'blob', stored: ObjectType.chunk };

/** The id, where the text is one and nothing else. */
function wholeId(text: Buffer | undefined): Id | undefined {
  if (text?.length !== ID_DIGITS) return undefined;
  const id = Buffer.from(text.toString('latin1'), 'hex');
  return id.length === ID_DIGITS / 2 ? id : undefined;
}

/** What an error says of the object that was asked for. @throws the error where it says nothing of it */
function faultOf(error: unknown): Fault {
  if (isVaultError(error, 'AMBIGUOUS')) return 'ambiguous';
  if (isVaultError(error, 'NOT_FOUND', 'BAD_PATH', 'WRONG_TYPE', 'USAGE')) return 'missing';
  if (isVaultError(error, 'DAMAGED', 'MISSING_OBJECT', 'UNKNOWN_FORMAT')) return 'damaged';
  throw error;
}

function wrongLength(list: Id, chunk: Id): VaultError {
  const hex = list.toString('hex');
  return damaged(`list ${hex} says another length of chunk ${chunk.toString('hex')}`, hex);
}
