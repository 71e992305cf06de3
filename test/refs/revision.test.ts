import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import {
  formatRevision,
  parseRange,
  parseRevision,
  type Revision,
  type RevisionPath,
} from '../../src/refs/revision.ts';
import { anyText } from '../support/any-text.ts';

function path(...parts: string[]): RevisionPath {
  return { relative: false, parts: parts.map((part) => Buffer.from(part)), folder: false };
}

function code(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isVaultError(error)) return error.code;
    throw error;
  }
  return undefined;
}

test('revision: bases, steps and selectors', () => {
  assert.equal(parseRevision('HEAD'), { base: 'HEAD', steps: [] });
  assert.equal(parseRevision('laptop/docs~2'), { base: 'laptop/docs', steps: [{ kind: 'ancestor', n: 2 }] });
  assert.equal(parseRevision('v1^'), { base: 'v1', steps: [{ kind: 'parent', n: 1 }] });
  assert.equal(parseRevision('v1^2~'), {
    base: 'v1',
    steps: [
      { kind: 'parent', n: 2 },
      { kind: 'ancestor', n: 1 },
    ],
  });
  assert.equal(parseRevision('main@{1}'), { base: 'main', selector: { kind: 'nth', n: 1 }, steps: [] });
  assert.equal(parseRevision('HEAD@{3 days ago}~1'), {
    base: 'HEAD',
    selector: { kind: 'date', text: '3 days ago' },
    steps: [{ kind: 'ancestor', n: 1 }],
  });
  assert.equal(parseRevision('main@{2026-01-31T10:20}:a').path, path('a'));
});

test('revision: paths', () => {
  assert.equal(parseRevision('HEAD:src/a.txt').path, path('src', 'a.txt'));
  assert.equal(parseRevision('HEAD:').path, { relative: false, parts: [], folder: true });
  assert.equal(parseRevision('HEAD:a~1@{x}:b..c').path, path('a~1@{x}:b..c'));
  assert.equal(parseRevision('HEAD:./a//b/./c/../d/').path, {
    ...path('a', 'b', 'd'),
    relative: true,
    folder: true,
  });
  assert.equal(parseRevision('HEAD:../../x').path, { ...path('..', '..', 'x'), relative: true });
  const bytes = Buffer.from([0x48, 0x45, 0x41, 0x44, 0x3a, 0xff, 0x2f, 0xe4]);
  assert.equal(parseRevision(bytes).path?.parts, [Buffer.from([0xff]), Buffer.from([0xe4])]);
});

test('revision: what is none', () => {
  const usage = [
    '',
    ':a',
    '~1',
    '@{1}',
    'main@{',
    'main@{}',
    'main@{ }',
    'main~1@{1}',
    'main@{1}x',
    'v1^{tree}',
  ];
  usage.push('main~4294967296', `main${'~'.repeat(1001)}`, 'x'.repeat(70_000));
  for (const text of usage)
    assert.is(
      code(() => parseRevision(text)),
      'USAGE',
      text.slice(0, 40),
    );
  assert.is(
    code(() => parseRevision(Buffer.from([0xff]))),
    'USAGE',
  );
  assert.is(
    code(() => parseRevision('HEAD:a/../../b')),
    'BAD_PATH',
  );
  assert.is(
    code(() => parseRevision('HEAD:a\0b')),
    'BAD_PATH',
  );
  assert.throws(() => parseRevision('a@{1}\u001b[2J'), /^a@\{1\}\uFFFD\[2J is no revision: /);
});

test('revision: ranges', () => {
  const head: Revision = { base: 'HEAD', steps: [] };
  const main: Revision = { base: 'main', steps: [] };
  assert.equal(parseRange('main'), { kind: 'revision', revision: main });
  assert.equal(parseRange('main..'), { kind: 'range', from: main, to: head });
  assert.equal(parseRange('..main'), { kind: 'range', from: head, to: main });
  assert.equal(parseRange('main..HEAD'), { kind: 'range', from: main, to: head });
  assert.is(parseRange('HEAD:../x').kind, 'revision');
  assert.is(parseRange('HEAD:a..b').kind, 'revision');
  assert.is(parseRange('main@{1..2}').kind, 'revision');
  assert.equal(parseRange('main@{1}..v1~2'), {
    kind: 'range',
    from: parseRevision('main@{1}'),
    to: parseRevision('v1~2'),
  });
  for (const text of ['a...b', 'a..b:c', 'a..b..c~x'])
    assert.is(
      code(() => parseRange(text)),
      'USAGE',
      text,
    );
});

const structure = fc.constantFrom(
  '~',
  '^',
  '@{',
  '}',
  ':',
  '/',
  '.',
  '..',
  '0',
  '1',
  'HEAD',
  'a',
  '-',
  '\0',
  '\xff',
);
const soup = fc.array(fc.oneof(structure, anyText({ maxLength: 3 })), { maxLength: 14 });

test('revision: any input parses or fails with a VaultError; what parses survives being written', () => {
  const check = (input: string | Buffer): void => {
    try {
      const revision = parseRevision(input);
      assert.equal(parseRevision(formatRevision(revision)), revision);
    } catch (error) {
      if (!isVaultError(error, 'USAGE', 'BAD_PATH')) throw error;
    }
    try {
      parseRange(input);
    } catch (error) {
      if (!isVaultError(error, 'USAGE', 'BAD_PATH')) throw error;
    }
  };
  fc.assert(
    fc.property(soup, (pieces) => check(pieces.join(''))),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(soup, (pieces) => check(Buffer.from(pieces.join(''), 'latin1'))),
    { numRuns: 5000 },
  );
});

const part = fc
  .uint8Array({ minLength: 1, maxLength: 6 })
  .map((bytes) => Buffer.from(bytes))
  .filter(
    (name) => !name.includes(0) && !name.includes(0x2f) && !['.', '..'].includes(name.toString('latin1')),
  );
const step = fc.record(
  { kind: fc.constantFrom('ancestor', 'parent'), n: fc.integer({ min: 0, max: 2 ** 32 - 1 }) },
  { noNullPrototype: true },
);
const revision = fc.record(
  {
    base: fc.stringMatching(/^[a-zäß][a-z0-9äß/.-]{0,10}$/),
    selector: fc.oneof(
      fc.record({ kind: fc.constant('nth'), n: fc.nat() }, { noNullPrototype: true }),
      fc.record(
        { kind: fc.constant('date'), text: fc.stringMatching(/^[a-z][a-z0-9 :]{0,10}$/) },
        { noNullPrototype: true },
      ),
    ),
    steps: fc.array(step, { maxLength: 4 }),
    path: fc
      .record({ relative: fc.boolean(), parts: fc.array(part, { maxLength: 4 }), folder: fc.boolean() })
      .map((value) => ({ ...value, folder: value.folder || value.parts.length === 0 })),
  },
  { requiredKeys: ['base', 'steps'], noNullPrototype: true },
);

test('revision: every tree of the grammar survives being written and read', () => {
  fc.assert(
    fc.property(revision, (tree) => {
      assert.equal(parseRevision(formatRevision(tree as Revision)), tree);
    }),
    { numRuns: 2000 },
  );
});

test.run();
