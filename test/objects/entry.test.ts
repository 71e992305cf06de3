import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decode, encode } from '../../src/objects/encoding.ts';
import { entryFields, entryFromFields } from '../../src/objects/entry.ts';
import { writeEntry } from '../../src/objects/entry-row.ts';
import { Malformed } from '../../src/objects/malformed.ts';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { RowWriter } from '../../src/objects/row-writer.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { fails, idOf } from './memory-store.ts';
import { readRow, writeRows } from './row-bytes.ts';

const id = idOf('content');
const file: Entry = {
  name: Buffer.from('a.txt'),
  kind: Kind.file,
  id,
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  user: 'ada',
  group: 'staff',
  size: 2 ** 32,
  mtimeS: 1_700_000_000,
  mtimeNs: 123_456_789,
  ctimeS: -1,
  ctimeNs: 999_999_999,
  btimeS: 0,
  btimeNs: 0,
  ino: 2n ** 63n,
  nlink: 2,
  fs: 0,
  sha256: id,
  flags: 3,
  xattrs: [
    { name: Buffer.from('user.a'), value: Buffer.from('1') },
    { name: Buffer.from('user.b'), id },
  ],
};

test('golden: a file with everything', () => {
  const idHex = `c420${id.toString('hex')}`;
  const golden = [
    'dc0018',
    'c405612e747874', // name
    '01', // kind
    idHex,
    'cd01a4', // mode
    'cd03e8', // uid
    'cd03e8', // gid
    'a3616461', // user
    'a57374616666', // group
    'd30000000100000000', // size
    'ce6553f100', // mtime
    'ce075bcd15',
    'ff', // ctime
    'ce3b9ac9ff',
    '00', // birth time
    '00',
    'cf8000000000000000', // inode
    '02', // links
    '00', // file system
    'c3', // sha256 = id
    'c0', // target
    'c0', // device
    '03', // flags
    `9292c406757365722e61c4013193c406757365722e62c0${idHex}`, // attributes
    '90', // extensions
  ].join('');
  assert.is(writeRows(file).toString('hex'), golden);
  assert.is(encode(entryFields(file)).toString('hex'), golden);
  assert.equal(readRow(Buffer.from(golden, 'hex')), file);
});

test('golden: an entry of which only name, kind and id are known', () => {
  const bare: Entry = { name: Buffer.from('x'), kind: Kind.fifo, id: EMPTY_CONTENT };
  const golden = `dc0018c4017804c420${EMPTY_CONTENT.toString('hex')}${'c0'.repeat(20)}90`;
  assert.is(writeRows(bare).toString('hex'), golden);
  assert.equal(readRow(Buffer.from(golden, 'hex')), bare);
});

test('golden: a device, a link, an unknown extension', () => {
  const entry: Entry = {
    name: Buffer.from([0xff, 0xfe]),
    kind: Kind.char,
    id: EMPTY_CONTENT,
    target: Buffer.from('t'),
    rdevMajor: 8,
    rdevMinor: 1,
    ext: [[7, ['new', 2 ** 40]]],
  };
  const golden = `dc0018c402fffe06c420${EMPTY_CONTENT.toString('hex')}${'c0'.repeat(16)}c401749208 01c0c0919207 92a36e6577d30000010000000000`;
  assert.is(writeRows(entry).toString('hex'), golden.replaceAll(' ', ''));
  assert.equal(readRow(writeRows(entry)), entry);
});

test('property: both ways of writing give the same bytes, both ways of reading the same entry', () => {
  fc.assert(
    fc.property(arbitrary.entry, (entry) => {
      const bytes = writeRows(entry);
      assert.is(bytes.toString('hex'), encode(entryFields(entry)).toString('hex'));
      const fast = readRow(bytes);
      const slow = entryFromFields(decode(bytes));
      assert.equal(fast, entry);
      assert.equal(slow, entry);
    }),
    { numRuns: 300 },
  );
});

test('property: many entries behind each other, so that the buffer grows anywhere', () => {
  fc.assert(
    fc.property(fc.array(arbitrary.entry, { maxLength: 30 }), (entries) => {
      const out = new RowWriter(1);
      for (const entry of entries) writeEntry(entry, out);
      assert.ok(out.written.equals(Buffer.concat(entries.map((entry) => encode(entryFields(entry))))));
    }),
  );
});

