/** The values of appendix A of `docs/format.md`: `vectors.json` has their bytes. */
import { hash } from 'node:crypto';
import { type Change, type ChunkRef, type Entry, Kind, type Snapshot } from '../../src/objects/model.ts';
import { EMPTY_CONTENT, type Id } from '../../src/store/id.ts';

/** The id of a chunk with these bytes. */
export function idOf(text: string): Id {
  return hash('sha256', text, 'buffer');
}

export const integers: (number | bigint)[] = [
  0,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  4_294_967_295,
  4_294_967_296,
  Number.MAX_SAFE_INTEGER,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  -1,
  -32,
  -33,
  -128,
  -129,
  -32_768,
  -32_769,
  -2_147_483_648,
  -2_147_483_649,
  -(2n ** 63n),
];

export const components = ['main', 'Laptop/docs', 'v1.0_é', '.x', 'a%b', '日本'];

const name = (text: string) => Buffer.from(text, 'latin1');

export const entries: Record<string, Entry> = {
  'only what must be': { name: name('a'), kind: Kind.file, id: EMPTY_CONTENT },
  everything: {
    name: name('b\xff'),
    kind: Kind.file,
    id: idOf('list'),
    mode: 0o4755,
    uid: 1000,
    gid: 100,
    user: 'ada',
    group: 'users',
    size: 4_294_967_296,
    mtimeS: 1_767_225_600,
    mtimeNs: 123_456_789,
    ctimeS: 1_767_225_601,
    ctimeNs: 0,
    btimeS: -1,
    btimeNs: 999_999_999,
    ino: 9_223_372_036_854_775_808n,
    nlink: 2,
    fs: 1,
    sha256: idOf('whole'),
    flags: 7,
    xattrs: [
      { name: name('user.long'), id: idOf('value') },
      { name: name('user.short'), value: name('v\0') },
    ],
    ext: [[7, [1, 'x']]],
  },
  'one chunk': {
    name: name('hello.txt'),
    kind: Kind.file,
    id: idOf('hello\n'),
    size: 6,
    sha256: idOf('hello\n'),
  },
  symlink: { name: name('link'), kind: Kind.symlink, id: idOf('a'), mode: 0o777, size: 1, target: name('a') },
  device: { name: name('null'), kind: Kind.char, id: EMPTY_CONTENT, rdevMajor: 1, rdevMinor: 3 },
};

/** Ascending names. */
export const treeRows: Entry[] = [entries['only what must be']!, entries['one chunk']!];

export const listRows: ChunkRef[] = [
  { id: idOf('hello\n'), length: 6 },
  { id: idOf('world\n'), length: 65_536 },
];

export const changes: Change[] = [
  { path: name('a'), letter: 'T', kind: Kind.dir, id: idOf('tree'), metadataOnly: false },
  { path: name('a/b'), letter: 'A', kind: Kind.file, id: idOf('b'), metadataOnly: false },
  { path: name('a.txt'), letter: 'M', kind: Kind.file, id: idOf('a'), metadataOnly: true },
  { path: name('z\xff'), letter: 'D', kind: Kind.symlink, id: idOf('z'), metadataOnly: false },
];

const tree = idOf('tree');
const first: Snapshot = {
  tree,
  root: { name: Buffer.alloc(0), kind: Kind.dir, id: tree, mode: 0o755 },
  parents: [],
  generation: 0,
  timeS: 1_767_225_600,
  timeNs: 5,
  host: 'laptop',
  user: 'ada',
  rootPath: name('/home/ada'),
  mounts: [Buffer.alloc(0)],
  message: '',
  labels: [],
  problemCount: 0,
  problems: [],
  stats: { files: 1, dirs: 2, others: 3, bytes: 4, newBytes: 5, storedBytes: 6, durationMs: 7 },
};

export const snapshots: Record<string, Snapshot> = {
  'without parents': first,
  'with everything': {
    ...first,
    parents: [idOf('parent'), idOf('other')],
    generation: 3,
    changes: idOf('changes'),
    author: 'Ada L.',
    mounts: [Buffer.alloc(0), name('mnt/usb')],
    message: 'Zeilen\nüber Zeilen',
    labels: [['k', 'v']],
    problemCount: 101,
    problems: [{ path: name('x\xff'), code: 'EACCES', message: 'no' }],
    ext: [[1, 'x']],
  },
};

/** The entries of the tree whose pages the appendix counts: `0000`, `0001`, …, nothing but names. */
export function numbered(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => ({
    name: Buffer.from(String(i).padStart(4, '0')),
    kind: Kind.file,
    id: EMPTY_CONTENT,
  }));
}

/** The chunks of the list whose pages the appendix counts: the ids of `0`, `1`, …, each one byte more than the one before. */
export function numberedChunks(count: number): ChunkRef[] {
  return Array.from({ length: count }, (_, i) => ({ id: idOf(String(i)), length: i + 1 }));
}

/** The bytes that the appendix cuts: 32-bit words of xorshift (13, 17, 5) from 1, little-endian. */
export function noise(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  const bytes = Buffer.alloc(words.length * 4);
  for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, i * 4);
  return bytes.subarray(0, length);
}
