/**
 * The journal of one run, `execution_journal.jsonl`: which process it is, each phase with its time, and, before the destination
 * is touched, each change that promotion is about to make. From it the next command finishes or rolls back what a crash has
 * interrupted, and `restore --undo` puts back what was there.
 *
 * Lines of JSON; a torn last line counts for nothing. It is written and read a line at a time, however long it is.
 */
import { fsyncSync } from 'node:fs';
import { VaultError } from '../../../errors.ts';
import { nameFields, nameFrom } from '../../../objects/json-names.ts';
import { pathFault } from '../../../objects/names.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { HostProcess } from '../../../platform/processes.ts';
import { formatTime } from '../../../refs/dates.ts';
import { recordError } from './errors.ts';

export const JOURNAL_FILE = Buffer.from('execution_journal.jsonl');
const SCHEMA = 'vault/restore-journal/1';
const NS_PER_S = 1_000_000_000n;
const READ_BYTES = 64 * 1024;
/** Characters that are kept before they are written. */
const MOST_KEPT = 64 * 1024;
/** A line holds one path, of 1 MiB at most, in base64. */
const MOST_LINE = 4 * 1024 * 1024;

/** What a run is, and the process that it belongs to. */
export interface RunOwner extends HostProcess {
  run: string;
  /** the run whose changes this one takes back */
  undoes?: string;
  /** the snapshot, in hex */
  snapshot: string;
  /** what of it, and where it goes, absolute */
  path: Buffer;
  destination: Buffer;
  /** folder and name of the stage */
  stageFolder: Buffer;
  stageName: Buffer;
  /** where the stage lies in the destination: the time that this had before */
  timeBefore?: [seconds: number, nanoseconds: number];
  dryRun: boolean;
}

/** Which file something is, whatever its name. */
export interface Identity {
  dev: number;
  ino: number | bigint;
}

/** What promotion does to one name. Changes do not depend on one another: they may be made in any order. */
export interface Change {
  /** `create`: nothing is there; `replace`: what is there is kept; `remove`: it is kept, and nothing takes its place */
  type: 'create' | 'replace' | 'remove';
  /** from the destination; empty for the destination itself */
  path: Buffer;
  /** what goes there; undefined for `remove` */
  fresh: Identity | undefined;
  /** what is there before; undefined for `create` */
  old: Identity | undefined;
}

/** Where promotion moves things: what `path` names in each of them belongs together. All absolute. */
export interface Promotion {
  destination: Buffer;
  staged: Buffer;
  previous: Buffer;
  /** two names can be exchanged here */
  exchange: boolean;
  /** inode numbers do not stay with files here: which of two things something is, is told by where it lies. Then there is no exchange */
  byPlace: boolean;
  /** folders on the way to the destination that are made first, outermost first */
  missing: Buffer[];
  /** where the destination is a folder that stays, or an empty one: its own metadata afterwards and before, as `encodeOtherFields` */
  own: { fresh: Buffer; old: Buffer } | undefined;
  /** the destination is an empty folder, which is not worth keeping */
  wasEmpty: boolean;
}

export type Outcome = 'restored' | 'planned' | 'failed';

export class JournalWriter {
  readonly #platform: Platform;
  readonly #now: () => bigint;
  readonly #head: string;
  #copies: { fd: number; path: Buffer | undefined }[] = [];
  #kept = '';

