/**
 * The rules of the protocol (`docs/reliability.md`, "Exploration"), each with edits of the sources that switch it off: then one of the named configurations must
 * fail. Where it does not, `exempt` says why. Run by planted.ts, which loads the sources with the edits made.
 */

export interface Edit {
  file: string;
  /** stands exactly once in the file */
  search: string;
  replace: string;
}

export interface Rule {
  name: string;
  edits: readonly Edit[];
  /** explored in this order until one fails */
  configurations: readonly string[];
  /** why no configuration fails without it */
  exempt?: string;
}

const TRANSACTION = 'src/store/transaction/transaction.ts';
const RECORDS = 'src/store/transaction/transaction-records.ts';
const GC_RECORDS = 'src/store/transaction/gc-records.ts';
const GUARD = 'src/store/transaction/guarded-backend.ts';
const GC = 'src/vault/gc/gc.ts';
const ROOTS = 'src/vault/reachable/roots.ts';
const MARK = 'src/vault/reachable/mark.ts';
const COMMIT = 'src/vault/transaction/commit.ts';
const TAKE_OVER = 'src/vault/transaction/take-over.ts';
const REFS = 'src/refs/ref-store.ts';

/** The guard of the storage lets everything be removed. */
const NO_GUARD: Edit = {
  file: GUARD,
  search: '    let may = isAsideKey(key) || parseTrashKey(key) !== undefined;',
  replace: '    let may = true;\n    if (may) return;',
};

