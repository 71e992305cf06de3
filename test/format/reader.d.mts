/** Types of `reader.mjs`, as far as tests use them. */
import type { ChunkerConfig } from '../../src/store/config.ts';

export class FormatError extends Error {}

export interface ReadEntry {
  name: Buffer;
  kind: number;
  id: Buffer;
  mode?: number;
  uid?: number;
  gid?: number;
  user?: string;
  group?: string;
  size?: number;
  mtimeS?: number | bigint;
  mtimeNs?: number;
  ctimeS?: number | bigint;
  ctimeNs?: number;
  btimeS?: number | bigint;
  btimeNs?: number;
  ino?: number | bigint;
  nlink?: number;
  fs?: number;
  sha256?: Buffer;
  target?: Buffer;
  device?: [number, number];
  flags: number;
  xattrs: ReadXattr[];
  ext: unknown[];
}

export interface ReadXattr {
  name: Buffer;
  value?: Buffer;
  id?: Buffer;
}

export interface ReadPage {
  level: number;
  // biome-ignore lint/suspicious/noExplicitAny: rows of any list, or children
  rows: any[];
  keys: Buffer[];
  count: number;
  weight: number;
}

export interface ReadSnapshot {
  tree: Buffer;
  root: ReadEntry;
  parents: Buffer[];
  [field: string]: unknown;
}

export interface PlacedObject {
  id: Buffer;
  type: number;
  block: { offset: number; length: number; rawLength: number };
  start: number;
  length: number;
}

export type Fetch = (type: number, id: Buffer) => Buffer;

export function sha256(bytes: Uint8Array): Buffer;
export function escapeName(name: string): string;
export function readRecord(key: string, bytes: Buffer): Record<string, unknown>;
export function openBlock(bytes: Buffer, rawLength: number): Buffer;
export function packTable(size: number, read: (offset: number, length: number) => Buffer): PlacedObject[];
export function objectId(type: number, bytes: Buffer): Buffer;
export function decodeValue(bytes: Buffer): unknown;
export function readPage(type: number, bytes: Buffer): ReadPage;
// biome-ignore lint/suspicious/noExplicitAny: rows of any list
export function readRows(fetch: Fetch, type: number, id: Buffer): Generator<any>;
export function readEntry(value: unknown, isRoot?: boolean): ReadEntry;
export function readSnapshot(bytes: Buffer): ReadSnapshot;

export class Store {
  constructor(path: string);
  readonly config: { chunker: ChunkerConfig; [field: string]: unknown };
  packs(): Generator<string>;
  packPath(pack: string): string;
  fetch: Fetch;
  ref(text: string): { target?: string; type: string; [field: string]: unknown };
  named(ref: string): Generator<Buffer>;
  snapshot(ref: string): ReadSnapshot;
  walk(tree: Buffer): Generator<{ path: Buffer; entry: ReadEntry }>;
  content(entry: ReadEntry): Generator<Buffer>;
  attribute(xattr: ReadXattr): Buffer;
}

export interface Extracted {
  files: number;
  dirs: number;
  symlinks: number;
  bytes: number;
  skipped: string[];
}

export function extract(store: Store, ref: string, folder: string): Extracted;
