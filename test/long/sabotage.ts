/** Planted bugs, each with the tests of which one must catch it. */
export interface Sabotage {
  name: string;
  file: string;
  /** stands exactly once in the file */
  search: string;
  replace: string;
  tests: string[];
}

const CRASH = 'test/crash/crash.test.ts';
const ROT = 'test/crash/rot.test.ts';
const FS_NAME = 'test/store/fs-name.test.ts';
const FS = 'test/store/backend-fs.test.ts';
const FAULTS = 'test/vault/faults.test.ts';
const CHECK = 'test/vault/check.test.ts';
const GC = 'test/vault/gc/gc.test.ts';
const RESTORE_FAULTS = 'test/vault/restore/faults.test.ts';
const GC_KILL = 'test/vault/gc/kill.test.ts';

export const SABOTAGE: readonly Sabotage[] = [
  {
    name: 'the footer of a pack on its way is a view of what the next compression overwrites',
    file: 'src/store/pack/codec.ts',
    search: 'return Buffer.from(compressView(bytes, level));',
    replace: 'return compressView(bytes, level);',
    tests: ['test/store/packer.test.ts'],
  },
  {
    name: 'a window of a large file is read into while its chunks are still sealed',
    file: 'src/workers/seal-large.ts',
    search: '      await window.used;\n',
    replace: '',
    tests: ['test/workers/seal.test.ts'],
  },
  {
    name: 'a new file is not synced before it gets its name',
    file: 'src/store/backend/fs.ts',
    search: '      await handle.sync();\n',
    replace: '',
    tests: [CRASH, FS],
  },
  {
    name: "a new name's folder is not synced",
    file: 'src/store/backend/fs.ts',
    search: "      await this.#folders.sync(parentOf(key));\n      return published !== 'existed';",
    replace: "      return published !== 'existed';",
    tests: [CRASH, FS],
  },
  {
    name: 'only the folder itself is synced, not the new ones above it',
    file: 'src/store/backend/fs-folders.ts',
    search: '    await this.sync(parentOf(folder));\n',
    replace: '',
    tests: [CRASH, FS],
  },
  {
    name: 'a failed sync of a folder is forgotten, and the next one counts',
    file: 'src/store/backend/fs-folders.ts',
    search: '    this.#failure = notDurable(error, path);\n    throw this.#failure;',
    replace: '    throw notDurable(error, path);',
    tests: [FS],
  },
  {
    name: 'a short write is taken for a whole one',
    file: 'src/store/backend/fs-write.ts',
    search: '    done += bytesWritten;\n',
    replace: '    done = total;\n',
    tests: [FS],
  },
  {
    name: 'a create replaces what is there',
    file: 'src/store/backend/fs-name.ts',
    search: 'await fsp.link(aside, target);',
    replace: 'await fsp.rename(aside, target);',
    tests: ['test/store/backend-conformance.test.ts', FS],
  },
  {
    name: 'without hard links a create replaces what is there',
    file: 'src/store/backend/fs-name.ts',
    search: '    rename(aside, target);\n',
    replace: '    await fsp.rename(aside, target);\n',
    tests: [FS_NAME, 'test/store/backend-conformance.test.ts'],
  },
  {
    name: 'without hard links a power loss may leave a name aside upon the same bytes',
    file: 'src/store/backend/fs.ts',
    search: "      if (published === 'moved') await this.#folders.sync(TMP_FOLDER);\n",
    replace: '',
    tests: [FS_NAME, FS],
  },
  {
    name: 'a listing that fails is taken for an empty one',
    file: 'src/store/backend/fs-walk.ts',
    search: "    if (errnoOf(error) !== 'ENOENT') throw ioError(error, 'list', path);",
    replace: "    if (errnoOf(error) === undefined) throw ioError(error, 'list', path);",
    tests: [FS],
  },
  {
    name: 'the commit comes before the packs',
    file: 'src/store/object-store/object-writer.ts',
    search: "    await this.#seal('meta');\n    await this.#packer.flush(PackKind.meta);",
    replace:
      "    await this.#seal('meta');\n    setTimeout(() => void this.#packer.flush(PackKind.meta), 50);",
    tests: [CRASH, FAULTS],
  },
  {
    name: 'the ref is set before the commit',
    file: 'src/store/transaction/transaction.ts',
    search: "invariant(this.#status === 'committed',",
    replace: "invariant(this.#status !== 'lost',",
    tests: ['test/store/transaction.test.ts'],
  },
  {
    name: 'packs that a commit builds on are not looked for',
    file: 'src/store/transaction/transaction.ts',
    search: '      if (size !== undefined) continue;\n',
    replace: '      if (size !== undefined || key !== undefined) continue;\n',
    tests: ['test/store/transaction.test.ts', 'test/store/object-store.test.ts'],
  },
  {
    name: 'a writer trusts the index that a pack is there',
    file: 'src/store/object-store/object-writer.ts',
    search: 'this.#packs.set(pack, this.#transaction.mayRelyOn(pack, size !== undefined));',
    replace:
      'this.#packs.set(pack, this.#transaction.mayRelyOn(pack, size !== undefined || pack !== undefined));',
    tests: ['test/store/object-store.test.ts', CRASH],
  },
  {
    name: 'a writer builds on packs that gc has swept',
    file: 'src/store/transaction/gc-records.ts',
    search: 'return present && !view.swept.has(pack) && !view.condemned.has(pack);',
    replace: 'return present && !view.condemned.has(pack);',
    tests: ['test/store/transaction.test.ts', 'test/store/gc-records.test.ts'],
  },
  {
    name: 'a writer builds on packs that gc is about to sweep',
    file: 'src/store/transaction/gc-records.ts',
    search: 'return present && !view.swept.has(pack) && !view.condemned.has(pack);',
    replace: 'return present && !view.swept.has(pack);',
    tests: ['test/store/transaction.test.ts', 'test/store/gc-records.test.ts'],
  },
  {
    name: 'an object is given out without a look at its id',
    file: 'src/store/hash/ids.ts',
    search: 'if (!ids.isIdOf(id, type, bytes)) throw',
    replace: 'if (id.length === bytes.length && !ids.isIdOf(id, type, bytes)) throw',
    tests: ['test/store/object-store.test.ts'],
  },
  {
    name: 'a worker gives out chunks without a look at their ids',
    file: 'src/workers/unseal-chunks.ts',
    search: '!ids[i]!.equals(idOf(job, chunk))',
    replace: 'ids[i]!.length !== idOf(job, chunk).length',
    tests: [RESTORE_FAULTS],
  },
  {
    name: "a record's checksum is not compared",
    file: 'src/store/record.ts',
    search: "throw damaged(key, 'its checksum does not match');",
    replace: 'record.length;',
    tests: ['test/store/record.test.ts', ROT],
  },
  {
    name: 'a record may be the copy of another',
    file: 'src/store/record.ts',
    search: 'if (body.key !== key) throw',
    replace: 'if (body.key === null) throw',
    tests: ['test/store/record.test.ts', ROT],
  },
  {
    name: 'a lost race for a number of a ref passes for won',
    file: 'src/refs/ref-store.ts',
    search: '    return there?.nonce === nonce ? there : undefined;',
    replace: '    return there;',
    tests: ['test/refs/ref-store.test.ts'],
  },
  {
    name: 'a gap in the numbers of a ref is not noticed',
    file: 'src/refs/ref-store.ts',
    search:
      '      if (expected !== undefined && record.seq !== expected) throw missing(namespace, name, expected);\n',
    replace: '',
    tests: ['test/refs/ref-store.test.ts', ROT],
  },
  {
    name: 'a compressed block is not decoded and compared before it is stored',
    file: 'src/store/pack/block.ts',
    search: '  if (pays) assertDecodes(packed, raw);\n',
    replace: '',
    tests: ['test/store/block.test.ts', 'test/store/codec.test.ts'],
  },
  {
    name: 'what was read while it changed is taken over unread',
    file: 'src/objects/entry-view.ts',
    search: "(Number(row.int('flags')) & Flag.racy) === 0;",
    replace: "(Number(row.int('flags')) & Flag.racy) >= 0;",
    tests: ['test/vault/reuse.test.ts'],
  },
  {
    name: 'what lies in an image is taken over unread',
    file: 'src/vault/scan/file.ts',
    search: 'if (!folder.isImage && previous?.isUnchanged(stat, fs)) {',
    replace: 'if (previous?.isUnchanged(stat, fs)) {',
    tests: ['test/vault/reuse.test.ts'],
  },
  {
    name: 'an index that does not know every pack is taken for complete',
    file: 'src/store/index/object-index.ts',
    search:
      'const done = await this.db.read(async (reader) => reader.complete && { value: await slice(reader) });',
    replace: 'const done = await this.db.read(async (reader) => ({ value: await slice(reader) }));',
    tests: [
      'test/store/index-db.test.ts',
      'test/store/object-store.test.ts',
      'test/vault/index-lost.test.ts',
    ],
  },
  {
    name: "an index entry's checksum is not compared",
    file: 'src/store/index/value.ts',
    search: '  return zlib.crc32(value, zlib.crc32(key)) === sealed.readUInt32BE(end) ? value : undefined;',
    replace: '  return key && value;',
    tests: ['test/store/index-damage.test.ts', 'test/store/index-db.test.ts'],
  },
  {
    name: 'forget drops what is protected',
    file: 'src/vault/gc/retention.ts',
    search: '  if (shields.length > 0) return',
    replace: '  if (shields.length > 9) return',
    tests: ['test/vault/gc/retention.test.ts'],
  },
  {
    name: 'forget depends on the order of the snapshots',
    file: 'src/vault/gc/retention.ts',
    search: 'const ordered = [...snapshots].sort(newestFirst);',
    replace: 'const ordered = [...snapshots];',
    tests: ['test/vault/gc/retention.test.ts'],
  },
  {
    name: 'forget goes by a plan that others have overtaken',
    file: 'src/refs/forgotten.ts',
    search: '    if (options.expected && options.expected.newest !== newest) throw hasGrown();\n',
    replace: '',
    tests: ['test/vault/gc/forget.test.ts'],
  },
  {
    name: 'a forgotten snapshot counts as an ancestor',
    file: 'src/vault/resolve.ts',
    search: 'kept: keptOf(repository),',
    replace: 'kept: () => keptOf(repository) !== undefined,',
    tests: ['test/vault/gc/forget.test.ts'],
  },
  {
    name: 'check passes over what lies in no pack',
    file: 'src/vault/check/check.ts',
    search: '  if (structure.broken.size === 0 && structure.live.lost === 0) return;',
    replace: '  if (structure.broken.size === 0) return;',
    tests: [CHECK, ROT],
  },
  {
    name: "check does not compare a pack's name with its bytes",
    file: 'src/store/pack/pack-verify.ts',
    search: "  const isNamed = sha256(bytes).toString('hex') === pack;",
    replace: "  const isNamed = sha256(bytes).toString('hex') !== '';",
    tests: [ROT, CHECK],
  },
  {
    name: 'check never comes to the packs that were proven long ago',
    file: 'src/store/proven-packs.ts',
    search: 'a.at - b.at ||',
    replace: 'b.at - a.at ||',
    tests: [CHECK],
  },
  {
    name: 'a restored file takes its name before it is synced',
    file: 'src/vault/restore/stage/create.ts',
    search: '    if (syncEach) fsyncSync(fd);\n',
    replace: '',
    tests: ['test/vault/restore/sync.test.ts'],
  },
  {
    name: 'a restore does not compare what it wrote',
    file: 'src/vault/restore/stage/verify.ts',
    search: '    if (recorded.equals(await first)) return undefined;\n',
    replace: '    if (recorded.length === (await first).length) return undefined;\n',
    tests: [RESTORE_FAULTS],
  },
  {
    name: 'what differs from its checksum keeps its further names',
    file: 'src/vault/restore/stage/drop.ts',
    search: '        drop(name);\n',
    replace: '',
    tests: [RESTORE_FAULTS],
  },
  {
    name: 'of what differs from its checksum the further names go without a word',
    file: 'src/vault/restore/stage/drop.ts',
    search: 'report.fail(name, entry, {',
    replace: 'Object.freeze({',
    tests: [RESTORE_FAULTS],
  },
  {
    name: 'a folder keeps the mode with which a file was taken out of it',
    file: 'src/vault/restore/stage/drop.ts',
    search: '  platform.chmod(reach.at(folder), mode);\n',
    replace: '',
    tests: [RESTORE_FAULTS],
  },
  {
    name: 'a folder keeps the time at which a file was taken out of it',
    file: 'src/vault/restore/stage/drop.ts',
    search: '  platform.setTimes(reach.at(folder), mtimeS, mtimeNs);\n',
    replace: '',
    tests: [RESTORE_FAULTS],
  },
  {
    name: 'what a symlink leads to gets its owner and time where setting them follows it',
    file: 'src/vault/restore/metadata/creation.ts',
    search: 'return isSet && platform.lstat(symlink).mtimeS === TIME.s;',
    replace: 'return true;',
    tests: ['test/vault/restore/file-systems.test.ts'],
  },
  {
    name: 'what was taken out of the stage may be back after a power loss',
    file: 'src/vault/restore/stage/drop.ts',
    search: '  platform.fsyncDirectory(reach.at(folder));\n',
    replace: '',
    tests: [RESTORE_FAULTS],
  },
  {
    name: 'gc moves a pack to the trash and syncs no folder',
    file: 'src/store/backend/fs.ts',
    search: '      await this.#folders.sync(parentOf(to));\n      await this.#folders.sync(parentOf(key));\n',
    replace: '',
    tests: [FS, CRASH, GC],
  },
  {
    name: 'gc takes a commit that has no ref yet for nothing',
    file: 'src/vault/reachable/roots.ts',
    search: 'counts(repository, outcome)) commits.push(outcome);',
    replace: 'counts(repository, outcome)) continue;',
    tests: [GC, GC_KILL],
  },
  {
    name: 'gc keeps only the newest snapshot of a line',
    file: 'src/vault/reachable/roots.ts',
    search: '    line.push(id);\n',
    replace: '    if (isNewest) line.push(id);\n',
    tests: [GC, CRASH],
  },
  {
    name: 'gc does not wait for writers',
    file: 'src/vault/gc/gc.ts',
    search: '    if (open.length > 0) {',
    replace: '    if (open.length > 1_000_000) {',
    tests: [GC, 'test/vault/concurrent.test.ts'],
  },
  {
    name: 'gc sweeps what the second mark found in use',
    file: 'src/vault/gc/gc.ts',
    search: '    return isNeeded;\n',
    replace: '    return isNeeded && false;\n',
    tests: [GC],
  },
  {
    name: 'gc removes any share of the packs without being asked',
    file: 'src/vault/gc/gc.ts',
    search: '      assertModest(plan);\n',
    replace: '',
    tests: [GC],
  },
  {
    name: 'what a killed gc swept is never removed',
    file: 'src/vault/gc/gc.ts',
    search: '      await removeLeftovers(this.#repository, view);\n',
    replace: '',
    tests: [CRASH],
  },
  {
    name: 'copies of gc are not read back',
    file: 'src/vault/gc/copy.ts',
    search: '  for (const pack of transaction.packs) await readBack(repository, pack);\n',
    replace: '',
    tests: ['test/vault/gc/copy.test.ts'],
  },
  {
    name: 'the guard lets a swept name come again',
    file: 'src/store/transaction/guarded-backend.ts',
    search: 'invariant(!(await this.#isSwept(pack)),',
    replace: 'invariant(pack.length === 64,',
    tests: ['test/store/guarded-backend.test.ts'],
  },
  {
    name: 'what was taken back is forgotten all the same',
    file: 'src/refs/forgotten.ts',
    search: 'return (this.#dropped.get(hex) ?? -1) > (this.#takenBack.get(hex) ?? -1);',
    replace: 'return (this.#dropped.get(hex) ?? -1) >= 0;',
    tests: ['test/refs/forgotten.test.ts', 'test/vault/gc/forget.test.ts'],
  },
];
