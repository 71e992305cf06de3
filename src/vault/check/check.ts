/**
 * The check of a vault, down to the level that is asked for. Other processes may write and gc may run meanwhile: what was there
 * when the check began counts, and where gc moved on, what looks like damage is looked at again.
 */
import { typeName } from '../../store/id.ts';
import { GC_PREFIX } from '../../store/layout.ts';
import type { PackContents } from '../../store/pack/pack.ts';
import { readGcRecords } from '../../store/transaction/gc-records.ts';
import { silentProgress } from '../progress.ts';
import { gatherRoots, type Roots } from '../reachable/roots.ts';
import type { Repository } from '../repository.ts';
import { DataCheck, type Unsound } from './data.ts';
import { HitSearch } from './hits.ts';
import { type CheckOptions, checkQuick, checkTables } from './quick.ts';
import { checkRecords } from './records.ts';
import { addFinding, type CheckFinding, type CheckReport, collect, emptyReport } from './report.ts';
import { type Broken, StructureCheck } from './structure.ts';

export interface FullCheckOptions extends CheckOptions {
  /** records and tables only */
  quick?: boolean;
  /** read packs whole: those proven longest ago, of so many percent of all bytes */
  readData?: number;
}

/** Times that a check is made while gc goes on. */
const MOST_TRIES = 3;

/**
 * Damage is reported, not thrown.
 * @throws errors of listing, IO, ABORTED
 */
export async function checkVault(
  repository: Repository,
  options: FullCheckOptions = {},
): Promise<CheckReport> {
  if (options.quick) return checkQuick(repository, options);
  for (let tries = 1; ; tries++) {
    const before = await gcState(repository);
    const report = await checkOnce(repository, options);
    const isSound = report.findings.every(({ damage }) => !damage);
    if (isSound || tries === MOST_TRIES || before === (await gcState(repository))) return report;
  }
}

/** Changes whenever gc condemns or sweeps. */
async function gcState({ backend }: Repository): Promise<string> {
  const keys: string[] = [];
  for await (const { key } of backend.list(GC_PREFIX)) keys.push(key);
  return keys.slice(-2).join(' ');
}

async function checkOnce(repository: Repository, options: FullCheckOptions): Promise<CheckReport> {
  const { progress = silentProgress, signal, readData } = options;
  const report = emptyReport(readData === undefined ? 'structure' : 'data');
  progress.phase('check');
  await checkRecords(repository, report, signal);
  let roots: Roots | undefined;
  await collect(report, 'roots', 'refs/', async () => {
    roots = await gatherRoots(repository);
  });
  const data =
    readData === undefined ? undefined : await DataCheck.begin(repository, report, progress, readData);
  const unsound = (await data?.read(signal)) ?? new Map<string, Unsound>();
  progress.phase('check');
  const structure = new StructureCheck(repository, report, { progress, ...(signal && { signal }) });
  if (roots) await structure.walk(roots);
  const swept = await sweptPacks(repository);
  await checkTables(repository, report, {
    onPack(pack: string, contents: PackContents) {
      if (!swept.has(pack)) structure.take(contents, unsound.get(pack));
    },
    ...(signal && { signal }),
  });
  if (roots) await findHits(repository, structure, report, signal);
  if (roots && structure.broken.size === 0 && structure.live.lost === 0) {
    const kept = new Set(roots.whole.map(({ id }) => id.toString('hex')));
    await structure.checkHistory(roots, (id) => kept.has(id.toString('hex')));
    for (const broken of structure.broken.values()) addFinding(report, brokenFinding(broken));
  }
  if (data) report.data = await data.end();
  return report;
}

/** What lies only in packs that gc has decided to remove is not there. */
async function sweptPacks({ backend }: Repository): Promise<ReadonlySet<string>> {
  try {
    return (await readGcRecords(backend)).swept;
  } catch {
    return new Set(); // told by the check of records
  }
}

/** A finding for each object that is broken, with what it takes with it. */
async function findHits(
  { store }: Repository,
  structure: StructureCheck,
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (structure.broken.size === 0 && structure.live.lost === 0) return;
  const search = new HitSearch(store, (reference) => structure.isBroken(reference));
  await search.search(structure.roots.toReversed(), structure.shallow, signal);
  const told = new Set<string>();
  for (const { reference, files, fileCount } of search.found.values()) {
    const hex = reference.id.toString('hex');
    told.add(hex);
    const unread: Broken = { ...reference, kind: 'missing', message: 'no sound pack has it' };
    const broken = structure.whyBroken(reference) ?? unread;
    addFinding(report, { ...brokenFinding(broken), hits: { files, fileCount } });
  }
  for (const broken of structure.broken.values()) {
    if (!told.has(broken.id.toString('hex'))) addFinding(report, brokenFinding(broken));
  }
  if (told.size === 0 && structure.broken.size === 0) {
    const message = `${structure.live.lost} objects that something names lie in no sound pack, among them ${structure.live.firstLost()}…`;
    addFinding(report, { subject: structure.live.firstLost() ?? '', kind: 'missing', message, damage: true });
  }
}

function brokenFinding({ id, type, kind, message }: Broken): CheckFinding {
  const subject = id.toString('hex');
  const name = `${typeName(type)} ${subject}`;
  return {
    subject,
    kind,
    message: message.startsWith(name) ? message : `${name}: ${message}`,
    damage: true,
    object: { id, type },
  };
}
