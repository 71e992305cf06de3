/**
 * The quick check of packs: what each says about itself, and what the index says about it. No block is read.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { readKey } from '../backend/at-once.ts';
import type { Backend } from '../backend/backend.ts';
import { PACK_PREFIX, packKey, parsePackKey } from '../layout.ts';
import { ROW_LENGTH } from '../pack/object-table.ts';
import { decodeHeader, PACK_HEADER_LENGTH, type PackContents } from '../pack/pack.ts';
import { readContents } from '../pack/pack-reader.ts';
import type { ObjectIndex } from './object-index.ts';
import { comparePacks } from './refresh.ts';

export interface PackFinding {
  /** the key in the store */
  key: string;
  kind:
    | 'foreign' // no pack has such a name
    | 'damaged' // header, footer or trailer are not those of a pack
    | 'unindexed' // the index does not know the pack; no damage: it is refreshed when something is missed
    | 'misindexed' // the index has the pack with another size or number of objects
    | 'gone'; // the index knows the pack, the store has not got it
  message: string;
}

export interface PackCheck {
  packs: number;
  objects: number;
  bytes: number;
  /** at most `MAX_FINDINGS` */
  findings: PackFinding[];
  findingCount: number;
}

const MAX_FINDINGS = 10_000;

export interface PackCheckOptions {
  /** called with each pack that says something */
  onPack?: (pack: string, contents: PackContents) => void | Promise<void>;
  signal?: AbortSignal;
}

/**
 * Compares every pack's header and footer with its length, and with the index.
 * @throws errors of listing and reading, but for damaged packs; ABORTED
 */
export async function checkPacks(
  backend: Backend,
  index: ObjectIndex,
  options: PackCheckOptions = {},
): Promise<PackCheck> {
  const check: PackCheck = { packs: 0, objects: 0, bytes: 0, findings: [], findingCount: 0 };
  await compareWithIndex(check, backend, index);
  for await (const { key, size } of backend.list(PACK_PREFIX)) {
    if (options.signal?.aborted)
      throw new VaultError('ABORTED', 'interrupted', { cause: options.signal.reason });
    const pack = parsePackKey(key);
    if (pack === undefined) {
      report(check, { key, kind: 'foreign', message: `${key} is not the name of a pack` });
      continue;
    }
    const contents = await readPack(check, backend, pack, size);
    if (!contents) continue;
    check.packs++;
    check.objects += contents.objects.length / ROW_LENGTH;
    check.bytes += size;
    await compareRecord(check, index, pack, contents);
    await options.onPack?.(pack, contents);
  }
  return check;
}

/** An index that was made just now says nothing about the packs: it is filled first. */
async function compareWithIndex(check: PackCheck, backend: Backend, index: ObjectIndex): Promise<void> {
  if (!(await index.db.read((reader) => reader.complete))) await index.refresh();
  const { missing, gone } = await comparePacks(index.db, backend);
  for (const { pack } of missing) {
    report(check, { key: packKey(pack), kind: 'unindexed', message: `the index does not know pack ${pack}` });
  }
  for (const pack of gone) {
    if ((await backend.size(packKey(pack))) !== undefined) continue; // published after the listing
    report(check, {
      key: packKey(pack),
      kind: 'gone',
      message: `pack ${pack} is in the index but not in the store`,
    });
  }
}

/** The pack's contents; undefined when it is gone again or damaged, which is reported. */
async function readPack(
  check: PackCheck,
  backend: Backend,
  pack: string,
  size: number,
): Promise<PackContents | undefined> {
  const key = packKey(pack);
  try {
    const contents = await readContents(backend, pack, size);
    const header = await readKey(backend, key, 0, PACK_HEADER_LENGTH);
    if (decodeHeader(header, `pack ${pack}`) === contents.kind) return contents;
    report(check, { key, kind: 'damaged', message: `pack ${pack} holds other objects than its header says` });
  } catch (error) {
    if (isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT'))
      report(check, { key, kind: 'damaged', message: error.message });
    else if (!isVaultError(error, 'NOT_FOUND')) throw error;
  }
  return undefined;
}

async function compareRecord(
  check: PackCheck,
  index: ObjectIndex,
  pack: string,
  contents: PackContents,
): Promise<void> {
  const record = await index.read((reader) => index.packRecord(reader, pack));
  const objects = contents.objects.length / ROW_LENGTH;
  if (!record || (record.size === contents.size && record.objects === objects)) return;
  report(check, {
    key: packKey(pack),
    kind: 'misindexed',
    message: `pack ${pack} has ${objects} objects in ${contents.size} bytes, in the index ${record.objects} in ${record.size}`,
  });
}

function report(check: PackCheck, finding: PackFinding): void {
  check.findingCount++;
  if (check.findings.length < MAX_FINDINGS) check.findings.push(finding);
}
