/** What a restore did, or would do. */
import path from 'node:path';
import type { RestoreResult } from '../../index.ts';
import { currentFolder } from '../paths/current-folder.ts';
import { formatCount, formatCounted, formatDuration, formatSize } from '../text/format.ts';
import { nameFields } from '../text/json.ts';
import { quote } from '../text/quoting.ts';

/** `restored 1,204 files  312.4 MB to ../as-it-was in 0.9 s`; a single file: `restored notes.txt.9b1c77d0`. */
export function restoredText(result: RestoreResult, elapsedMs: number): string {
  const { outcome, way, run, destination, previous, plan, isFolder } = result;
  const place = shownPlace(destination);
  if (outcome === 'already there') return `already there: ${place}\n`;
  const verb = outcome === 'planned' ? 'would restore' : 'restored';
  const { create: _new, ...others } = plan.actions;
  const isMerged = way === 'merge' && Object.values(others).some((count) => count > 0);
  if (changesNothing(result)) return unchangedText(result, place);
  const time = outcome === 'planned' ? '' : ` in ${formatDuration(elapsedMs)}`;
  const lines = [!isFolder ? `${verb} ${place}` : `${verb} ${extentText(result)} to ${place}${time}`];
  if (isMerged) lines.push(mergeText(plan).trimEnd());
  if (plan.devices > 0 && outcome === 'planned') {
    lines.push(`of these ${formatCounted(plan.devices, 'device')}, which only root can make`);
  }
  if (previous)
    lines.push(outcome === 'planned' ? wouldKeep(way, isFolder, previous, run) : wasKept(previous));
  return `${lines.join('\n')}\n${notWhole(result)}`;
}

function changesNothing({ outcome, way, changes, plan: { actions } }: RestoreResult): boolean {
  if (outcome !== 'planned') return changes === 0;
  return way === 'merge' && actions.create + actions.replace + actions.beside + actions.delete === 0;
}

function unchangedText(result: RestoreResult, place: string): string {
  const { outcome, plan } = result;
  const isSame = Object.entries(plan.actions).every(([action, count]) => action === 'same' || count === 0);
  const changed = outcome === 'planned' ? 'would be changed' : 'was changed';
  return `nothing ${isSame ? 'differs' : changed} in ${place}\n${mergeText(plan)}${notWhole(result)}`;
}

/** `1,204 files  312.4 MB`, or `1,201 of 1,204 files  310.1 MB of 312.4 MB` where some are left out. */
function extentText({ plan, lost }: RestoreResult): string {
  const whole = `${formatCounted(plan.files, 'file')}  ${formatSize(plan.bytes)}`;
  if (lost.files === 0) return whole;
  const files = `${formatCount(plan.files - lost.files)} of ${formatCounted(plan.files, 'file')}`;
  return `${files}  ${formatSize(plan.bytes - lost.bytes)} of ${formatSize(plan.bytes)}`;
}

/** The last line: nobody is to take for whole what is not. */
function notWhole({ failureCount, leftOut }: RestoreResult): string {
  if (failureCount === 0) return '';
  const kinds = leftOut.map(({ what, count }) => `${what}: ${formatCount(count)}`);
  return `NOT WHOLE: ${formatCounted(failureCount, 'name')} left out (${kinds.join(', ')})\n`;
}

function wasKept(previous: Buffer): string {
  return `what was there is kept in ${shownPlace(previous)}`;
}

/** The run that comes after a dry one has a name of its own. */
function wouldKeep(way: RestoreResult['way'], isFolder: boolean, previous: Buffer, run: string): string {
  const what =
    way === 'merge'
      ? 'what is replaced or taken away would be kept'
      : way === 'entries'
        ? 'what is there would be exchanged name by name, and kept'
        : isFolder
          ? 'what is there would be exchanged as a whole, and kept'
          : 'what is there would be kept';
  return `${what} in ${shownPlace(previous).replace(run, '<run>')}`;
}

/** `  3 new, 1 replaced, 2 kept, 5 the same`; nothing where nothing is to be said. */
function mergeText({ actions }: RestoreResult['plan']): string {
  const words = [
    [actions.create, 'new'],
    [actions.replace, 'replaced'],
    [actions.beside, 'beside'],
    [actions.delete, 'taken away'],
    [actions.keep, 'kept'],
    [actions.same, 'the same'],
  ] as const;
  const said = words.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return said.length === 0 ? '' : `  ${said.join(', ')}\n`;
}

/** Whether something is not as the snapshot has it that must be. */
export function isPartial({ failureCount, unfaithful }: RestoreResult, strict: boolean): boolean {
  return failureCount > 0 || (strict && unfaithful.length > 0);
}

/** A line for each kind of thing that is not as the snapshot has it. */
export function restoreWarnings({ failures, failureCount, leftOut, unfaithful }: RestoreResult): string[] {
  const lines = failures.map((failure) => `${quote(failure.path)}: ${failure.message}`);
  if (failureCount > failures.length) lines.push(`and ${formatCount(failureCount - failures.length)} more`);
  for (const { what, code, count, example } of leftOut) {
    lines.push(`${what}: ${formatCounted(count, 'name')} left out (${code}), for one ${quote(example)}`);
  }
  for (const { what, code, count, example } of unfaithful) {
    lines.push(
      `${what}: not restored for ${formatCounted(count, 'name')} (${code}), for one ${quote(example)}`,
    );
  }
  return lines;
}

/** The document of `restore --json`. */
export function restoreFields(result: RestoreResult): object {
  const { outcome, way, destination, previous, run, plan, artifacts, changes } = result;
  const { failureCount, failures, leftOut, lost, unfaithful } = result;
  return {
    outcome,
    way,
    run,
    ...nameFields(destination, 'destination'),
    ...(previous && nameFields(previous, 'previous')),
    ...(artifacts && nameFields(artifacts, 'artifacts')),
    plan,
    changes,
    failure_count: failureCount,
    failures: failures.map(({ path: name, code, message }) => ({ ...nameFields(name), code, message })),
    left_out: leftOut.map(kindFields),
    lost,
    unfaithful: unfaithful.map(kindFields),
  };
}

function kindFields({ what, code, count, example }: RestoreResult['leftOut'][number]): object {
  return { what, code, count, ...nameFields(example, 'example') };
}

/** Relative to the current folder where that is shorter. */
export function shownPlace(place: Buffer): string {
  const relative = path.relative(currentFolder().toString('latin1'), place.toString('latin1'));
  const bytes = Buffer.from(relative, 'latin1');
  return quote(bytes.length > 0 && bytes.length < place.length ? bytes : place);
}
