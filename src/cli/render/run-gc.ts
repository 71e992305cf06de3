/** `gc`, its plan and `gc --undelete`, between the command and the library. */
import {
  collectGarbage,
  explainMissing,
  type GcOptions,
  type Id,
  planGarbage,
  type Repository,
  resolveSnapshot,
  undelete,
} from '../../index.ts';
import { gcDocument, gcLines, planDocument, planLines, undeletedFields, undeletedLine } from './gc.ts';

export interface GcFlags {
  'dry-run': boolean;
  force: boolean;
  /** revisions */
  undelete?: string[] | undefined;
}

/** What the command does with it. */
export interface GcAnswer {
  schema: string;
  fields: object;
  /** lines for standard output */
  data: string[];
  /** and for standard error */
  talk: string[];
}

/** @throws as `undelete`, `planGarbage` and `collectGarbage` */
export async function runGc(vault: Repository, flags: GcFlags, options: GcOptions): Promise<GcAnswer> {
  if (flags.undelete) {
    const ids = await Promise.all(flags.undelete.map((text) => wantedObject(vault, text)));
    const undeleted = await undelete(vault, ids, options).catch(async (error) => {
      // What the trash no longer has is not there; it is damage only where something that is kept needs it.
      throw await explainMissing(vault, error, { ...options, snapshots: ids });
    });
    const fields = { undeleted: undeleted.map(undeletedFields) };
    return { schema: 'gc-undelete', fields, data: [], talk: undeleted.map(undeletedLine) };
  }
  if (flags['dry-run']) {
    const plan = await planGarbage(vault, options);
    return { schema: 'gc-plan', fields: planDocument(plan), data: planLines(plan), talk: [] };
  }
  const result = await collectGarbage(vault, { ...options, force: flags.force });
  return { schema: 'gc', fields: gcDocument(result), data: [], talk: gcLines(result) };
}

/** A whole id, which only the trash may know, or what names a snapshot. */
async function wantedObject(vault: Repository, text: string): Promise<Id> {
  return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : resolveSnapshot(vault, text);
}
