/** What a retention policy keeps, by example and as properties over random histories. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDate, parseSpan, spanBefore, utc } from '../../../src/refs/dates.ts';
import {
  type Decision,
  decideRetention,
  PERIODS,
  type RetentionPolicy,
  type RetentionSnapshot,
} from '../../../src/vault/gc/retention.ts';

const at = (text: string): bigint => parseDate(text, 0n, utc).start;
const NOW = at('2026-03-31T12:00');
const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);

function snapshot(id: string, time: string, more: Partial<RetentionSnapshot> = {}): RetentionSnapshot {
  return { id, time: at(time), groups: ['main'], tags: [], protectedBy: [], ...more };
}

const told = (decisions: Decision[]): string[] =>
  decisions.map(({ snapshot: { id }, keep, reasons }) =>
    `${keep ? '+' : '-'}${id} ${reasons.join(', ')}`.trim(),
  );

const keptOf = (decisions: Decision[]): Set<string> =>
  new Set(decisions.filter(({ keep }) => keep).map((decision) => decision.snapshot.id));

test('each rule keeps the newest of its periods', () => {
  const history = [
    snapshot('a', '2026-03-31T11:30'),
    snapshot('b', '2026-03-31T11:10'),
    snapshot('c', '2026-03-31T10:59'),
    snapshot('d', '2026-03-30T23:00'), // Monday: the week of the 31st
    snapshot('e', '2026-03-29T23:00'), // Sunday: the week before
    snapshot('f', '2026-02-28T12:00'),
    snapshot('g', '2025-12-31T12:00'),
    snapshot('h', '2025-09-30T12:00'),
    snapshot('i', '2024-01-01T00:00'),
  ];
  const kept = (policy: RetentionPolicy) => [...keptOf(decideRetention(history, policy, NOW, utc))].join('');
  assert.is(kept({ last: 3 }), 'abc');
  assert.is(kept({ hourly: 3 }), 'acd');
  assert.is(kept({ daily: 3 }), 'ade');
  assert.is(kept({ weekly: 2 }), 'ae');
  assert.is(kept({ monthly: 3 }), 'afg');
  assert.is(kept({ quarterly: 3 }), 'agh', 'a period without snapshots takes no place');
  assert.is(kept({ yearly: 10 }), 'agi');
  assert.is(kept({ within: parseSpan('1d') }), 'abcd', 'counted from the newest, both ends included');
  assert.is(kept({ last: 9, maximumAge: parseSpan('6m') }), 'abcdefgh', 'from the 30th of September on');
  assert.is(kept({ maximumAge: parseSpan('1m') }), 'abcdef', 'without a rule all that is not too old stays');
  assert.is(kept({ maximumAge: parseSpan('1h'), minimum: 2 }), 'ab');
});

test('reasons say which rules keep a snapshot, and what shields it', () => {
  const history = [
    snapshot('a', '2026-03-31T11:00', { protectedBy: ['newest of main'] }),
    snapshot('b', '2026-03-30T11:00'),
    snapshot('c', '2020-03-31T11:00', { tags: ['v1', 'old'] }),
    snapshot('d', '2020-03-30T11:00'),
  ];
  assert.equal(
    told(
      decideRetention(history, { last: 1, daily: 4, tags: ['v*'], maximumAge: parseSpan('1y') }, NOW, utc),
    ),
    [
      '+a newest of main, last, daily',
      '+b daily',
      '+c tag v1, tag old, daily, tag rule',
      '-d older than the maximum age',
    ],
  );
});

test('numbers count within a group; a snapshot of two stays when one keeps it', () => {
  const history = [
    snapshot('a', '2026-03-31T11:00', { groups: ['x'] }),
    snapshot('b', '2026-03-30T11:00', { groups: ['y', 'x'] }),
    snapshot('c', '2026-03-29T11:00', { groups: ['y'] }),
  ];
  assert.equal(told(decideRetention(history, { last: 1 }, NOW, utc)), ['+a last of x', '+b last of y', '-c']);
});

test('days begin in the given zone', () => {
  const history = [snapshot('a', '2026-03-31T23:30'), snapshot('b', '2026-03-31T22:30')];
  const east = () => 3_600_000; // 00:30 of the next day, and 23:30
  assert.is(keptOf(decideRetention(history, { daily: 9 }, NOW, utc)).size, 1);
  assert.is(keptOf(decideRetention(history, { daily: 9 }, NOW, east)).size, 2);
});

test('a policy without a rule drops nothing, it fails', () => {
  for (const policy of [{}, { minimum: 3 }, { daily: 0, tags: [] }]) {
    assert.throws(() => decideRetention([], policy, NOW, utc), /no rule/);
  }
});

test('lengths of time go by the calendar', () => {
  for (const [span, then] of [
    ['36h', '2026-03-30T00:00'],
    ['1m', '2026-02-28T12:00'],
    ['1y1m', '2025-02-28T12:00'],
    ['2 weeks', '2026-03-17T12:00'],
    ['30 days', '2026-03-01T12:00'],
  ] as const) {
    assert.is(spanBefore(parseSpan(span), NOW, utc), at(then), span);
  }
  assert.ok(spanBefore(parseSpan('999999y'), NOW, utc) < at('0001'));
  for (const bad of ['', '7', 'd', '7s', '-1d', '0d', '7d;', '1.5d'])
    assert.throws(() => parseSpan(bad), /no length/, bad);
});

// properties

const HOUR = 3_600_000_000_000n;
const row = fc.record({
  hours: fc.nat(30_000),
  groups: fc.constantFrom(['a'], ['b'], ['a', 'b']),
  tags: fc.constantFrom([], [], [], ['v1'], ['x']),
  protectedBy: fc.constantFrom([], [], [], [], ['newest of a']),
});
const history = fc.array(row, { maxLength: 40 }).map((rows) =>
  rows.map(
    ({ hours, ...rest }, i): RetentionSnapshot => ({
      ...rest,
      id: `${i}`,
      time: NOW - BigInt(hours) * HOUR,
    }),
  ),
);
const count = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
const span = fc.option(
  fc.record({ n: fc.integer({ min: 1, max: 40 }), unit: fc.constantFrom('hour', 'day', 'week', 'month') }),
  { nil: undefined },
);
const policy = fc
  .record({
    counts: fc.record(Object.fromEntries(['last', 'minimum', ...PERIODS].map((name) => [name, count]))),
    within: span,
    maximumAge: span,
    tags: fc.constantFrom(undefined, ['v*']),
  })
  .map(({ counts, within, maximumAge, tags }): RetentionPolicy => {
    const all = {
      ...counts,
      within: within && ([[within.n, within.unit]] as const),
      maximumAge: maximumAge && ([[maximumAge.n, maximumAge.unit]] as const),
      tags,
    };
    return Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    ) as RetentionPolicy;
  })
  .filter(({ minimum: _, ...rest }) => Object.keys(rest).some((name) => name !== 'maximumAge'));

const decide = (snapshots: RetentionSnapshot[], rules: RetentionPolicy) =>
  decideRetention(snapshots, rules, NOW, utc);
const property = (
  name: string,
  ...args: Parameters<typeof fc.property<[RetentionSnapshot[], RetentionPolicy, number]>>
) => test(`${name} (seed ${SEED})`, () => fc.assert(fc.property(...args), { seed: SEED, numRuns: 300 }));

property('the order of the snapshots does not matter', history, policy, fc.nat(), (snapshots, rules, n) => {
  const turned = snapshots.map((_, i) => snapshots[(i + n) % snapshots.length]!);
  assert.equal(decide(turned.reverse(), rules), decide(snapshots, rules));
});

property(
  'each snapshot gets one decision; what is kept has a reason',
  history,
  policy,
  fc.nat(),
  (snapshots, rules) => {
    const decisions = decide(snapshots, rules);
    assert.equal(new Set(decisions.map((decision) => decision.snapshot)), new Set(snapshots));
    assert.is(decisions.length, snapshots.length);
    assert.ok(decisions.every(({ keep, reasons }) => !keep || reasons.length > 0));
  },
);

property(
  'protected, tagged and the newest few are never dropped',
  history,
  policy,
  fc.nat(),
  (snapshots, rules) => {
    const decisions = decide(snapshots, rules);
    for (const {
      snapshot: { tags, protectedBy },
      keep,
    } of decisions)
      if (tags.length + protectedBy.length > 0) assert.ok(keep);
    for (const group of ['a', 'b']) {
      const members = decisions.filter(({ snapshot: { groups } }) => groups.includes(group));
      assert.ok(members.slice(0, rules.minimum ?? 0).every(({ keep }) => keep));
    }
  },
);

property(
  'a larger number never drops what a smaller one kept',
  history,
  policy,
  fc.nat(),
  (snapshots, rules, n) => {
    const kept = keptOf(decide(snapshots, rules));
    const names = ['last', 'minimum', ...PERIODS] as const;
    const name = names[n % names.length]!;
    const more = keptOf(decide(snapshots, { ...rules, [name]: (rules[name] ?? 0) + 1 + (n % 7) }));
    for (const id of kept) assert.ok(more.has(id), `${name} drops ${id}`);
  },
);

property(
  'a longer time never drops what a shorter one kept',
  history,
  policy,
  fc.nat(300),
  (snapshots, rules, n) => {
    const kept = keptOf(decide(snapshots, rules));
    const longer = (what: RetentionPolicy['within']) => what && [...what, [n, 'day'] as const];
    const { within, maximumAge, ...rest } = rules;
    const more = keptOf(
      decide(snapshots, {
        ...rest,
        ...(within && { within: longer(within)! }),
        ...(maximumAge && { maximumAge: longer(maximumAge)! }),
      }),
    );
    for (const id of kept) assert.ok(more.has(id));
  },
);

property(
  'what was kept is kept when the policy is applied again',
  history,
  policy,
  fc.nat(),
  (snapshots, rules) => {
    const kept = keptOf(decide(snapshots, rules));
    const rest = snapshots.filter(({ id }) => kept.has(id));
    assert.equal(keptOf(decide(rest, rules)), kept);
  },
);

test.run();
