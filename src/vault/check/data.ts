/** `check --read-data`: packs read whole, all of them or those that were proven longest ago. */
import { join } from 'node:path';
import { isVaultError } from '../../errors.ts';
import { packKey } from '../../store/layout.ts';
import { nextToProve, readProven, writeProven } from '../../store/proven-packs.ts';
import { splitTime } from '../environment.ts';
import { type ListedPack, listPacks } from '../packs/pack-listing.ts';
import { verifyPack } from '../packs/verify-pack.ts';
import type { Progress } from '../progress.ts';
import type { Repository } from '../repository.ts';
import { addFinding, type CheckReport, type DataReport } from './report.ts';

/** What is unsound in a pack: ids of its objects as hex, or the whole of it. */
export type Unsound = ReadonlySet<string> | 'all';

export class DataCheck {
  readonly #repository: Repository;
  readonly #report: CheckReport;
  readonly #progress: Progress;
  readonly #packs: ListedPack[];
  readonly #proven: Map<string, number>;
  readonly #chosen: ReadonlySet<string>;
  readonly #data: DataReport = { packsRead: 0, bytesRead: 0, neverProven: 0 };

  private constructor(
    repository: Repository,
    report: CheckReport,
    progress: Progress,
    packs: ListedPack[],
    proven: Map<string, number>,
    percent: number,
  ) {
    this.#repository = repository;
    this.#report = report;
    this.#progress = progress;
    this.#packs = packs;
    this.#proven = proven;
    this.#chosen = nextToProve(packs, proven, percent);
  }

  /** @param percent of the bytes of all packs, 0 < percent ≤ 100 */
  static async begin(
    repository: Repository,
    report: CheckReport,
    progress: Progress,
    percent: number,
  ): Promise<DataCheck> {
    const packs: ListedPack[] = [];
    for await (const pack of listPacks(repository)) packs.push(pack);
    const proven = await readProven(memoryOf(repository));
    return new DataCheck(repository, report, progress, packs, proven, percent);
  }

  /** Reads every chosen pack. Resolves what is unsound, by pack; a pack that gc removed meanwhile is passed over. */
  async read(signal?: AbortSignal): Promise<Map<string, Unsound>> {
    const unsound = new Map<string, Unsound>();
    const bytes = this.#packs.reduce((sum, { pack, size }) => sum + (this.#chosen.has(pack) ? size : 0), 0);
    this.#progress.phase('check', { files: this.#chosen.size, bytes });
    for (const { pack, size } of this.#packs) {
      if (!this.#chosen.has(pack)) continue;
      signal?.throwIfAborted();
      const found = await this.#verify(pack);
      if (found) unsound.set(pack, found);
      this.#data.packsRead++;
      this.#data.bytesRead += size;
      this.#progress.file(size, false);
    }
    return unsound;
  }

  async #verify(pack: string): Promise<Unsound | undefined> {
    const verified = await verifyPack(this.#repository, pack).catch((error: unknown) => {
      if (isVaultError(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
    if (!verified || verified.faultCount === 0) {
      if (verified) this.#proven.set(pack, splitTime(this.#repository.environment.now()).s);
      return undefined;
    }
    this.#proven.delete(pack);
    const ids = new Set<string>();
    for (const { kind, message, id, type } of verified.faults) {
      const object = id && type !== undefined ? { object: { id, type } } : {};
      addFinding(this.#report, {
        subject: packKey(pack),
        kind: `data-${kind}`,
        message,
        damage: true,
        pack,
        ...object,
      });
      if (id) ids.add(id.toString('hex'));
    }
    const isLost = verified.objects === 0 || verified.faultCount > verified.faults.length;
    return isLost ? 'all' : ids;
  }

  /** Remembers what was proven, of the packs that there are. A cache that cannot be written is a warning. */
  async end(): Promise<DataReport> {
    const kept = new Map<string, number>();
    let oldest: number | undefined;
    for (const { pack } of this.#packs) {
      const at = this.#proven.get(pack);
      if (at === undefined) this.#data.neverProven++;
      else {
        kept.set(pack, at);
        oldest = Math.min(oldest ?? at, at);
      }
    }
    try {
      await writeProven(memoryOf(this.#repository), kept);
    } catch (error) {
      this.#progress.warn(`cannot remember which packs were proven: ${(error as Error).message}`);
    }
    return {
      ...this.#data,
      ...(oldest !== undefined && this.#data.neverProven === 0 && { oldestProof: oldest }),
    };
  }
}

/** Beside the index of a vault that may not be written. */
function memoryOf({ environment, config }: Repository): string {
  return join(environment.cacheFolder, config.vaultId, 'proven-packs');
}
