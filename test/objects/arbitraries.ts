/** Generators of entries and what they consist of, with the edges of the integer encodings. */
import fc from 'fast-check';
import { type Entry, type Extension, Kind, type Xattr } from '../../src/objects/model.ts';
import { nameFault } from '../../src/objects/names.ts';
import type { Id } from '../../src/store/id.ts';

const EDGES = [
  0, 1, 0x1f, 0x20, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];
const LONG_EDGES = [...EDGES, 0x100000000, 0x100000001, Number.MAX_SAFE_INTEGER];

export const bytes = (min: number, max: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((array) => Buffer.from(array));

export const id: fc.Arbitrary<Id> = bytes(32, 32);

export const uint32: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(...EDGES), fc.nat(0xffffffff));

export const size: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(...LONG_EDGES), fc.maxSafeNat());

/** Seconds, also before 1970 and beyond what Number counts exactly (rounded then). */
export const seconds: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(...LONG_EDGES, ...LONG_EDGES.map((n) => -n || 0), 2 ** 53, 2 ** 62, -(2 ** 63)),
  fc.maxSafeInteger(),
);

export const nanos: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(0, 999_999_999), fc.nat(999_999_999));

/** Not always UTF-8. */
export const name: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).map((text) => Buffer.from(text)),
    bytes(1, 300),
  )
  .filter((value) => nameFault(value) === undefined);

export const text: fc.Arbitrary<string> = fc.string({ maxLength: 300, unit: 'grapheme' });

export const extensions: fc.Arbitrary<Extension[]> = fc.array(
  fc.tuple(
    uint32,
    fc.oneof(
      fc.constantFrom(null, true, false),
      seconds.filter(Number.isSafeInteger),
      text,
      bytes(0, 10),
      fc.array(size, { maxLength: 3 }),
    ),
  ),
  { minLength: 1, maxLength: 3 },
);

export const xattrs: fc.Arbitrary<Xattr[]> = fc
  .uniqueArray(
    fc.oneof(
      fc.tuple(bytes(1, 20), bytes(0, 300)).map(([name, value]) => ({ name, value })),
      fc.tuple(bytes(1, 20), id).map(([name, id]) => ({ name, id })),
    ) as fc.Arbitrary<Xattr>,
    { maxLength: 4, selector: (xattr) => xattr.name.toString('hex') },
  )
  .map((all) => all.sort((a, b) => a.name.compare(b.name)));

const inode = fc.oneof(size, fc.bigInt({ min: BigInt(Number.MAX_SAFE_INTEGER) + 1n, max: (1n << 64n) - 1n }));

const optionalFields = fc.record(
  {
    mode: fc.nat(0o7777),
    uid: uint32,
    gid: uint32,
    user: text,
    group: text,
    size,
    mtimeS: seconds,
    mtimeNs: nanos,
    ctimeS: seconds,
    ctimeNs: nanos,
    btimeS: seconds,
    btimeNs: nanos,
    ino: inode,
    nlink: uint32,
    fs: uint32,
    sha256: id,
    target: bytes(0, 300),
    flags: uint32,
    xattrs,
    ext: extensions,
  },
  { requiredKeys: [], noNullPrototype: true },
);

const device = fc.option(fc.record({ rdevMajor: uint32, rdevMinor: uint32 }), { nil: {} });

export const kind: fc.Arbitrary<Kind> = fc.constantFrom(...Object.values(Kind));

export const entry: fc.Arbitrary<Entry> = fc
  .tuple(name, kind, id, optionalFields, device, fc.boolean())
  .map(([name, kind, id, fields, device, isDigest]) => {
    const entry: Entry = { name, kind, id, ...fields, ...device };
    if (isDigest) entry.sha256 = id;
    return entry;
  });
