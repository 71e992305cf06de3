/**
 * What a run writes down for whoever wants to read or check it: the plan, a line for each name in each phase, and a summary
 * of each phase. Lines are written as they come, so that memory does not grow with the tree.
 *
 * Paths are from the snapshot's root. Files are made new: what is there under their names is never overwritten.
 */
import { isUtf8 } from 'node:buffer';
import { VaultError } from '../../../errors.ts';
import { type Entry, KIND_NAMES, Kind } from '../../../objects/model.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import { recordError } from '../journal/errors.ts';
import type { RestoreReport } from '../journal/report.ts';
import type { Action } from '../plan/plan.ts';

/** Characters of one file that are kept before they are written. */
const MOST_KEPT = 64 * 1024;

/** ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** What is restored, in the run's folder. */
export const STAGED_NAME = Buffer.from('tree');

/** The files that are written, all in one folder. */
const FILES = {
  plan: 'restore_plan.json',
  candidates: 'restore_candidates.jsonl',
  staged: 'stage_results.jsonl',
  stageSummary: 'stage_summary.json',
  verified: 'verify_results.jsonl',
  verifySummary: 'verify_summary.json',
} as const;
export const ARTIFACT_NAMES: readonly string[] = Object.values(FILES);

export type StageOutcome = 'written' | 'skipped_dry_run' | 'failed';
/** `not_recorded`: the snapshot has no checksum of it; `skipped`: not asked for */
export type VerifyOutcome = 'verified' | 'mismatch' | 'not_recorded' | 'skipped' | 'skipped_dry_run';
/** `chunk`: its only chunk was compared as it was read; `content`: it was read again */
export type VerifyMethod = 'none' | 'size' | 'chunk' | 'content';

export class Artifacts {
  readonly #platform: Platform;
  readonly #folder: Buffer;
  readonly #prefix: Buffer;
  readonly #dryRun: boolean;
  readonly #candidates: Lines;
  readonly #staged: Lines;
  readonly #verified: Lines;
  readonly #stageCounts = { written: 0, skipped_dry_run: 0, failed: 0 };
  readonly #verifyCounts = { verified: 0, mismatch: 0, not_recorded: 0, skipped: 0, skipped_dry_run: 0 };
  readonly #prefixText: string;
  #lastPath: Buffer | undefined;
  #lastText = '';

  /**
   * @param folder absolute, and there
   * @param prefix path from the snapshot's root of what is restored
   * @throws REFUSED when it holds artifacts already
   */
  constructor(platform: Platform, folder: Buffer, prefix: Buffer, dryRun: boolean) {
    this.#platform = platform;
    this.#folder = folder;
    this.#prefix = prefix;
    this.#prefixText = jsonText(prefix);
    this.#dryRun = dryRun;
    this.#candidates = this.#create(FILES.candidates);
    this.#staged = this.#create(FILES.staged);
    this.#verified = this.#create(FILES.verified);
  }