export const RULES: readonly Rule[] = [
  {
    name: 'a writer begins before it reads the gc records',
    edits: [
      {
        file: TRANSACTION,
        search: "    const created = await createRecord(backend, txnKey(id, 'begin'), begin, info.seal);",
        replace:
          "    const early = await readGcRecords(backend, info.seal);\n    const created = await createRecord(backend, txnKey(id, 'begin'), begin, info.seal);",
      },
      {
        file: TRANSACTION,
        search: 'return new Transaction(backend, info, id, await readGcRecords(backend, info.seal));',
        replace: 'return new Transaction(backend, info, id, early);',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'a writer begins before it plans and uploads',
    edits: [
      {
        file: TRANSACTION,
        search: "    const created = await createRecord(backend, txnKey(id, 'begin'), begin, info.seal);",
        replace:
          "    const created = true;\n    const [beginLate, early] = [() => createRecord(backend, txnKey(id, 'begin'), begin, info.seal), new Map()];\n    early.set(id, beginLate);\n    Object.assign(info, { early });",
      },
      {
        file: TRANSACTION,
        search: "    const status = await this.#decide({\n      outcome: 'commit',",
        replace:
          "    await (this.#info as never as { early: Map<string, () => Promise<boolean>> }).early.get(this.id)!();\n    const status = await this.#decide({\n      outcome: 'commit',",
      },
    ],
    configurations: ['writer, gc', 'undelete, gc'],
  },
  {
    name: 'what is followed is read after begin',
    edits: [
      {
        file: 'test/vault/made-snapshot.ts',
        search:
          '  const transaction = await beginTransaction(vault, line);\n  try {\n    const head = await lineHead(vault, line);',
        replace:
          '  const head = await lineHead(vault, line);\n  const transaction = await beginTransaction(vault, line);\n  try {',
      },
    ],
    configurations: ['writer that follows, forget, gc'],
  },
  {
    name: 'what is followed unchecked is a kept root',
    edits: [
      {
        file: 'src/vault/snapshot/line-parents.ts',
        search: '    const isKept = !forgotten.has(id);',
        replace: '    const isKept = true;',
      },
      {
        file: 'src/vault/snapshot/line-parents.ts',
        search: 'await nearestKept(reader, id, (at) => !forgotten.has(at));',
        replace: 'await nearestKept(reader, id, () => forgotten !== undefined);',
      },
    ],
    configurations: ['writer that follows what is forgotten, gc'],
  },
  {
    name: 'packs that are relied on are looked for before the outcome',
    edits: [
      {
        file: TRANSACTION,
        search: '      if (size !== undefined) continue;',
        replace: '      if (size !== -1) continue;',
      },
    ],
    configurations: ['writer, gc'],
    exempt: 'damage: it finds what was lost outside of the protocol',
  },
  {
    name: 'the ref comes after the outcome',
    edits: [
      {
        file: COMMIT,
        search:
          '  await transaction.commit(record);\n  const written = await carryOut(repository, transaction.id, { ...record, time: formatTime(time) });',
        replace:
          '  const written = await carryOut(repository, transaction.id, { ...record, time: formatTime(time) });\n  await transaction.commit(record);',
      },
    ],
    configurations: ['writer taken for dead, gc'],
  },
  {
    name: 'who loses a number of a ref takes the next',
    edits: [
      {
        file: REFS,
        search: 'return there?.nonce === nonce ? there : undefined;',
        replace: 'return there;',
      },
    ],
    configurations: ['two writers'],
  },
  {
    name: 'an aborted writer begins anew',
    edits: [
      {
        file: TRANSACTION,
        search: "    else this.#status = mine ? 'aborted' : 'lost';",
        replace: "    else this.#status = mine ? 'aborted' : 'committed';",
      },
    ],
    configurations: ['writer taken for dead, gc'],
  },
  {
    name: 'a pack that a sweep names does not exist',
    edits: [
      {
        file: GC_RECORDS,
        search: 'return present && !view.swept.has(pack) && !view.condemned.has(pack);',
        replace: 'return present && !view.condemned.has(pack);',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'a pack in an open condemn does not exist',
    edits: [
      {
        file: GC_RECORDS,
        search: 'return present && !view.swept.has(pack) && !view.condemned.has(pack);',
        replace: 'return present && !view.swept.has(pack);',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'what is taken from a parent lies in existing packs while a condemn is open',
    edits: [
      {
        file: TAKE_OVER,
        search: 'if (this.#transaction.gcRecords.openCondemn) await this.closure(objects);',
        replace: 'if (this.#transaction.gcRecords.condemns.length > 99) await this.closure(objects);',
      },
    ],
    configurations: ['writer that follows, forget, gc that goes on'],
  },
  {
    name: 'all that a new object leads to lies in existing packs',
    edits: [
      {
        file: TAKE_OVER,
        search:
          '    for await (const object of closure(source, objects, this.#seen)) await this.object(object, source);',
        replace:
          '    if (objects.length > 99)\n    for await (const object of closure(source, objects, this.#seen)) await this.object(object, source);',
      },
    ],
    configurations: ['undelete, gc'],
  },
  {
    name: 'what lies in no existing pack is stored again',
    edits: [
      {
        file: TAKE_OVER,
        search: '    if (await this.#writer.relyOn(space, id)) return;\n    try {',
        replace: '    if ((await this.#writer.relyOn(space, id)) || id) return;\n    try {',
      },
    ],
    configurations: ['undelete, gc'],
  },
  {
    name: 'roots: every number of every line',
    edits: [
      {
        file: ROOTS,
        search: '        take(named, record, isNewest);\n        isNewest = false;',
        replace: '        if (isNewest) take(named, record, isNewest);\n        isNewest = false;',
      },
    ],
    configurations: ['gc'],
  },
  {
    name: 'roots: current tags',
    edits: [
      {
        file: ROOTS,
        search: '  for await (const namespace of refs.namespaces()) {',
        replace:
          "  for await (const namespace of refs.namespaces()) {\n    if (namespace === 'tags') continue;",
      },
    ],
    configurations: ['gc', 'tag, gc'],
  },
  {
    name: 'roots: current refs of other namespaces',
    edits: [
      {
        file: ROOTS,
        search: '  for await (const namespace of refs.namespaces()) {',
        replace:
          "  for await (const namespace of refs.namespaces()) {\n    if (namespace === 'notes') continue;",
      },
    ],
    configurations: ['gc'],
  },
  {
    name: 'roots: commits whose ref is not there yet',
    edits: [
      {
        file: ROOTS,
        search:
          "if (begin && outcome?.outcome === 'commit' && counts(repository, outcome)) commits.push(outcome);",
        replace:
          "if (begin && outcome?.outcome === 'commit' && !counts(repository, outcome)) commits.push(outcome);",
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'roots: forgotten hides nothing from tags that are being made',
    edits: [
      {
        file: ROOTS,
        search: '      if (commit.ref === undefined) roots.whole',
        replace: '      if (commit.ref === undefined && !forgotten.hidesFrom(commit, hex)) roots.whole',
      },
    ],
    configurations: ['tag, gc', 'tag, forget, gc'],
  },
  {
    name: 'roots: snapshot objects that refs name stay',
    edits: [
      {
        file: MARK,
        search: '  for (const id of roots.shallow) await walk.shallow(id);',
        replace: '  for (const id of roots.shallow) if (id.length === 0) await walk.shallow(id);',
      },
    ],
    configurations: ['gc', 'writer, gc'],
  },
  {
    name: 'condemn n only after sweep n − 1',
    edits: [
      {
        file: GC,
        search: '      const isResumed = view.openCondemn;',
        replace: '      const isResumed = view.openCondemn && view.condemns.length > 99;',
      },
      {
        file: GC_RECORDS,
        search: '  invariant(isSwept && !view.openCondemn,',
        replace: '  invariant(isSwept || last,',
      },
    ],
    configurations: ['two gcs', 'two gcs that copy'],
  },
  {
    name: 'packs that a sweep names are removed by the next gc',
    edits: [
      {
        file: GC,
        search: '      await removeLeftovers(this.#repository, view);\n',
        replace: '',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'what is alive is copied before the condemn',
    edits: [
      {
        file: GC,
        search: '    const { copied, condemned } = await this.#copy(plan.condemned, live);',
        replace: '    const { copied } = this.#result;\n    const { condemned } = plan;',
      },
    ],
    configurations: ['two gcs that copy', 'writer, gc that copies'],
    exempt: 'implied: a sweep spares a pack of which something alive lies nowhere else',
  },
  {
    name: 'copies are not condemned',
    edits: [
      {
        file: GC,
        search: '    const names = condemned.map(({ pack }) => pack);',
        replace: '    const names = [...condemned.map(({ pack }) => pack), ...copied.packs];',
      },
      {
        file: GC,
        search: "    invariant(!copied.packs.some((pack) => isCondemned.has(pack)), 'a copy is condemned');",
        replace: '    isCondemned.clear();',
      },
    ],
    configurations: ['two gcs that copy', 'writer, gc that copies'],
    exempt:
      'implied: a sweep spares what lies in condemned packs only, so the copies, or what was copied, stay',
  },
  {
    name: 'transactions are listed after the condemn',
    edits: [
      {
        file: GC,
        search: '  readonly #clock: WriterClock;',
        replace:
          '  readonly #clock: WriterClock;\n  #early: Awaited<ReturnType<typeof waitForWriters>> | undefined;',
      },
      {
        file: GC,
        search: '    return createCondemn(backend, view, names);',
        replace:
          '    this.#early = await waitForWriters(this.#repository, this.#clock);\n    return createCondemn(backend, view, names);',
      },
      {
        file: GC,
        search: '    const { open, aborted } = await waitForWriters(this.#repository, this.#clock);',
        replace:
          '    const { open, aborted } = this.#early ?? (await waitForWriters(this.#repository, this.#clock));',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'gc waits until every open transaction has an outcome',
    edits: [
      {
        file: GC,
        search: '    if (open.length > 0) {',
        replace: '    if (open.length > 99) {',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'gc ends transactions only by creating their outcome',
    edits: [
      {
        file: 'src/vault/gc/writers.ts',
        search: '    const standing = await abortTransaction(backend, id, { time, reason, nonce });',
        replace: "    const standing = { outcome: nonce ? 'abort' : time };",
      },
      {
        file: 'src/vault/gc/writers.ts',
        search: '  abortTransaction,\n',
        replace: '',
      },
    ],
    configurations: ['writer taken for dead, gc'],
  },
  {
    name: 'gc marks anew when each has an outcome',
    edits: [
      {
        file: GC,
        search:
          '    const live = await this.#mark(await gatherRoots(this.#repository));\n    const condemned = new Set(condemn.packs);',
        replace:
          '    if (condemn) return [...condemn.packs];\n    const live = await this.#mark(await gatherRoots(this.#repository));\n    const condemned = new Set(condemn.packs);',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'the second mark comes after the wait',
    edits: [
      {
        file: GC,
        search: '    const { open, aborted } = await waitForWriters(this.#repository, this.#clock);',
        replace:
          '    const before = await this.#sweepable(condemn, view);\n    const { open, aborted } = await waitForWriters(this.#repository, this.#clock);',
      },
      {
        file: GC,
        search: '      () => this.#sweepable(condemn, view),',
        replace: '      async () => before,',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'transactions are read before refs',
    edits: [
      {
        file: ROOTS,
        search: '  const commits: CommitRecord[] = [];',
        replace: '  const named = await namedByRefs(refs);\n  const commits: CommitRecord[] = [];',
      },
      {
        file: ROOTS,
        search: '  const named = await namedByRefs(refs);\n  const forgotten',
        replace: '  const forgotten',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'transactions are read before the forgotten log',
    edits: [
      {
        file: ROOTS,
        search: '  const commits: CommitRecord[] = [];',
        replace: '  const forgotten = await readForgotten(backend);\n  const commits: CommitRecord[] = [];',
      },
      {
        file: ROOTS,
        search: '  const forgotten = await readForgotten(backend);\n  return',
        replace: '  return',
      },
    ],
    configurations: ['undelete, gc'],
  },
  {
    name: 'refs are read before the forgotten log',
    edits: [
      {
        file: ROOTS,
        search: '  const named = await namedByRefs(refs);\n  const forgotten = await readForgotten(backend);',
        replace:
          '  const forgotten = await readForgotten(backend);\n  const named = await namedByRefs(refs);',
      },
    ],
    configurations: ['undelete, gc', 'undelete, forget, gc', 'writer that follows, forget, gc'],
    exempt:
      'implied: what was taken back is seen in its transaction or in the log, whenever refs are read; read earlier, the log hides less',
  },
  {
    name: 'the sweep goes by a fresh listing of packs',
    edits: [
      {
        file: GC,
        search: '  readonly #clock: WriterClock;',
        replace: '  readonly #clock: WriterClock;\n  #listed: Map<string, number> | undefined;',
      },
      {
        file: GC,
        search: '    const existing = new Map(',
        replace: '    this.#listed = present;\n    const existing = new Map(',
      },
      {
        file: GC,
        search: '    for (const [pack, size] of present) {\n      if (condemned.has(pack)',
        replace:
          '    const fresh = present;\n    for (const [pack, size] of this.#listed ?? fresh) {\n      if (condemned.has(pack)',
      },
    ],
    configurations: ['writer, gc', 'two gcs that copy'],
  },
  {
    name: 'what stays is outside of the condemn',
    edits: [
      {
        file: GC,
        search: '      if (condemned.has(pack) || view.swept.has(pack)) continue;',
        replace: '      if (view.swept.has(pack)) continue;',
      },
    ],
    configurations: ['tag, gc'],
  },
  {
    name: 'what stays is in no sweep',
    edits: [
      {
        file: GC,
        search: '      if (condemned.has(pack) || view.swept.has(pack)) continue;',
        replace: '      if (condemned.has(pack)) continue;',
      },
    ],
    configurations: ['late upload, writer, gc'],
  },
  {
    name: 'a pack of which something alive lies nowhere else is spared',
    edits: [
      {
        file: GC,
        search: '      if (await this.#isNeeded(pack, size, live)) spared.push({ pack, size });',
        replace:
          '      if (size < 0 && (await this.#isNeeded(pack, size, live))) spared.push({ pack, size });',
      },
      {
        file: GC,
        search: '    await this.#assertNothingLost(spared, live);\n    return sweep;',
        replace: '    if (spared.length > 0) await this.#assertNothingLost(spared, live);\n    return sweep;',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'who loses a create goes on with the record that stands',
    edits: [
      {
        file: GC_RECORDS,
        search: '    return readGcRecord(backend, n, part, seal);',
        replace: '    return { n, packs };',
      },
    ],
    configurations: ['two gcs that copy', 'two gcs, forget'],
  },
  {
    name: 'a mark that misses an object looks whether gc has moved on',
    edits: [
      {
        file: GC,
        search:
          "      if (isVaultError(error, 'MISSING_OBJECT', 'NOT_FOUND') && (await this.#hasMoved(view))) return 'moved';",
        replace:
          "      if (isVaultError(error, 'MISSING_OBJECT', 'NOT_FOUND') && view.condemns.length > 99) return 'moved';",
      },
    ],
    configurations: ['two gcs that copy', 'two gcs, forget'],
  },
  {
    name: 'an abort is never removed',
    edits: [
      NO_GUARD,
      {
        file: RECORDS,
        search: "  if (outcome.outcome === 'commit') await removeCommit(backend, id);",
        replace: '  await removeCommit(backend, id);',
      },
    ],
    configurations: ['writer taken for dead, two gcs'],
  },
  {
    name: 'condemn and sweep are never removed',
    edits: [
      NO_GUARD,
      {
        file: 'src/vault/gc/trash.ts',
        search: '    removed.bytes += size;\n  }\n  return removed;',
        replace:
          "    removed.bytes += size;\n  }\n  for (const part of ['condemn', 'sweep']) await repository.backend.remove('gc/' + String(n).padStart(10, '0') + '/' + part);\n  return removed;",
      },
    ],
    configurations: ['two gcs', 'two gcs that copy', 'writer, gc'],
  },
  {
    name: 'a commit is put away only when its ref is there',
    edits: [
      {
        file: COMMIT,
        search: '  await carryOut(repository, id, outcome);\n  if',
        replace: '  if',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'of a commit begin is put away first',
    edits: [
      NO_GUARD,
      {
        file: RECORDS,
        search: "  await backend.remove(txnKey(id, 'begin'));",
        replace:
          "  if (outcome.outcome === 'commit') await backend.remove(txnKey(id, 'outcome'));\n  await backend.remove(txnKey(id, 'begin'));",
      },
    ],
    configurations: ['writer, gc', 'writer taken for dead, gc'],
    exempt: 'liveness: of a crash in between a begin would be left, which looks like a writer at work',
  },
  {
    name: 'a commit without begin counts for nothing',
    edits: [
      {
        file: ROOTS,
        search:
          "if (begin && outcome?.outcome === 'commit' && counts(repository, outcome)) commits.push(outcome);",
        replace: "if (outcome?.outcome === 'commit' && counts(repository, outcome)) commits.push(outcome);",
      },
    ],
    configurations: ['undelete, forget, gc', 'tag, forget, gc'],
    exempt: 'space: what it names would be kept too long; what is forgotten is hidden from it all the same',
  },
  {
    name: "a pack's name is unrepeatable",
    edits: [
      {
        file: 'src/store/pack/packer.ts',
        search: 'new PackBuilder(kind, randomBytes(SALT_LENGTH))',
        replace: 'new PackBuilder(kind, randomBytes(SALT_LENGTH).fill(0))',
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: "an undelete's outcome takes back at once",
    edits: [
      {
        file: ROOTS,
        search: '      else if (forgotten.hidesFrom(commit, hex))',
        replace: '      else if (forgotten.has(hex))',
      },
    ],
    configurations: ['undelete, gc'],
  },
  {
    name: 'an undelete is written into the log',
    edits: [
      {
        file: COMMIT,
        search: '  if (commit.takesBack !== undefined) await takeBack',
        replace: '  if (commit.takesBack === -1) await takeBack',
      },
    ],
    configurations: ['undelete, gc'],
  },
  {
    name: 'a reader that misses an object looks which packs there are now',
    edits: [
      {
        file: 'src/store/object-store/object-store.ts',
        search: '[undefined, () => this.index.refresh(), () => this.#rebuildOnce()]',
        replace: '[undefined, () => this.#hasRebuilt || this.#rebuildOnce === undefined]',
      },
    ],
    configurations: ['reader, gc that copies'],
  },
  {
    name: 'removal takes names from the sweep that stands',
    edits: [
      NO_GUARD,
      {
        file: 'src/vault/gc/trash.ts',
        search: "  const { packs } = await readGcRecord(repository.backend, n, 'sweep');",
        replace: "  const { packs } = await readGcRecord(repository.backend, n, 'condemn');",
      },
    ],
    configurations: ['writer, gc'],
  },
  {
    name: 'a line that has moved is followed anew',
    edits: [
      {
        file: 'src/vault/snapshot/record.ts',
        search: '    if (now !== head.seq) {',
        replace: '    if (now === -1) {',
      },
    ],
    configurations: ['two writers'],
    exempt:
      'history: both stay as records of the line, and the next snapshot descends from both (line-parents.test.ts)',
  },
];