test('property: damaged bytes are Malformed or another entry, by both readers, never anything else', () => {
  const damage = fc.tuple(arbitrary.entry, fc.nat(), fc.nat(255), fc.nat());
  fc.assert(
    fc.property(damage, ([entry, at, value, length]) => {
      const bytes = writeRows(entry);
      bytes[at % bytes.length] = value;
      for (const broken of [bytes, bytes.subarray(0, length % bytes.length)]) {
        const fast = attempt(() => readRow(broken));
        const slow = attempt(() => entryFromFields(decode(broken)));
        if (fast instanceof Malformed) assert.instance(slow, Malformed);
        else assert.equal(fast, slow);
      }
    }),
    { numRuns: 1000 },
  );
});

function attempt<T>(run: () => T): T | Malformed {
  try {
    return run();
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}

const REFUSED: [string, Partial<Entry>][] = [
  ['an empty name', { name: Buffer.alloc(0) }],
  ['a name with a slash', { name: Buffer.from('a/b') }],
  ['a name with a zero', { name: Buffer.from('a\0') }],
  ['.', { name: Buffer.from('.') }],
  ['..', { name: Buffer.from('..') }],
  ['a name of 4,097 bytes', { name: Buffer.alloc(4097, 'n') }],
  ['a short id', { id: Buffer.alloc(31) }],
  ['a long sha256', { sha256: Buffer.alloc(33) }],
  ['an unknown kind', { kind: 8 as Kind }],
  ['no kind', { kind: 0 as Kind }],
  ['file type bits in the mode', { mode: 0o100644 }],
  ['a negative size', { size: -1 }],
  ['a size beyond 2^53', { size: 2 ** 53 }],
  ['a fraction', { size: 1.5 }],
  ['too many nanoseconds', { mtimeNs: 1_000_000_000 }],
  ['negative nanoseconds', { ctimeNs: -1 }],
  ['a uid of 33 bits', { uid: 2 ** 32 }],
  ['a device number of 33 bits', { rdevMajor: 2 ** 32, rdevMinor: 0 }],
  ['attributes out of order', { xattrs: [...file.xattrs!].reverse() }],
  ['an attribute twice', { xattrs: [file.xattrs![0]!, file.xattrs![0]!] }],
  ['an attribute without name', { xattrs: [{ name: Buffer.alloc(0), value: id }] }],
  ['an attribute with half an id', { xattrs: [{ name: Buffer.from('n'), id: Buffer.alloc(16) }] }],
];

for (const [what, change] of REFUSED) {
  test(`${what} is neither written nor read`, async () => {
    const entry = { ...file, ...change };
    await fails(() => writeRows(entry), 'USAGE');
    const fields = entryFields(file) as unknown[];
    for (const [field, position] of Object.entries(POSITIONS)) {
      if (field in change) fields[position] = raw(change, field);
    }
    const bytes = encode(fields as never);
    assert.instance(
      attempt(() => readRow(bytes)),
      Malformed,
    );
    assert.instance(
      attempt(() => entryFromFields(decode(bytes))),
      Malformed,
    );
  });
}

const POSITIONS = {
  name: 0,
  kind: 1,
  id: 2,
  mode: 3,
  uid: 4,
  size: 8,
  mtimeNs: 10,
  ctimeNs: 12,
  sha256: 18,
  rdevMajor: 20,
  xattrs: 22,
};

/** What an unchecked writer would have made of the field. */
function raw(change: Partial<Entry>, field: string): unknown {
  if (field === 'rdevMajor') return [BigInt(change.rdevMajor!), 0];
  if (field === 'xattrs') {
    return change.xattrs!.map((xattr) =>
      'value' in xattr ? [xattr.name, xattr.value] : [xattr.name, null, xattr.id],
    );
  }
  const value = change[field as keyof Entry];
  if (value === 1.5) return 'text';
  return typeof value === 'number' && value >= 2 ** 32 ? BigInt(value) : value;
}

test('an absent part of a device number is zero', () => {
  assert.equal(readRow(writeRows({ ...file, rdevMinor: 3 })), { ...file, rdevMajor: 0, rdevMinor: 3 });
});

test.run();
