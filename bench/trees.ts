/**
 * The folders that are measured. All copies lie under the work folder; what the user names is only read.
 *
 * `v1` and `v2` are two versions of a tree, unpacked apart, so that every file of v2 has another inode and ctime.
 * `Live` shows one of them at a fixed path, because tools know a folder by its path.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { run } from './measure.ts';
import { below, noise, type Random, seeded, text, textLine } from './random.ts';

const DEBIAN_SOURCE = '/usr/src/linux-source-6.1.tar.xz';

export interface Tree {
  name: string;
  /** changes when the tree's origin does; names caches */
  key: string;
  dir: string;
  files: number;
  bytes: number;
  /** files of v2 that v1 has not, or has with another content */
  changed: number;
}

/** Makes (once) both versions under `work`. `tree` and `next`: a folder or tar file; without `next`, v2 is a mutation. */
export function prepareTree(
  work: string,
  tree: string | undefined,
  next: string | undefined,
  quick: boolean,
): Tree {
  const origin = tree ?? (!quick && existsSync(DEBIAN_SOURCE) ? DEBIAN_SOURCE : undefined);
  const first = origin === undefined ? 'generated' : basename(origin);
  const name = `${first}, then ${next === undefined ? 'a mutation' : basename(next)}`;
  const key = createHash('sha256')
    .update([stamp(origin), stamp(next)].join('\0'))
    .digest('hex')
    .slice(0, 12);
  const dir = join(work, 'trees', key);
  const live = new Live(dir);
  if (!existsSync(join(dir, 'ready'))) {
    rmSync(dir, { recursive: true, force: true });
    if (origin === undefined) generate(join(dir, 'v1'), 4000);
    else unpack(origin, join(dir, 'v1'));
    if (next !== undefined) unpack(next, join(dir, 'v2'));
    else {
      unpack(join(dir, 'v1'), join(dir, 'v2'));
      mutate(join(dir, 'v2'), 2);
    }
    const changed = compare(join(dir, 'v1'), join(dir, 'v2'));
    writeFileSync(join(dir, 'ready'), JSON.stringify({ name, changed }));
  }
  live.show('v1');
  const files = listFiles(live.path);
  const bytes = files.reduce((sum, file) => sum + lstatSync(join(live.path, file)).size, 0);
  return { ...JSON.parse(readFileSync(join(dir, 'ready'), 'utf8')), key, dir, files: files.length, bytes };
}

function stamp(origin: string | undefined): string {
  if (origin === undefined) return 'none';
  const stat = statSync(origin);
  return [resolve(origin), stat.size, stat.mtimeMs].join(' ');
}

function unpack(origin: string, to: string): void {
  mkdirSync(to, { recursive: true });
  if (statSync(origin).isDirectory()) run({ argv: ['cp', '-a', `${origin}/.`, to] });
  else run({ argv: ['tar', '-xf', origin, '-C', to, '--strip-components=1'] });
}

/** One of the versions at a path that stays the same. */
export class Live {
  readonly path: string;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.path = join(dir, 'live');
  }

  /** Renames, so nothing below the folder changes. A link file `.vault` stays at the live path. */
  show(version: 'v1' | 'v2'): void {
    const link = join(this.path, '.vault');
    const kept = existsSync(link) ? readFileSync(link) : undefined;
    if (existsSync(this.path)) {
      rmSync(link, { force: true });
      renameSync(this.path, join(this.#dir, existsSync(join(this.#dir, 'v1')) ? 'v2' : 'v1'));
    }
    renameSync(join(this.#dir, version), this.path);
    if (kept) writeFileSync(link, kept);
  }
}

/** Relative paths of all regular files, sorted. By find(1), since Node's recursive readdir follows symlinks. */
export function listFiles(root: string): string[] {
  return run({ argv: ['find', root, '-type', 'f', '-printf', '%P\\0'] })
    .split('\0')
    .slice(0, -1)
    .sort();
}

function compare(a: string, b: string): number {
  const same = (file: string) => {
    const [x, y] = [join(a, file), join(b, file)];
    return (
      existsSync(x) && lstatSync(x).size === lstatSync(y).size && readFileSync(x).equals(readFileSync(y))
    );
  };
  return listFiles(b).filter((file) => !same(file)).length;
}

/** What it takes to undo a mutation: the old bytes and times of each touched file, undefined for an added one. */
export type Undo = Map<string, { bytes: Buffer; atime: Date; mtime: Date } | undefined>;

/**
 * Imitates a stable update applied in place: edits about 1,500 files (at most one in ten) by a few lines, adds 40 and
 * deletes 20. Nothing else changes, metadata included.
 */
export function mutate(root: string, seed: number): Undo {
  const random = seeded(seed);
  const files = listFiles(root).filter((file) => file !== '.vault');
  const undo: Undo = new Map();
  const remember = (file: string) => {
    const path = join(root, file);
    const { atime, mtime } = statSync(path);
    undo.set(file, { bytes: readFileSync(path), atime, mtime });
  };
  const edits = Math.min(1500, Math.ceil(files.length / 10));
  for (let i = 0; i < edits + 20; i++) {
    const file = files[below(random, files.length)]!;
    if (undo.has(file)) continue;
    remember(file);
    if (i < edits) writeFileSync(join(root, file), edited(undo.get(file)!.bytes, random));
    else unlinkSync(join(root, file));
  }
  for (let i = 0; i < 40; i++) {
    const file = join(dirname(files[below(random, files.length)]!), `added-${seed}-${i}.c`);
    writeFileSync(join(root, file), text(random, 200 + below(random, 20000)));
    undo.set(file, undefined);
  }
  return undo;
}

/** Replaces one to three lines, each now and then by two. */
function edited(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString('latin1').split(/(?<=\n)/);
  const edits = 1 + below(random, 3);
  for (let i = 0; i < edits; i++) {
    lines[below(random, Math.max(1, lines.length))] =
      textLine(random) + (random() < 0.3 ? textLine(random) : '');
  }
  return Buffer.from(lines.join(''), 'latin1');
}

export function restoreMutation(root: string, undo: Undo): void {
  for (const [file, old] of undo) {
    const path = join(root, file);
    if (old === undefined) {
      unlinkSync(path);
      continue;
    }
    writeFileSync(path, old.bytes);
    utimesSync(path, old.atime, old.mtime);
  }
}

/** A source tree of `count` files: text of log-normal size (median about 6 KB), some binaries, copies and symlinks. */
function generate(root: string, count: number): void {
  const random = seeded(1);
  const made: string[] = [];
  for (let i = 0; i < count; i++) {
    const dir = join(root, `d${below(random, 20)}`, `s${below(random, 12)}`);
    mkdirSync(dir, { recursive: true });
    const gauss = random() + random() + random() + random() - 2;
    const size = Math.min(4 << 20, Math.round(6000 * Math.exp(2.5 * gauss)));
    const kind = random();
    const path = join(dir, kind < 0.9 ? `file-${i}.c` : `file-${i}.bin`);
    if (kind < 0.9) writeFileSync(path, text(random, size));
    else if (kind < 0.97) writeFileSync(path, noise(i, size * 4));
    else if (kind < 0.99 && made.length > 0) copyFileSync(made[below(random, made.length)]!, path);
    else symlinkSync(`file-${i}.c`, path);
    if (kind < 0.97) made.push(path);
  }
}