  /** @param now nanoseconds since 1970 */
  constructor(platform: Platform, now: () => bigint, owner: RunOwner) {
    this.#platform = platform;
    this.#now = now;
    const { run, undoes, snapshot, dryRun } = owner;
    this.#head = this.#text('run', {
      schema: SCHEMA,
      run,
      ...(undoes !== undefined && { undoes }),
      snapshot,
      ...nameFields(owner.path),
      ...nameFields(owner.destination, 'destination'),
      ...nameFields(owner.stageFolder, 'stage_folder'),
      ...nameFields(owner.stageName, 'stage_name'),
      ...(owner.timeBefore && { destination_mtime: owner.timeBefore }),
      dry_run: dryRun,
      ...processFields(owner),
    });
  }

  /**
   * Creates the journal here, too. What was said before, but for who it is, is only in the others.
   * @param inStage where failures are the destination's
   */
  addCopy(path: Buffer, inStage = false): void {
    this.#flush();
    const named = inStage ? undefined : path;
    naming(named, () => {
      const fd = this.#platform.createFile(path, 0o600);
      this.#copies.push({ fd, path: named });
      this.#platform.write(fd, Buffer.from(this.#head));
    });
  }

  line(type: string, fields: object = {}): void {
    this.#kept += this.#text(type, fields);
    this.#flush();
  }

  promotion({ destination, staged, previous, exchange, byPlace, missing, own, wasEmpty }: Promotion): void {
    this.line('promote', {
      ...nameFields(destination, 'destination'),
      ...nameFields(staged, 'staged'),
      ...nameFields(previous, 'previous'),
      exchange,
      by_place: byPlace,
      was_empty: wasEmpty,
      missing: missing.map((folder) => nameFields(folder)),
      ...(own && { own: own.fresh.toString('base64'), own_before: own.old.toString('base64') }),
    });
  }

  change(change: Change): void {
    this.#kept += changeLine(change);
    if (this.#kept.length >= MOST_KEPT) this.#flush();
  }

  /** All changes are written down: durable when it returns, and only then may the first be made. */
  ready(changes: number): void {
    this.line('ready', { changes });
    for (const { fd, path } of this.#copies) naming(path, () => fsyncSync(fd));
  }

  /** The run is at work: said by the journals' times, which takes no room on any disk. */
  alive(): void {
    const now = this.#now();
    for (const { fd } of this.#copies) {
      try {
        this.#platform.setTimesFd(fd, Number(now / NS_PER_S), Number(now % NS_PER_S));
      } catch {
        // whatever is wrong there shows when the next line is written
      }
    }
  }

  /**
   * Lets go of the copies in a stage, which is about to be removed: where a name may not go while its file is open (FUSE, NFS), another
   * one would take its place in the folder.
   */
  leaveStage(): void {
    const staged = this.#copies.filter(({ path }) => path === undefined);
    this.#copies = this.#copies.filter(({ path }) => path !== undefined);
    for (const { fd } of staged) this.#platform.close(fd);
  }

  close(): void {
    for (const { fd } of this.#copies.splice(0)) this.#platform.close(fd);
  }

  #text(type: string, fields: object): string {
    return `${JSON.stringify({ type, time: formatTime(this.#now()), ...fields })}\n`;
  }

  #flush(): void {
    if (this.#kept === '') return;
    const bytes = Buffer.from(this.#kept);
    this.#kept = '';
    for (const { fd, path } of this.#copies) naming(path, () => this.#platform.write(fd, bytes));
  }
}

/** @param path of the file that an error is about; undefined: who catches it knows */
function naming(path: Buffer | undefined, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw path ? recordError(error, path) : error;
  }
}

/** A change as a line of its own; also that of a plan whose `fresh` is not known yet. */
export function changeLine({ type, path, fresh, old }: Change): string {
  const fields = { type: 'change', change: type, ...nameFields(path) };
  return `${JSON.stringify({ ...fields, ...(fresh && { fresh: shown(fresh) }), ...(old && { old: shown(old) }) })}\n`;
}

function shown({ dev, ino }: Identity): [number, string] {
  return [dev, String(ino)];
}

/** Undefined for a line that is no change. */
export function parseChange(line: JsonLine): Change | undefined {
  const type = line.change;
  const path = nameFrom(line);
  // Where others may write to the journal, a path must not lead out of the destination.
  if (line.type !== 'change' || !path || pathFault(path) !== undefined) return undefined;
  if (type !== 'create' && type !== 'replace' && type !== 'remove') return undefined;
  return { type, path, fresh: parseIdentity(line.fresh), old: parseIdentity(line.old) };
}

function parseIdentity(value: unknown): Identity | undefined {
  if (!Array.isArray(value)) return undefined;
  const ino = BigInt(value[1]);
  return { dev: Number(value[0]), ino: ino <= Number.MAX_SAFE_INTEGER ? Number(ino) : ino };
}

/** What a journal says, but for its changes. */
export interface Journal {
  owner: RunOwner | undefined;
  /** when the run began, as it is written */
  time: string | undefined;
  promotion: Promotion | undefined;
  /** all changes are written down */
  ready: boolean;
}

/** Nothing is known where it was never completed. @throws ENOENT */
export function readJournal(platform: Platform, path: Buffer): Journal {
  const journal: Journal = { owner: undefined, time: undefined, promotion: undefined, ready: false };
  for (const line of readLines(platform, path)) {
    if (line.type === 'run') {
      journal.owner = parseOwner(line);
      journal.time = String(line.time);
    } else if (line.type === 'promote') journal.promotion = parsePromotion(line);
    else if (line.type === 'ready') journal.ready = true;
  }
  return journal;
}

/** The changes, one after the other, however many. */
export function* readChanges(platform: Platform, path: Buffer): Generator<Change, void, undefined> {
  for (const line of readLines(platform, path)) {
    const change = parseChange(line);
    if (change) yield change;
  }
}

export function parseOwner(line: JsonLine): RunOwner | undefined {
  const path = nameFrom(line);
  const destination = nameFrom(line, 'destination');
  const stageFolder = nameFrom(line, 'stage_folder');
  const stageName = nameFrom(line, 'stage_name');
  const time = line.destination_mtime;
  if (!path || !destination || !stageFolder || !stageName || line.schema !== SCHEMA) return undefined;
  return {
    run: String(line.run),
    ...(typeof line.undoes === 'string' && { undoes: line.undoes }),
    snapshot: String(line.snapshot),
    ...{ path, destination, stageFolder, stageName },
    ...(Array.isArray(time) && { timeBefore: [Number(time[0]), Number(time[1])] as [number, number] }),
    dryRun: line.dry_run === true,
    ...parseProcess(line),
  };
}

/** As it stands in a journal. */
export function processFields({ host, hostId, bootId, pidNamespace, pid, startTime }: HostProcess): object {
  return {
    host,
    host_id: hostId,
    boot_id: bootId,
    ...(pidNamespace !== undefined && { pid_namespace: pidNamespace }),
    pid,
    start_time: startTime,
  };
}

export function parseProcess(line: JsonLine): HostProcess {
  return {
    host: String(line.host),
    hostId: String(line.host_id),
    bootId: String(line.boot_id),
    ...(typeof line.pid_namespace === 'string' && { pidNamespace: line.pid_namespace }),
    pid: Number(line.pid),
    startTime: String(line.start_time),
  };
}

function parsePromotion(line: JsonLine): Promotion | undefined {
  const destination = nameFrom(line, 'destination');
  const staged = nameFrom(line, 'staged');
  const previous = nameFrom(line, 'previous');
  if (!destination || !staged || !previous) return undefined;
  const { own, own_before: old, missing } = line;
  return {
    destination,
    staged,
    previous,
    exchange: line.exchange === true,
    byPlace: line.by_place === true,
    wasEmpty: line.was_empty === true,
    missing: (Array.isArray(missing) ? missing : []).flatMap((folder) => nameFrom(folder as JsonLine) ?? []),
    own:
      typeof own === 'string' && typeof old === 'string'
        ? { fresh: Buffer.from(own, 'base64'), old: Buffer.from(old, 'base64') }
        : undefined,
  };
}

export type JsonLine = Record<string, unknown>;

/** The lines of a file that are JSON objects; the last one may be torn. @throws DAMAGED for a line that no run writes */
export function* readLines(platform: Platform, path: Buffer): Generator<JsonLine, void, undefined> {
  const fd = platform.openForRead(path);
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const part = Buffer.allocUnsafe(READ_BYTES);
      const bytes = platform.read(fd, part);
      if (bytes === 0) return;
      rest = Buffer.concat([rest, part.subarray(0, bytes)]);
      let start = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
        const line = parseLine(rest.toString('utf8', start, end));
        start = end + 1;
        if (line) yield line;
      }
      rest = rest.subarray(start);
      if (rest.length > MOST_LINE) throw tooLong(path);
    }
  } finally {
    platform.close(fd);
  }
}

/** Undefined for what is no JSON object. */
export function parseLine(text: string): JsonLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonLine) : undefined;
  } catch {
    return undefined;
  }
}

function tooLong(path: Buffer): VaultError {
  return new VaultError('DAMAGED', `${path.toString()} is no journal of a restore`, {
    hint: 'move it away; nothing was changed',
    subject: path.toString(),
  });
}