  /** @param path from what is restored */
  candidate(path: Buffer, entry: Entry, action: Action): void {
    const full =
      this.#prefix.length === 0 ? path : path.length === 0 ? this.#prefix : joinPath(this.#prefix, path);
    const { kind, size, mode, sha256 } = entry;
    let line = `{${this.#named(full)},"kind":"${KIND_NAMES[kind]}","action":"${action}"`;
    if (kind === Kind.file && size !== undefined) line += `,"size":${size}`;
    if (mode !== undefined) line += `,"mode":"${mode.toString(8).padStart(4, '0')}"`;
    if (sha256) line += `,"sha256":"${sha256.toString('hex')}"`;
    if (kind === Kind.char || kind === Kind.block) line += ',"needs_root":true';
    this.#candidates.add(`${line}}\n`);
    const isWritten = action === 'create' || action === 'replace' || action === 'beside';
    if (!this.#dryRun || !isWritten) return;
    this.staged(full, 'skipped_dry_run');
    if (kind === Kind.file) this.verified(full, 'skipped_dry_run', 'none');
  }

  /** @param path from the snapshot's root */
  staged(path: Buffer, outcome: StageOutcome, error?: { code: string; message: string }): void {
    this.#stageCounts[outcome]++;
    const place = outcome === 'skipped_dry_run' ? '' : `,${this.#stagedName(path)}`;
    const why = error ? `,"error":${JSON.stringify(error)}` : '';
    this.#staged.add(`{${this.#named(path)}${place},"outcome":"${outcome}"${why}}\n`);
  }

  /** @param path from the snapshot's root */
  verified(path: Buffer, outcome: VerifyOutcome, method: VerifyMethod): void {
    this.#verifyCounts[outcome]++;
    this.#verified.add(`{${this.#named(path)},"outcome":"${outcome}","method":"${method}"}\n`);
  }

  plan(document: object): void {
    this.#document(FILES.plan, document);
    this.#candidates.close();
  }

  /** Both summaries; after it no more lines come. */
  summaries(report: RestoreReport, verify: VerifyMethod): void {
    this.#staged.close();
    this.#verified.close();
    const { failureCount, failuresByCode, unfaithful } = report;
    this.#document(FILES.stageSummary, {
      schema: 'vault/restore-stage/1',
      ...this.#stageCounts,
      failures: { count: failureCount, by_code: Object.fromEntries(failuresByCode) },
      not_restored: unfaithful.map(({ what, code, count, example }) => ({
        what,
        code,
        count,
        example: example.toString(),
      })),
    });
    this.#document(FILES.verifySummary, {
      schema: 'vault/restore-verify/1',
      verify,
      ...this.#verifyCounts,
    });
  }

  /** Releases what is open. May be repeated. */
  close(): void {
    for (const lines of [this.#candidates, this.#staged, this.#verified]) lines.release();
  }

  #named(path: Buffer): string {
    const text = this.#textOf(path);
    return isExact(text, path) ? `"path":"${text}"` : lossyFields('path', text, path);
  }

  /** Where `path` lies in the stage. */
  #stagedName(path: Buffer): string {
    const start = this.#prefix.length === 0 ? 0 : this.#prefix.length + 1;
    const below = path.subarray(start);
    if (below.length === 0) return `"staged":"${STAGED_NAME}"`;
    const text = this.#textOf(path).slice(start === 0 ? 0 : this.#prefixText.length + 1);
    if (isExact(text, below)) return `"staged":"${STAGED_NAME}/${text}"`;
    return lossyFields('staged', `${STAGED_NAME}/${text}`, joinPath(STAGED_NAME, below));
  }

  /** Several lines about a path come one after the other. */
  #textOf(path: Buffer): string {
    if (path !== this.#lastPath) {
      this.#lastPath = path;
      this.#lastText = jsonText(path);
    }
    return this.#lastText;
  }

  #create(name: string): Lines {
    return new Lines(this.#platform, joinPath(this.#folder, Buffer.from(name)));
  }

  #document(name: string, document: object): void {
    const lines = this.#create(name);
    try {
      lines.add(`${JSON.stringify(document, null, 2)}\n`);
      lines.close();
    } finally {
      lines.release();
    }
  }
}

/** One file that is written from its beginning to its end. */
class Lines {
  readonly #platform: Platform;
  readonly #path: Buffer;
  #fd: number | undefined;
  #kept = '';

  /** Creates it. */
  constructor(platform: Platform, path: Buffer) {
    this.#platform = platform;
    this.#path = path;
    this.#fd = createNew(platform, path);
  }

  add(text: string): void {
    this.#kept += text;
    if (this.#kept.length >= MOST_KEPT) this.#flush();
  }

  /** All is written. */
  close(): void {
    this.#flush();
    this.release();
  }

  /** Lets go of the file, whatever has been written. */
  release(): void {
    if (this.#fd !== undefined) this.#platform.close(this.#fd);
    this.#fd = undefined;
  }

  #flush(): void {
    if (this.#kept === '' || this.#fd === undefined) return;
    const bytes = Buffer.from(this.#kept);
    this.#kept = '';
    try {
      this.#platform.write(this.#fd, bytes);
    } catch (error) {
      throw recordError(error, this.#path);
    }
  }
}

function createNew(platform: Platform, path: Buffer): number {
  try {
    return platform.createFile(path, 0o600);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw recordError(error, path);
    throw new VaultError('REFUSED', `${path.toString()} is there already; nothing was changed`, {
      hint: 'write artifacts to a folder that holds none, with --artifacts',
      subject: path.toString(),
      cause: error,
    });
  }
}

/** What stands for a name between the quotes of JSON. For a path it is that of its parts, with slashes between them. */
function jsonText(name: Buffer): string {
  const plain = name.toString('latin1');
  return PLAIN.test(plain) ? plain : JSON.stringify(name.toString('utf8')).slice(1, -1);
}

function isExact(text: string, name: Buffer): boolean {
  return !text.includes('\ufffd') || isUtf8(name);
}

/** As `nameFields` writes a name that is not UTF-8. */
function lossyFields(key: string, text: string, name: Buffer): string {
  return `"${key}":"${text}","${key}_b64":"${name.toString('base64')}"`;
}
