/** `restore --undo`, `--list` and `--prune-previous`, between the command and the library. */
import {
  keptStates,
  listRestores,
  type Repository,
  type RunRecord,
  removeKept,
  undoRestore,
  VaultError,
} from '../../index.ts';
import { confirm } from '../frame/prompt.ts';
import { restoreRecords } from '../paths/folders.ts';
import { quote } from '../text/quoting.ts';
import { pruneFields, pruneText, undoFields, undoText } from './runs.ts';

/** What a command does with an answer. */
export interface Answer {
  schema: string;
  fields: object;
  text: string;
}

export interface RunRequest {
  run: string | undefined;
  dryRun: boolean;
  yes: boolean;
  signal: AbortSignal;
}

/** The run that is meant, if any is named. @throws USAGE for several */
export function namedRun(operands: readonly string[], { list }: { list: boolean }): string | undefined {
  if (operands.length <= (list ? 0 : 1)) return operands[0];
  throw new VaultError('USAGE', list ? '--list takes no operands' : 'name one RUN, or none', {
    hint: '`vault restore --list` shows the runs',
  });
}

export function runsOf(vault: Repository): Promise<RunRecord[]> {
  return listRestores({ records: restoreRecords(vault.config.vaultId), environment: vault.environment });
}

export async function undoRun(vault: Repository, { run, dryRun }: RunRequest): Promise<Answer> {
  const { environment } = vault;
  const records = restoreRecords(vault.config.vaultId);
  const result = await undoRestore({ records, environment, dryRun, ...(run !== undefined && { run }) });
  return { schema: 'restore-undo', fields: undoFields(result), text: undoText(result, dryRun) };
}

/** @throws REFUSED when nobody says yes */
export async function pruneRuns(vault: Repository, request: RunRequest): Promise<Answer> {
  const { run, dryRun, yes, signal } = request;
  const { environment } = vault;
  const options = {
    records: restoreRecords(vault.config.vaultId),
    environment,
    ...(run !== undefined && { run }),
  };
  const states = await keptStates(options);
  if (!dryRun && states.length > 0) {
    const what = states.length === 1 ? quote(states[0]!.previous) : `${states.length} previous states`;
    await confirm(`remove ${what} for good?`, { yes, signal });
    await removeKept(options, states);
  }
  return { schema: 'restore-prune', fields: pruneFields(states, dryRun), text: pruneText(states, dryRun) };
}
