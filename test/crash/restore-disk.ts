/**
 * What a restore does to its disk, call by call, and what the disk may hold after a power loss: files and folders as numbered nodes,
 * names as what leads to them. Nothing that was not synced is promised: bytes and metadata of a node until that is, a name until
 * its folder is; only what a later call built upon (the same name, or the name of the same node) is not lost without that.
 */
import {
  chmodSync,
  fstatSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { interceptMutations } from './mutations.ts';

interface Facts {
  mode: number;
  /** seconds */
  mtime: number;
}

/** A name in a folder, and what it leads to; undefined: nothing. */
interface NameAt {
  folder: number;
  name: string;
  node: number | undefined;
  /** what it led to before */
  was?: number | undefined;
}

export type RestoreOp =
  /** one call changes one name or two */
  | { op: 'names'; call: string; changes: NameAt[] }
  | { op: 'write'; node: number; bytes: Buffer; at: number }
  | { op: 'facts'; node: number; facts: Facts }
  | { op: 'sync'; node: number }
  | { op: 'syncAll' };

export interface Node {
  /** undefined: a folder; a symlink has its target */
  content: Buffer | undefined;
  isLink: boolean;
  facts: Facts;
  /** of a folder */
  names: Map<string, number>;
}

export interface RestoreRecording {
  /** the folder itself is node 0 */
  nodes: Map<number, Node>;
  ops: RestoreOp[];
  /** inodes of the disk it was recorded on, in decimal → node */
  inodes: Map<string, number>;
}

const JOURNAL = 'execution_journal.jsonl';

export class RestoreDisk {
  readonly #base: string;
  readonly #leftOut: string[];
  readonly #nodes = new Map<number, Node>();
  readonly #inodes = new Map<string, number>();
  readonly #ends = new Map<number, number>();
  readonly #ops: RestoreOp[] = [];

  /** @param leftOut names in `base`, and paths from there, that are neither recorded nor changed */
  constructor(base: string, leftOut: string[]) {
    this.#base = base;
    this.#leftOut = leftOut;
    this.#scan(base, '');
  }

  async record(body: () => Promise<unknown>): Promise<RestoreRecording> {
    const stop = interceptMutations((call, args, run) => {
      const before = this.#namesOf(call, args);
      const result = run(...args);
      this.#note(call, args, before, result);
      return result;
    });
    try {
      await body();
    } finally {
      stop();
    }
    return { nodes: this.#nodes, ops: this.#ops, inodes: this.#inodes };
  }

  #scan(path: string, relative: string): number {
    const stat = lstatSync(path);
    const node = this.#add(stat);
    const known = this.#nodes.get(node)!;
    if (stat.isSymbolicLink()) known.content = Buffer.from(readlinkSync(path));
    else if (!stat.isDirectory()) known.content = readFileSync(path);
    else
      for (const name of readdirSync(path)) {
        const below = relative === '' ? name : `${relative}/${name}`;
        if (!this.#leftOut.includes(below)) known.names.set(name, this.#scan(join(path, name), below));
      }
    return node;
  }

  #add(stat: Stats): number {
    const node = this.#nodes.size;
    this.#inodes.set(String(stat.ino), node);
    this.#nodes.set(node, {
      content: stat.isDirectory() ? undefined : Buffer.alloc(0),
      isLink: stat.isSymbolicLink(),
      facts: factsOf(stat),
      names: new Map(),
    });
    return node;
  }

  #nodeOf(stat: Stats): number {
    return this.#inodes.get(String(stat.ino))!;
  }

  /** What names lead to before a call. */
  #namesOf(call: string, args: unknown[]): NameAt[] {
    const paths =
      call === 'link' || call === 'symlink'
        ? [args[1]]
        : ['renameNoReplace', 'exchange'].includes(call)
          ? [args[0], args[1]]
          : ['mkdir', 'createFile', 'unlink', 'rmdir', 'mknod'].includes(call)
            ? [args[0]]
            : [];
    return paths.map((path) => {
      const text = String(path);
      const stat = lstatSync(text, { throwIfNoEntry: false });
      const folder = this.#nodeOf(statSync(dirname(text)));
      return { folder, name: basename(text), node: stat && this.#nodeOf(stat) };
    });
  }

  #note(call: string, args: unknown[], before: NameAt[], result: unknown): void {
    const [first, second] = before;
    const path = String(args[0]);
    const names = (...changes: NameAt[]) => {
      const was = (i: number) => before[i]!.node;
      this.#ops.push({
        op: 'names',
        call,
        changes: changes.map((change, i) => ({ ...change, was: was(i) })),
      });
    };
    if (call === 'unlink' || call === 'rmdir') names({ ...first!, node: undefined });
    else if (call === 'renameNoReplace')
      names({ ...first!, node: undefined }, { ...second!, node: first!.node });
    else if (call === 'exchange') names({ ...first!, node: second!.node }, { ...second!, node: first!.node });
    else if (call === 'link') names({ ...first!, node: this.#nodeOf(lstatSync(path)) });
    else if (call === 'symlink') {
      const node = this.#add(lstatSync(String(args[1])));
      this.#nodes.get(node)!.content = Buffer.from(path);
      names({ ...first!, node });
    } else if (call === 'mkdir' || call === 'mknod') names({ ...first!, node: this.#add(lstatSync(path)) });
    else if (call === 'createFile') names({ ...first!, node: this.#add(fstatSync(result as number)) });
    else if (call === 'mkdirSync') this.#noteFolders(path, result);
    else if (call === 'write')
      this.#noteWrite(fstatSync(args[0] as number), args[1] as Buffer, args[2] as number);
    else if (call === 'appendFileSync') {
      this.#noteWrite(lstatSync(path), Buffer.from(String(args[1])));
      if ((args[2] as { flush?: boolean } | undefined)?.flush) this.#noteSync(lstatSync(path));
    } else if (call === 'fsyncSync') this.#noteSync(fstatSync(args[0] as number));
    else if (call === 'fsyncDirectory') this.#noteSync(statSync(path));
    else if (call === 'syncFileSystem') this.#ops.push({ op: 'syncAll' });
    else {
      const stat = typeof args[0] === 'number' ? fstatSync(args[0]) : lstatSync(path);
      this.#ops.push({ op: 'facts', node: this.#nodeOf(stat), facts: factsOf(stat) });
    }
  }

  /** Of what lies in the folder that is recorded. */
  #noteSync(stat: Stats): void {
    const node = this.#inodes.get(String(stat.ino));
    if (node !== undefined) this.#ops.push({ op: 'sync', node });
  }

  #noteWrite(stat: Stats, bytes: Buffer, position?: number): void {
    const node = this.#nodeOf(stat);
    const at = position ?? this.#ends.get(node) ?? this.#nodes.get(node)!.content!.length;
    this.#ends.set(node, at + bytes.length);
    this.#ops.push({ op: 'write', node, bytes: Buffer.from(bytes), at });
  }

  /** With `recursive`: the outermost that was made and those in it. */
  #noteFolders(path: string, first: unknown): void {
    if (typeof first !== 'string') return;
    const rest = path.slice(first.length).split('/').filter(Boolean);
    for (let i = 0; i <= rest.length; i++) {
      const made = join(first, ...rest.slice(0, i));
      const folder = this.#nodeOf(statSync(dirname(made)));
      const change = { folder, name: basename(made), node: this.#add(lstatSync(made)) };
      this.#ops.push({ op: 'names', call: 'mkdirSync', changes: [change] });
    }
  }

  /** Makes the disk what it is after the first operations without the lost ones, in the place where it was recorded. */
  put(state: Map<number, Node>): void {
    const clear = (path: string, relative: string) => {
      for (const name of readdirSync(path)) {
        const below = relative === '' ? name : `${relative}/${name}`;
        if (this.#leftOut.includes(below)) continue;
        if (this.#leftOut.some((other) => other.startsWith(`${below}/`))) clear(join(path, name), below);
        else rmSync(join(path, name), { recursive: true });
      }
    };
    clear(this.#base, '');
    const made = new Map<number, string>();
    const journals: string[] = [];
    const put = (number: number, path: string) => {
      const { content, isLink, names, facts } = state.get(number)!;
      made.set(number, path);
      if (isLink) symlinkSync(content!, path);
      else if (content) writeFileSync(path, content);
      else mkdirSync(path, { recursive: true });
      if (basename(path) === JOURNAL) journals.push(path);
      for (const [name, below] of names) put(below, join(path, name));
      if (isLink) lutimesSync(path, facts.mtime, facts.mtime);
      else {
        chmodSync(path, facts.mode);
        utimesSync(path, facts.mtime, facts.mtime);
      }
    };
    put(0, this.#base);
    for (const journal of journals) this.#renumber(journal, made);
  }

  /** Journals name files by their inodes, which are others now. */
  #renumber(journal: string, made: ReadonlyMap<number, string>): void {
    const text = readFileSync(journal, 'latin1').replace(/\[(\d+),"(\d+)"\]/g, (_, device, inode) => {
      const path = made.get(this.#inodes.get(inode) ?? -1);
      return `[${device},"${path === undefined ? 1 : lstatSync(path).ino}"]`;
    });
    const { mtimeMs } = lstatSync(journal);
    writeFileSync(journal, text, 'latin1');
    utimesSync(journal, mtimeMs / 1000, mtimeMs / 1000);
  }
}

function factsOf({ mode, mtimeMs }: Stats): Facts {
  return { mode: mode & 0o7777, mtime: mtimeMs / 1000 };
}

/** The nodes after the first `cut` operations, without those in `lost`. @param torn a write of which only the first half took effect */
export function nodesAfter(
  { nodes, ops }: RestoreRecording,
  cut: number,
  lost: ReadonlySet<number>,
  torn?: number,
): Map<number, Node> {
  const state = new Map(
    [...nodes].map(([number, node]) => [number, { ...node, names: new Map(node.names) }]),
  );
  for (let i = 0; i < cut; i++) {
    const op = ops[i]!;
    if (lost.has(i)) continue;
    if (op.op === 'names') {
      for (const { folder, name, node } of op.changes) {
        if (node === undefined) state.get(folder)!.names.delete(name);
        else state.get(folder)!.names.set(name, node);
      }
    } else if (op.op === 'facts') state.get(op.node)!.facts = op.facts;
    else if (op.op === 'write') {
      const node = state.get(op.node)!;
      const bytes = i === torn ? op.bytes.subarray(0, op.bytes.length >> 1) : op.bytes;
      const content = Buffer.alloc(Math.max(node.content!.length, op.at + bytes.length));
      node.content!.copy(content);
      bytes.copy(content, op.at);
      node.content = content;
    }
  }
  return state;
}

/**
 * Indices of the operations before `cut` that a power loss there may undo. A rename is one change of two folders: who syncs one of
 * them has all of it.
 */
export function looseOps({ nodes, ops }: RestoreRecording, cut: number): number[] {
  const loose: number[] = [];
  const synced = new Set<number>();
  for (let i = cut - 1; i >= 0; i--) {
    const op = ops[i]!;
    if (op.op === 'syncAll') break;
    if (op.op === 'sync') synced.add(op.node);
    // Nothing syncs the metadata of a symlink alone.
    else if (op.op === 'facts' && nodes.get(op.node)!.isLink) continue;
    else if (op.op === 'names' ? !op.changes.some(({ folder }) => synced.has(folder)) : !synced.has(op.node))
      loose.push(i);
  }
  return loose.reverse();
}

/**
 * What goes with operations that are lost: later ones that build upon them. A file system keeps no name without the folder that it
 * was made in, no second change of a name or of a node's name without the first, and removes no folder that is not empty.
 */
export function withDependents(ops: readonly RestoreOp[], cut: number, lost: Iterable<number>): Set<number> {
  const gone = new Set(lost);
  const touched = new Set<string>();
  for (let i = 0; i < cut; i++) {
    const op = ops[i]!;
    if (!gone.has(i) && !needs(op).some((what) => touched.has(what))) continue;
    gone.add(i);
    for (const what of gives(op)) touched.add(what);
  }
  return gone;
}

/** What an operation builds upon. */
function needs(op: RestoreOp): string[] {
  if (op.op === 'write' || op.op === 'facts') return [`${op.op} of ${op.node}`];
  if (op.op !== 'names') return [];
  return op.changes.flatMap(({ folder, name, node, was }) => [
    `${folder}/${name}`,
    `name of ${folder}`,
    ...(node === undefined ? [`in ${was}`] : [`name of ${node}`]),
  ]);
}

/** What later ones may build upon. */
function gives(op: RestoreOp): string[] {
  if (op.op !== 'names') return needs(op);
  return op.changes.flatMap(({ folder, name, node }) => [
    `${folder}/${name}`,
    `in ${folder}`,
    ...(node === undefined ? [] : [`name of ${node}`]),
  ]);
}
