/** What a check found. */
import { isVaultError, type VaultError } from '../../errors.ts';
import type { Id, ObjectType } from '../../store/id.ts';

/** How much is looked at; each level includes those before it. */
export type CheckLevel = 'quick' | 'structure' | 'data';

export interface CheckFinding {
  /** a key of the store, an object's id in hex, or `refs/…` */
  subject: string;
  kind: string;
  message: string;
  /** data is lost or cannot be trusted; otherwise something a later command puts right by itself */
  damage: boolean;
  object?: { id: Id; type: ObjectType };
  /** 64 hex digits */
  pack?: string;
  /** what cannot be read because of it; absent where that was not looked for */
  hits?: Hits;
}

/** What one broken object takes with it. */
export interface Hits {
  /** at most `MOST_FILES` */
  files: HitFile[];
  fileCount: number;
}

export interface HitFile {
  /** from the root; empty: the snapshot itself (or a tagged object) */
  path: Buffer;
  /** the newest ones that have it, at most `MOST_SNAPSHOTS` */
  snapshots: Id[];
  /** of those that were looked through */
  snapshotCount: number;
}

const MOST_FINDINGS = 10_000;
export const MOST_FILES = 100;
export const MOST_SNAPSHOTS = 10;

export interface CheckReport {
  level: CheckLevel;
  packs: number;
  objects: number;
  packBytes: number;
  refs: number;
  transactions: number;
  /** whose trees were walked */
  snapshots: number;
  /** at most `MOST_FINDINGS` */
  findings: CheckFinding[];
  findingCount: number;
  /** packs that were read whole; absent unless asked for */
  data?: DataReport;
}

export interface DataReport {
  packsRead: number;
  bytesRead: number;
  /** packs that no run on this host has proven sound yet */
  neverProven: number;
  /** seconds since 1970 of the pack whose proof is oldest, when all are proven */
  oldestProof?: number;
}

export function emptyReport(level: CheckLevel): CheckReport {
  return {
    level,
    packs: 0,
    objects: 0,
    packBytes: 0,
    refs: 0,
    transactions: 0,
    snapshots: 0,
    findings: [],
    findingCount: 0,
  };
}

export function addFinding(report: CheckReport, finding: CheckFinding): void {
  report.findingCount++;
  if (report.findings.length < MOST_FINDINGS) report.findings.push(finding);
}

/** Runs a step; damage that it meets is a finding. */
export async function collect(
  report: CheckReport,
  kind: string,
  subject: string,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isDamage(error)) throw error;
    addFinding(report, { subject: error.subject ?? subject, kind, message: error.message, damage: true });
  }
}

/** What reading throws where something stored is not what it must be. */
export function isDamage(error: unknown): error is VaultError {
  return isVaultError(error, 'DAMAGED', 'MISSING_OBJECT', 'NOT_FOUND', 'UNKNOWN_FORMAT', 'WRONG_TYPE');
}
