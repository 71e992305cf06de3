/** What `gc` says. */
import {
  type CondemnedPack,
  type GcPlan,
  type GcResult,
  type Reason,
  type Undeleted,
  userType,
} from '../../index.ts';
import { formatCounted, formatSize } from '../text/format.ts';

const REASONS: Record<Reason, string> = {
  dead: 'not in use',
  duplicate: 'also elsewhere',
  sparse: 'mostly not in use',
  small: 'small, to be merged',
};

/** A line for each reason, and one for all. */
export function planLines({
  condemned,
  packs,
  bytes,
  objects,
  liveObjects,
  postponed,
  unreadable,
}: GcPlan): string[] {
  const lines = (Object.keys(REASONS) as Reason[]).flatMap((reason) => {
    const chosen = condemned.filter((pack) => pack.reason === reason);
    if (chosen.length === 0) return [];
    const rest =
      reason === 'sparse' || reason === 'small'
        ? `, of which ${formatSize(aliveBytes(chosen))} would be copied`
        : '';
    return [
      `${REASONS[reason]}: ${formatCounted(chosen.length, 'pack')}, ${formatSize(sizeOf(chosen))}${rest}`,
    ];
  });
  if (postponed > 0) lines.push(`left for the next gc: ${formatCounted(postponed, 'pack')}`);
  if (unreadable.length > 0)
    lines.push(`cannot be read, and stay: ${formatCounted(unreadable.length, 'pack')}`);
  if (condemned.length === 0) lines.push('nothing to remove');
  const used = `${formatCounted(liveObjects, 'object')} of ${objects} in use`;
  return [...lines, `${used}, in ${formatCounted(packs, 'pack')} of ${formatSize(bytes)}`];
}

export function gcLines(result: GcResult): string[] {
  const { state, copied, removed, spared, expired, open, aborted } = result;
  const lines: string[] = [];
  if (copied.objects > 0)
    lines.push(`copied ${formatCounted(copied.objects, 'object')}, ${formatSize(copied.bytes)}`);
  if (removed.packs > 0)
    lines.push(`removed ${formatCounted(removed.packs, 'pack')}, ${formatSize(removed.bytes)}`);
  if (spared > 0) lines.push(`${formatCounted(spared, 'pack')} came to be used meanwhile and stay`);
  if (expired.packs > 0)
    lines.push(`emptied the trash of ${formatCounted(expired.packs, 'pack')}, ${formatSize(expired.bytes)}`);
  if (aborted > 0) lines.push(`gave up ${formatCounted(aborted, 'command')} that had died`);
  if (state === 'waiting') {
    const [first] = open;
    const who = first ? `process ${first.pid} on ${first.host}, since ${first.time}` : '';
    lines.push(
      `waiting for ${formatCounted(open.length, 'writer')} (${who}): run \`vault gc\` again when it has ended`,
    );
  } else if (removed.packs === 0 && state === 'idle') lines.push('nothing to remove');
  return lines;
}

export function planDocument({ liveObjects, condemned, ...plan }: GcPlan): object {
  return { ...plan, live_objects: liveObjects, condemned: condemned.map(packFields) };
}

export function gcDocument({ plan, ...result }: GcResult): object {
  return { ...result, plan: plan && planDocument(plan) };
}

function packFields({ pack, reason, size, objects, liveObjects, raw, liveRaw }: CondemnedPack): object {
  return { pack, reason, size, objects, live_objects: liveObjects, raw_size: raw, live_raw_size: liveRaw };
}

export function undeletedFields({ type, ...undeleted }: Undeleted): object {
  return { ...undeleted, type: userType(type) };
}

export function undeletedLine({ id, type, bytes }: Undeleted): string {
  const what = `${userType(type)} ${id.toString('hex').slice(0, 8)}`;
  return bytes === 0 ? `${what} is all there` : `${what} is back: ${formatSize(bytes)} stored`;
}

function sizeOf(packs: readonly CondemnedPack[]): number {
  return packs.reduce((sum, { size }) => sum + size, 0);
}

/** About: as if everything compressed equally well. */
function aliveBytes(packs: readonly CondemnedPack[]): number {
  return Math.round(
    packs.reduce((sum, { size, raw, liveRaw }) => sum + (raw === 0 ? 0 : (size * liveRaw) / raw), 0),
  );
}
