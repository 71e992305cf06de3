#!/usr/bin/env node
/**
 * A reader of vaults written from `docs/format.md` alone: nothing of `src`, no library. It is slow and short on purpose.
 * It proves that the document is complete, and it gets files back where the program is not at hand:
 *
 *     node reader.mjs STORE main FOLDER          what the line `main` is now
 *     node reader.mjs STORE tags/v1 FOLDER       what a tag names
 *
 * FOLDER must not exist. Contents, names, symlinks and permission bits are restored; fifos, sockets and devices are named
 * and left out. Page numbers below are those of the document.
 */
import { createHash, hash } from 'node:crypto';
import fs from 'node:fs';
import zlib from 'node:zlib';

const MIB = 1024 * 1024;

/** What is thrown for whatever the document forbids. */
export class FormatError extends Error {}

function check(condition, message) {
  if (!condition) throw new FormatError(message);
}

export const sha256 = (bytes) => hash('sha256', bytes, 'buffer');

// Page 2: layout

/** A name as a component of a key. */
export function escapeName(name) {
  let escaped = '';
  for (const byte of Buffer.from(name, 'utf8')) {
    const character = String.fromCharCode(byte);
    const plain = /[a-z0-9._-]/.test(character) && !(escaped === '' && character === '.');
    escaped += plain ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  check(escaped.length >= 1 && escaped.length <= 250, `the name ${name} does not fit a key`);
  return escaped;
}

function list(folder) {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

// Page 3: records

/** The object that a record of this key holds. */
export function readRecord(key, bytes) {
  check(bytes.length <= MIB, `${key}: too long`);
  const newline = bytes.indexOf(0x0a);
  const line = bytes.subarray(0, newline + 1);
  const sum = hash('sha256', line);
  check(bytes.subarray(newline + 1).toString('latin1') === `${sum}\n`, `${key}: the checksum is wrong`);
  const record = JSON.parse(line.toString());
  check(record.version === 1, `${key}: version ${record.version} is not known`);
  check(record.key === key, `${key}: this is the record ${record.key}`);
  return record;
}

// Pages 7 and 8: packs, blocks, codecs

function decode(codec, bytes, rawLength) {
  check(codec === 0 || codec === 1, `codec ${codec} is not known`);
  let raw = bytes;
  if (codec === 1) {
    const params = { [zlib.constants.ZSTD_d_windowLogMax]: 24 };
    try {
      raw = zlib.zstdDecompressSync(bytes, { params, maxOutputLength: Math.max(rawLength, 1) });
    } catch (error) {
      throw new FormatError(`no zstd frame: ${error.message}`);
    }
  }
  check(raw.length === rawLength, `${raw.length} bytes were decoded, not ${rawLength}`);
  return raw;
}

/** The objects' bytes of a block, one after the other. */
export function openBlock(bytes, rawLength) {
  check(bytes.toString('latin1', 0, 4) === 'VBLK' && bytes.readUIntBE(5, 3) === 0, 'no block');
  check(bytes.readUInt32BE(8) === rawLength, 'the block has another raw length');
  check(bytes.readUInt32BE(12) === bytes.length - 16, 'the block has another length');
  return decode(bytes[4], bytes.subarray(16), rawLength);
}

/**
 * Where a pack's objects lie.
 * @param read gives `length` bytes of the pack from `offset`
 */
export function packTable(size, read) {
  check(size >= 48 + 24 && size < 64 * MIB, `a pack of ${size} bytes`);
  const trailer = read(size - 24, 24);
  check(trailer.toString('latin1', 16) === 'VAULTEND' && trailer.readUIntBE(13, 3) === 0, 'no trailer');
  const [stored, raw, crc] = [0, 4, 8].map((at) => trailer.readUInt32BE(at));
  const footerAt = size - 24 - stored;
  check(footerAt >= 48 && raw <= 13_959_168, 'the footer is too long');
  const coded = read(footerAt, stored);
  check(zlib.crc32(coded) === crc, 'the footer is damaged');
  const footer = decode(trailer[12], coded, raw);
  check(footer[0] === 0x94 && footer[1] === 1, 'the footer has another version');
  const blocks = bin32(footer, 2);
  const rows = bin32(footer, 2 + 5 + blocks.length);
  return placeObjects(blocks, rows, footerAt);
}

function bin32(bytes, at) {
  check(bytes[at] === 0xc6 && at + 5 <= bytes.length, 'no table');
  const end = at + 5 + bytes.readUInt32BE(at + 1);
  check(end < bytes.length, 'a table ends early');
  return bytes.subarray(at + 5, end);
}

function placeObjects(blocks, rows, footerAt) {
  check(blocks.length > 0 && blocks.length % 16 === 0 && rows.length % 37 === 0, 'tables of odd length');
  const objects = [];
  let next = 48;
  for (let at = 0; at < blocks.length; at += 16) {
    const [offset, length, rawLength, count] = [0, 4, 8, 12].map((field) => blocks.readUInt32BE(at + field));
    check(offset === next && length > 16 && rawLength <= 16 * MIB, 'a block is out of place');
    check(count >= 1 && count <= 65_536, 'a block has too many objects');
    const block = { offset, length, rawLength };
    let start = 0;
    for (const end = objects.length + count; objects.length < end; ) {
      const row = rows.subarray(objects.length * 37, objects.length * 37 + 37);
      check(row.length === 37, 'there are fewer objects than the blocks say');
      const object = { id: row.subarray(0, 32), type: row[32], block, start, length: row.readUInt32BE(33) };
      check(object.length > 0 && object.type !== 0, 'an object is empty or of no type');
      objects.push(object);
      start += object.length;
    }
    check(start === rawLength, 'the objects do not fill their block');
    next += length;
  }
  check(next === footerAt, 'the blocks do not fill the pack');
  check(objects.length * 37 === rows.length && objects.length <= 262_144, 'wrong number of objects');
  const isData = objects[0].type === 1;
  check(
    objects.every(({ type }) => (type === 1) === isData),
    'chunks and metadata are mixed',
  );
  return objects;
}

// Page 9: ids

const TYPES = ['', 'chunk', 'list', 'tree', 'snapshot', 'changes'];
const EMPTY = sha256(Buffer.alloc(0));

export function objectId(type, bytes) {
  return sha256(type === 1 ? bytes : Buffer.concat([Buffer.from(`vault ${TYPES[type]} 1\0`), bytes]));
}

// Page 10: encoding

/**
 * The one value that `bytes` hold. Bytes become Buffers, text strings, integers numbers or, where those would round
 * them, BigInts.
 */
export function decodeValue(bytes) {
  let at = 0;
  const take = (length) => {
    check(length <= bytes.length - at, 'an encoding ends early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint = (length) => take(length).readUIntBE(0, length);
  const long = (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
  const array = (length, depth) => {
    check(depth < 8, 'an encoding nests too deep');
    check(length <= bytes.length - at, 'an array ends early');
    return Array.from({ length }, () => value(depth + 1));
  };
  const value = (depth) => {
    const token = uint(1);
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token >= 0xa0 && token < 0xc0) return take(token - 0xa0).toString();
    if (token >= 0x90 && token < 0xa0) return array(token - 0x90, depth);
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return take(uint(1 << (token - 0xc4)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return uint(1 << (token - 0xcc));
      case 0xcf:
        return long(take(8).readBigUInt64BE());
      case 0xd0:
        return take(1).readInt8();
      case 0xd1:
        return take(2).readInt16BE();
      case 0xd2:
        return take(4).readInt32BE();
      case 0xd3:
        return long(take(8).readBigInt64BE());
      case 0xd9:
      case 0xda:
      case 0xdb:
        return take(uint(1 << (token - 0xd9))).toString();
      case 0xdc:
        return array(uint(2), depth);
      case 0xdd:
        return array(uint(4), depth);
      default:
        throw new FormatError(`the forbidden token ${token.toString(16)}`);
    }
  };
  const whole = value(0);
  check(at === bytes.length, 'bytes follow an encoding');
  return whole;
}

/** The fields of an array that has exactly `count`, of which the last are its extensions where `extended`. */
function fieldsOf(value, count, extended = false) {
  check(Array.isArray(value) && value.length === count, `no array of ${count}`);
  if (extended) {
    check(Array.isArray(value[count - 1]), 'no extensions');
    for (const pair of value[count - 1]) uintOf(fieldsOf(pair, 2)[0], 0xffffffff);
  }
  return value;
}

function objectOf(bytes, count) {
  const value = decodeValue(bytes);
  check(Array.isArray(value) && value[0] === 1, 'an object of another version');
  return fieldsOf(value, count, true);
}

function uintOf(value, max = Number.MAX_SAFE_INTEGER, min = 0) {
  check(Number.isInteger(value) && value >= min && value <= max, `${value} is not from ${min} to ${max}`);
  return value;
}

function intOf(value) {
  check(Number.isInteger(value) || typeof value === 'bigint', 'no integer');
  return value;
}

function bytesOf(value) {
  check(Buffer.isBuffer(value), 'no bytes');
  return value;
}

function idOf(value) {
  check(bytesOf(value).length === 32, 'no id');
  return value;
}

function textOf(value) {
  check(typeof value === 'string', 'no text');
  return value;
}

function arrayOf(value, read) {
  check(Array.isArray(value), 'no array');
  return value.map((item) => read(item));
}

const ifThere = (value, read, ...rest) => (value === null ? undefined : read(value, ...rest));

// Page 11: paged lists

/** A path sorts as if the slash were less than any other byte. */
const comparePaths = (a, b) => Buffer.compare(walkOrder(a), walkOrder(b));
const walkOrder = (path) => Buffer.from(path.toString('latin1').replaceAll('/', '\0'), 'latin1');

const LISTS = {
  2: { row: chunkRow, key: (row) => row.id, weight: (row) => row.length },
  3: { row: readEntry, key: (row) => row.name, compare: Buffer.compare },
  5: { row: changeRow, key: (row) => row.path, compare: comparePaths },
};

/** One page: its level, and rows or children. */
export function readPage(type, bytes) {
  const { row, key, compare, weight } = LISTS[type];
  const [, level, rows] = objectOf(bytes, 4);
  uintOf(level, 7);
  check(
    Array.isArray(rows) && rows.length <= 1024 && (level === 0 || rows.length > 0),
    'a page of wrong length',
  );
  const found = rows.map((item) => (level === 0 ? row(item) : childRow(item, weight !== undefined)));
  const keys = found.map((item) => (level === 0 ? key(item) : item.key));
  if (compare) {
    for (let i = 1; i < keys.length; i++) check(compare(keys[i - 1], keys[i]) < 0, 'rows out of order');
  }
  const sum = (of) => found.reduce((total, item) => total + of(item), 0);
  return {
    level,
    rows: found,
    keys,
    count: level === 0 ? found.length : sum((child) => child.rows),
    weight: weight === undefined ? 0 : level === 0 ? sum(weight) : sum((child) => child.bytes),
  };
}

function childRow(value, hasBytes) {
  const [key, rows, ...rest] = fieldsOf(value, hasBytes ? 4 : 3);
  const bytes = hasBytes ? uintOf(rest.shift()) : 0;
  return { key: bytesOf(key), rows: uintOf(rows), bytes, id: idOf(rest[0]) };
}

/**
 * The rows of a list, in order.
 * @param fetch gives the verified bytes of an object by its type and id
 */
export function* readRows(fetch, type, id) {
  const { compare } = LISTS[type];
  let last;
  function* below(page) {
    for (const [i, row] of page.rows.entries()) {
      if (page.level === 0) {
        check(!compare || last === undefined || compare(last, page.keys[i]) < 0, 'pages overlap');
        last = page.keys[i];
        yield row;
        continue;
      }
      const child = readPage(type, fetch(type, row.id));
      check(child.level === page.level - 1, 'a page of another level');
      check(child.count === row.rows && child.weight === row.bytes, 'a page of other totals');
      check(child.count > 0 && child.keys[0].equals(row.key), 'a page of another key');
      yield* below(child);
    }
  }
  yield* below(readPage(type, fetch(type, id)));
}

// Page 12: trees

const FIRST_KIND = 1;
const LAST_KIND = 7;
const KINDS = ['', 'file', 'dir', 'symlink', 'fifo', 'socket', 'character device', 'block device'];

export function readEntry(value, isRoot = false) {
  const fields = fieldsOf(value, 24, true);
  const [name, kind, id] = fields;
  if (isRoot) check(bytesOf(name).length === 0, 'the root has a name');
  else checkName(bytesOf(name));
  const u32 = (at) => ifThere(fields[at], uintOf, 0xffffffff);
  const seconds = (at) => ifThere(fields[at], intOf);
  const nanos = (at) => ifThere(fields[at], uintOf, 999_999_999);
  return {
    name,
    kind: uintOf(kind, LAST_KIND, FIRST_KIND),
    id: idOf(id),
    mode: ifThere(fields[3], uintOf, 0o7777),
    uid: u32(4),
    gid: u32(5),
    user: ifThere(fields[6], textOf),
    group: ifThere(fields[7], textOf),
    size: ifThere(fields[8], uintOf),
    mtimeS: seconds(9),
    mtimeNs: nanos(10),
    ctimeS: seconds(11),
    ctimeNs: nanos(12),
    btimeS: seconds(13),
    btimeNs: nanos(14),
    ino: ifThere(fields[15], intOf),
    nlink: u32(16),
    fs: u32(17),
    sha256: fields[18] === true ? id : ifThere(fields[18], idOf),
    target: ifThere(fields[19], bytesOf),
    device: ifThere(fields[20], (pair) => fieldsOf(pair, 2).map((number) => uintOf(number, 0xffffffff))),
    flags: u32(21) ?? 0,
    xattrs: ifThere(fields[22], readXattrs) ?? [],
    ext: fields[23],
  };
}

function checkName(name) {
  check(name.length >= 1 && name.length <= 4096, 'a name of wrong length');
  check(!name.includes(0) && !name.includes('/'), 'a name with a slash or a zero byte');
  check(!['.', '..'].includes(name.toString('latin1')), 'a name that leads elsewhere');
}

function readXattrs(value) {
  let last = Buffer.alloc(0);
  return arrayOf(value, (item) => {
    const isInline = Array.isArray(item) && item.length === 2;
    const [name, inline, id] = fieldsOf(item, isInline ? 2 : 3);
    check(Buffer.compare(last, bytesOf(name)) < 0, 'attributes out of order');
    last = name;
    if (isInline) return { name, value: bytesOf(inline) };
    check(inline === null, 'an attribute of unknown form');
    return { name, id: idOf(id) };
  });
}

// Page 13: lists

function chunkRow(value) {
  const [id, length] = fieldsOf(value, 2);
  return { id: idOf(id), length: uintOf(length, 0xffffffff, 1) };
}

// Page 14: snapshots

export function readSnapshot(bytes) {
  const fields = objectOf(bytes, 19);
  const snapshot = {
    tree: idOf(fields[1]),
    root: readEntry(fields[2], true),
    parents: arrayOf(fields[3], idOf),
    generation: uintOf(fields[4]),
    changes: ifThere(fields[5], idOf),
    timeS: intOf(fields[6]),
    timeNs: uintOf(fields[7], 999_999_999),
    host: textOf(fields[8]),
    user: textOf(fields[9]),
    author: ifThere(fields[10], textOf),
    rootPath: bytesOf(fields[11]),
    mounts: arrayOf(fields[12], bytesOf),
    message: textOf(fields[13]),
    labels: arrayOf(fields[14], (pair) => fieldsOf(pair, 2).map(textOf)),
    problemCount: uintOf(fields[15]),
    problems: arrayOf(fields[16], (problem) => {
      const [path, code, message] = fieldsOf(problem, 3);
      return { path: bytesOf(path), code: textOf(code), message: textOf(message) };
    }),
    stats: fieldsOf(fields[17], 7).map((number) => uintOf(number)),
    ext: fields[18],
  };
  const { tree, root, parents, generation, changes, mounts, problems, problemCount } = snapshot;
  check(root.kind === 2 && root.id.equals(tree), 'the root is not its tree');
  check(parents.length > 0 || (generation === 0 && changes === undefined), 'an orphan with a past');
  check(problems.length <= 100 && problems.length <= problemCount, 'too many problems');
  for (const [i, path] of mounts.entries()) {
    if (i === 0) check(path.length === 0, 'the first mount point is not the root');
    else checkPath(path);
  }
  return snapshot;
}

function checkPath(path) {
  check(path.length <= MIB, 'a path is too long');
  const text = path.toString('latin1');
  for (const name of text.split('/')) checkName(Buffer.from(name, 'latin1'));
}

// Page 15: changes

function changeRow(value) {
  const [path, letter, kind, id, metadataOnly] = fieldsOf(value, 5);
  checkPath(bytesOf(path));
  check(['A', 'M', 'D', 'T'].includes(letter), `the letter ${letter}`);
  uintOf(metadataOnly, letter === 'M' ? 1 : 0);
  uintOf(kind, LAST_KIND, FIRST_KIND);
  return { path, letter, kind, id: idOf(id), metadataOnly: metadataOnly === 1 };
}

// Page 1: a store

/** Decoded blocks that are kept. */
const KEPT_BLOCKS = 64;
/** Directories in directories. */
const MAX_DEPTH = 4096;

export class Store {
  #path;
  /** of chunks, and of all else: id as latin1 → place */
  #chunks = new Map();
  #meta = new Map();
  #blocks = new Map();

  constructor(path) {
    this.#path = path;
    this.config = readRecord('config', fs.readFileSync(`${path}/config`));
    const { formatVersion, cipher, features } = this.config;
    check(formatVersion === 1 && cipher === 'plain', 'a vault of another format');
    check(features.read.length === 0, `a vault with the features ${features.read}`);
    for (const pack of this.packs()) this.#addPack(pack);
  }

  /** The packs' names, by listing. */
  *packs() {
    const hex = (length) => new RegExp(`^[0-9a-f]{${length}}$`);
    for (const a of list(`${this.#path}/objects`).filter((name) => hex(2).test(name))) {
      for (const b of list(`${this.#path}/objects/${a}`).filter((name) => hex(2).test(name))) {
        for (const pack of list(`${this.#path}/objects/${a}/${b}`)) {
          if (hex(64).test(pack) && pack.startsWith(a + b)) yield pack;
        }
      }
    }
  }

  packPath(pack) {
    return `${this.#path}/objects/${pack.slice(0, 2)}/${pack.slice(2, 4)}/${pack}`;
  }

  #addPack(pack) {
    const path = this.packPath(pack);
    const { size } = fs.statSync(path);
    for (const object of packTable(size, (offset, length) => readRange(path, offset, length))) {
      const table = object.type === 1 ? this.#chunks : this.#meta;
      table.set(object.id.toString('latin1'), { ...object, pack });
    }
  }

  /** The verified bytes of an object. */
  fetch = (type, id) => {
    if (type === 1 && id.equals(EMPTY)) return Buffer.alloc(0);
    const hex = id.toString('hex');
    const place = (type === 1 ? this.#chunks : this.#meta).get(id.toString('latin1'));
    check(place, `${TYPES[type]} ${hex} is missing`);
    check(place.type === type, `${hex} is not a ${TYPES[type]}`);
    const bytes = this.#block(place).subarray(place.start, place.start + place.length);
    check(objectId(type, bytes).equals(id), `${TYPES[type]} ${hex} is damaged`);
    return bytes;
  };

  #block({ pack, block }) {
    const key = `${pack} ${block.offset}`;
    let raw = this.#blocks.get(key);
    if (raw === undefined) {
      raw = openBlock(readRange(this.packPath(pack), block.offset, block.length), block.rawLength);
      if (this.#blocks.size >= KEPT_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value);
      this.#blocks.set(key, raw);
    }
    return raw;
  }

  /** The current record of a ref: `main`, `heads/main` or `tags/v1`. */
  ref(text) {
    const [, namespace = 'heads', name] = /^(?:(heads|tags)\/)?(.+)$/.exec(text);
    const prefix = `refs/${namespace}/${escapeName(name)}`;
    const [newest] = list(`${this.#path}/${prefix}`).filter((key) => /^@[0-9]{10}$/.test(key));
    check(newest, `there is no ${prefix}`);
    const key = `${prefix}/${newest}`;
    const record = readRecord(key, fs.readFileSync(`${this.#path}/${key}`));
    check(record.namespace === namespace && record.name === name, `${key} is of another ref`);
    check(record.seq === 9_999_999_999 - Number(newest.slice(1)), `${key} has another number`);
    const isList = record.list !== undefined;
    check(!isList || (record.list === true && record.type === 'blob'), `${key} says list of no content`);
    return record;
  }

  /** The content that a ref names, chunk by chunk. */
  *named(ref) {
    const { target, type, list: isList } = this.ref(ref);
    check(target !== undefined && type === 'blob', `${ref} names no content`);
    yield* this.content({ id: Buffer.from(target, 'hex'), flags: isList ? 4 : 0 });
  }

  snapshot(ref) {
    const { target, type } = this.ref(ref);
    check(target !== undefined && type === 'snapshot', `${ref} names no snapshot`);
    return readSnapshot(this.fetch(4, Buffer.from(target, 'hex')));
  }

  /** Everything in a directory: paths from it, and entries. */
  *walk(tree, prefix = Buffer.alloc(0), depth = 0) {
    check(depth <= MAX_DEPTH, 'directories nest too deep');
    for (const entry of readRows(this.fetch, 3, tree)) {
      const path = Buffer.concat([prefix, entry.name]);
      yield { path, entry };
      if (entry.kind === 2) yield* this.walk(entry.id, Buffer.concat([path, Buffer.from('/')]), depth + 1);
    }
  }

  /** The content of a file, chunk by chunk. */
  *content(entry) {
    if ((entry.flags & 4) === 0) {
      yield this.fetch(1, entry.id);
      return;
    }
    for (const { id, length } of readRows(this.fetch, 2, entry.id)) {
      const chunk = this.fetch(1, id);
      check(chunk.length === length, 'a chunk has another length than its list says');
      yield chunk;
    }
  }

  /** The value of an extended attribute. */
  attribute(xattr) {
    return xattr.value ?? this.fetch(1, xattr.id);
  }
}

function readRange(path, offset, length) {
  const bytes = Buffer.alloc(length);
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  const got = fs.readSync(fd, bytes, 0, length, offset);
  fs.closeSync(fd);
  check(got === length, `${path} ends early`);
  return bytes;
}

/** Writes the snapshot that `ref` names to `folder`, verifying everything; what it did. */
export function extract(store, ref, folder) {
  const { root } = store.snapshot(ref);
  const result = { files: 0, dirs: 0, symlinks: 0, bytes: 0, skipped: [] };
  const symlinks = [];
  const folders = [{ path: Buffer.from(folder), entry: root }];
  fs.mkdirSync(folder);
  for (const found of store.walk(root.id)) {
    const { entry } = found;
    const path = Buffer.concat([Buffer.from(`${folder}/`), found.path]);
    if (entry.kind === 1) {
      result.bytes += writeFile(store, entry, path);
      result.files++;
    } else if (entry.kind === 2) {
      fs.mkdirSync(path);
      folders.push({ path, entry });
      result.dirs++;
    } else if (entry.kind === 3) symlinks.push({ path, target: targetOf(store, entry) });
    else result.skipped.push(`${KINDS[entry.kind]} ${found.path}`);
  }
  // Last, so that nothing was written through one.
  for (const { path, target } of symlinks) fs.symlinkSync(target, path);
  result.symlinks = symlinks.length;
  for (const { path, entry } of folders.reverse())
    if (entry.mode !== undefined) fs.chmodSync(path, entry.mode);
  return result;
}

function writeFile(store, entry, path) {
  const whole = createHash('sha256');
  const fd = fs.openSync(path, 'wx', 0o600);
  let size = 0;
  for (const chunk of store.content(entry)) {
    fs.writeFileSync(fd, chunk);
    whole.update(chunk);
    size += chunk.length;
  }
  if (entry.mode !== undefined) fs.fchmodSync(fd, entry.mode);
  fs.closeSync(fd);
  check(entry.size === undefined || entry.size === size, `${path} has ${size} bytes, not ${entry.size}`);
  check(entry.sha256 === undefined || entry.sha256.equals(whole.digest()), `${path} has another SHA-256`);
  return size;
}

function targetOf(store, entry) {
  if (entry.target === undefined) return store.fetch(1, entry.id);
  check(sha256(entry.target).equals(entry.id), 'a symlink has another target than its id says');
  return entry.target;
}

if (import.meta.main) {
  const [path, ref, folder] = process.argv.slice(2);
  if (folder === undefined) {
    process.stderr.write('usage: node reader.mjs STORE (LINE | tags/TAG) FOLDER\n');
    process.exitCode = 2;
  } else {
    process.stdout.write(`${JSON.stringify(extract(new Store(path), ref, folder))}\n`);
  }
}
