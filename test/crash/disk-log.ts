/**
 * Records what a store does to its disk: each call that makes a name, writes or syncs, in the order in which they took effect.
 * Paths are relative to the folder that holds the store.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { intercepting } from '../store/fs-faults.ts';

export type DiskOp =
  | { op: 'mkdir' | 'unlink' | 'rmdir' | 'syncFolder'; path: string }
  | { op: 'create' | 'link'; path: string; file: number }
  | { op: 'rename'; path: string; to: string }
  | { op: 'write'; file: number; bytes: Buffer }
  | { op: 'sync'; file: number };

/** Index folders, also one being made in `tmp/`: LevelDB's own writes are not seen here, and it is a cache. */
const INDEX = /\/index(-[0-9a-f]+)?(\/|$)/;

/** Operations that make a folder below `base` as it is, all of it durable; without its index. */
export function opsOf(base: string, folder: string): DiskOp[] {
  const ops: DiskOp[] = [];
  const synced: DiskOp[] = [{ op: 'syncFolder', path: '' }];
  let file = 0;
  const walk = (path: string) => {
    if (INDEX.test(`/${path}`)) return;
    if (!lstatSync(join(base, path)).isDirectory()) {
      ops.push({ op: 'create', path, file: ++file });
      ops.push({ op: 'write', file, bytes: readFileSync(join(base, path)) }, { op: 'sync', file });
      return;
    }
    ops.push({ op: 'mkdir', path });
    synced.push({ op: 'syncFolder', path });
    for (const name of readdirSync(join(base, path)).sort()) walk(`${path}/${name}`);
  };
  walk(folder);
  return [...ops, ...synced];
}

export class DiskLog {
  readonly ops: DiskOp[] = [];
  readonly #base: string;
  /** of open handles: a file's number, or a folder's path */
  readonly #handles = new WeakMap<object, number | string>();
  readonly #files = new Map<string, number>();
  #next = 1;

  /**
   * @param base absolute, without a slash at its end
   * @param before what made the folder as it is now
   */
  constructor(base: string, before: readonly DiskOp[] = []) {
    this.#base = base;
    this.ops.push(...before);
    for (const op of before) {
      if (op.op !== 'create') continue;
      this.#files.set(op.path, op.file);
      this.#next = op.file + 1;
    }
  }

  /**
   * Runs `body`; what it does below `base` through Node's promises is recorded.
   * @param beforeEach called before each call of any kind
   */
  record<T>(body: () => Promise<T>, beforeEach?: () => void): Promise<T> {
    return intercepting(async ({ name, args, target }, run) => {
      beforeEach?.();
      const result = await run(); // a call that fails has no effect
      this.#note(name, args, target as object, result);
      return result;
    }, body);
  }

  #note(name: string, args: unknown[], target: object, result: unknown): void {
    const path = typeof args[0] === 'string' ? this.#relative(args[0]) : undefined;
    const known = this.#handles.get(target);
    if (name === 'handle.writev' && typeof known === 'number') {
      const { bytesWritten } = result as { bytesWritten: number };
      const bytes = Buffer.concat(args[0] as Uint8Array[]).subarray(0, bytesWritten);
      this.ops.push({ op: 'write', file: known, bytes });
    } else if (name === 'handle.sync' && known !== undefined) {
      this.ops.push(
        typeof known === 'number' ? { op: 'sync', file: known } : { op: 'syncFolder', path: known },
      );
    } else if (path !== undefined) this.#noteName(name, path, args, result as object);
  }

  #noteName(name: string, path: string, args: unknown[], result: object): void {
    if (name === 'open' && args[1] === 'wx') {
      const file = this.#next++;
      this.#handles.set(result, file);
      this.#files.set(path, file);
      this.ops.push({ op: 'create', path, file });
    } else if (name === 'open' && lstatSync(args[0] as string).isDirectory()) {
      this.#handles.set(result, path);
    } else if (name === 'link') {
      const to = this.#relative(args[1] as string)!;
      const file = this.#files.get(path)!;
      this.#files.set(to, file);
      this.ops.push({ op: 'link', path: to, file });
    } else if (name === 'rename') {
      const to = this.#relative(args[1] as string)!;
      const file = this.#files.get(path);
      if (file !== undefined) this.#files.set(to, file);
      this.ops.push({ op: 'rename', path, to });
    } else if (name === 'mkdir') {
      for (const made of this.#made(path, args, result)) this.ops.push({ op: 'mkdir', path: made });
    } else if (name === 'unlink' || name === 'rmdir') this.ops.push({ op: name, path });
  }

  /** The folders that a call made: with `recursive` several, or none. */
  #made(path: string, args: unknown[], result: unknown): string[] {
    if (!(args[1] as { recursive?: boolean }).recursive) return [path];
    if (typeof result !== 'string') return [];
    const names = path.split('/');
    const first = this.#relative(result)!.split('/').length;
    return names.slice(first - 1).map((_, i) => names.slice(0, first + i).join('/'));
  }

  /** Undefined for what lies elsewhere, and for the index. */
  #relative(absolute: string): string | undefined {
    const path = absolute.replace(/\/$/, '');
    if (path === this.#base) return '';
    if (!path.startsWith(`${this.#base}/`) || INDEX.test(path)) return undefined;
    return path.slice(this.#base.length + 1);
  }
}
