/** Bodies of ref records for tests. */
import { formatTime } from '../../src/refs/dates.ts';
import type { RefBody } from '../../src/refs/ref-record.ts';

/** 64 hex digits that begin with the number's. */
export function hexId(n: number): string {
  return n.toString(16).padStart(8, '0').padEnd(64, 'e');
}

/** A record on snapshot `n`, made `n` minutes after the start of 2026. */
export function body(n: number, more: Partial<RefBody> = {}): RefBody {
  const time = formatTime(BigInt(Date.UTC(2026, 0, 1, 0, n)) * 1_000_000n);
  return {
    target: hexId(n),
    type: 'snapshot',
    time,
    who: 'ada',
    host: 'laptop',
    message: `number ${n}`,
    ...more,
  };
}
