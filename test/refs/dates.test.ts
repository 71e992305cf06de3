import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { formatTime, localZone, parseDate, parseTime, utc, type Zone } from '../../src/refs/dates.ts';

const NOW = parseTime('2026-03-31T15:30:00.123456789Z')!;

/** Central Europe in 2026: clocks go forward on 29 March and back on 25 October, both at 01:00 UTC. */
const berlin: Zone = (ms) =>
  ms >= Date.UTC(2026, 2, 29, 1) && ms < Date.UTC(2026, 9, 25, 1) ? 7_200_000 : 3_600_000;

function period(text: string, zone: Zone = utc): string {
  const { start, end } = parseDate(text, NOW, zone);
  return start === end ? formatTime(start) : `${formatTime(start)} ${formatTime(end)}`;
}

test('dates: a prefix of RFC 3339 is the whole period', () => {
  assert.is(period('2026'), '2026-01-01T00:00:00.000000000Z 2026-12-31T23:59:59.999999999Z');
  assert.is(period('2024-02'), '2024-02-01T00:00:00.000000000Z 2024-02-29T23:59:59.999999999Z');
  assert.is(period('2026-01-31'), '2026-01-31T00:00:00.000000000Z 2026-01-31T23:59:59.999999999Z');
  assert.is(period('2026-01-31T10'), '2026-01-31T10:00:00.000000000Z 2026-01-31T10:59:59.999999999Z');
  assert.is(period('2026-01-31 10:20'), '2026-01-31T10:20:00.000000000Z 2026-01-31T10:20:59.999999999Z');
  assert.is(period('2026-01-31T10:20:30'), '2026-01-31T10:20:30.000000000Z 2026-01-31T10:20:30.999999999Z');
  assert.is(period('2026-01-31t10:20:30.5'), '2026-01-31T10:20:30.500000000Z 2026-01-31T10:20:30.599999999Z');
  assert.is(period('2026-01-31T10:20:30.123456789Z', berlin), '2026-01-31T10:20:30.123456789Z');
  assert.is(period('2026-01-31T10:20:30.000000001+01:30'), '2026-01-31T08:50:30.000000001Z');
  assert.is(period('0001-01-01T00:00:00.000000000Z'), '0001-01-01T00:00:00.000000000Z');
});

test('dates: the local zone counts, also where its clocks are set', () => {
  assert.is(period('2026-01-31', berlin), '2026-01-30T23:00:00.000000000Z 2026-01-31T22:59:59.999999999Z');
  // 23 hours and 25 hours long
  assert.is(period('2026-03-29', berlin), '2026-03-28T23:00:00.000000000Z 2026-03-29T21:59:59.999999999Z');
  assert.is(period('2026-10-25', berlin), '2026-10-24T22:00:00.000000000Z 2026-10-25T22:59:59.999999999Z');
  // skipped: half past two is half past three; twice: the earlier
  assert.is(parseDate('2026-03-29T02:30', NOW, berlin).start, parseTime('2026-03-29T01:30:00.000000000Z'));
  assert.is(parseDate('2026-10-25T02:30', NOW, berlin).start, parseTime('2026-10-25T00:30:00.000000000Z'));
});

test('dates: words', () => {
  assert.is(period('now'), '2026-03-31T15:30:00.123456789Z');
  assert.is(period('today'), '2026-03-31T00:00:00.000000000Z 2026-03-31T23:59:59.999999999Z');
  assert.is(period('Yesterday', berlin), '2026-03-29T22:00:00.000000000Z 2026-03-30T21:59:59.999999999Z');
  assert.is(period('90 seconds ago'), '2026-03-31T15:28:30.123456789Z');
  assert.is(period('1 hour ago'), '2026-03-31T14:30:00.123456789Z');
  assert.is(period('3.days.ago', berlin), '2026-03-28T16:30:00.123456789Z');
  assert.is(period('2 weeks ago'), '2026-03-17T15:30:00.123456789Z');
  assert.is(period('1 month ago'), '2026-02-28T15:30:00.123456789Z');
  assert.is(period('13 months ago'), '2025-02-28T15:30:00.123456789Z');
  assert.is(period('2 years ago'), '2024-03-31T15:30:00.123456789Z');
});

test('dates: what is none', () => {
  const bad = ['', 'soon', '26', '2026-13', '2026-00', '2026-02-29', '2026-01-31T24', '2026-01-31T10:60'];
  bad.push(
    '2026-01Z',
    '2026-01-31T10+99:00',
    '999999 years ago',
    'x'.repeat(1000),
    '2026-01-31T10:20:30.0123456789',
  );
  for (const text of bad) {
    assert.throws(
      () => parseDate(text, NOW, utc),
      (error: unknown) => isVaultError(error, 'USAGE'),
      text,
    );
  }
});

test('dates: formatTime and parseTime are inverse', () => {
  const first = parseTime('0000-01-01T00:00:00.000000000Z')!;
  const last = parseTime('9999-12-31T23:59:59.999999999Z')!;
  fc.assert(
    fc.property(fc.bigInt({ min: first, max: last }), (ns) => {
      assert.is(parseTime(formatTime(ns)), ns);
    }),
  );
  assert.is(parseTime('2026-02-30T00:00:00.000000000Z'), undefined);
  assert.is(parseTime('2026-02-20T00:00:00Z'), undefined);
});

test('dates: the smallest given period holds its own text, in the zone of this machine', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true }), (date) => {
      const ns = BigInt(date.getTime()) * 1_000_000n;
      const text = formatTime(ns + BigInt(localZone(date.getTime())) * 1_000_000n).slice(0, 19);
      const { start, end } = parseDate(text, NOW, localZone);
      const twice = end - start === 999_999_999n && start <= ns - 3_500_000_000_000n;
      assert.ok((start <= ns && ns <= end) || twice, text);
    }),
  );
});

test.run();
