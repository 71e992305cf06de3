import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertKey } from '../../src/store/backend/key.ts';
import {
  escapeRefName,
  gcKey,
  isAsideKey,
  MAX_SEQ,
  packKey,
  parseGcKey,
  parsePackKey,
  parseRefKey,
  parseTrashKey,
  parseTxnKey,
  probeKey,
  refKey,
  refPrefix,
  trashKey,
  txnKey,
  unescapeRefName,
} from '../../src/store/layout.ts';
import { anyText } from '../support/any-text.ts';
import { throws } from './backend-suite.ts';

const PACK = 'ab01'.padEnd(64, '9');
const TXN = '0f'.repeat(16);

test('packs', () => {
  assert.is(packKey(PACK), `objects/ab/01/${PACK}`);
  assert.is(parsePackKey(packKey(PACK)), PACK);
  for (const pack of ['', PACK.slice(1), PACK.toUpperCase(), `${PACK.slice(0, 62)}/.`])
    throws(() => packKey(pack), 'BUG');
  for (const key of [
    `objects/ab/02/${PACK}`,
    `objects/ab/${PACK}`,
    `x/ab/01/${PACK}`,
    PACK,
    'objects/',
    `${packKey(PACK)}/`,
  ]) {
    assert.is(parsePackKey(key), undefined, key);
  }
});

test('refs count downwards, so that the newest is listed first', () => {
  assert.is(refKey('heads', 'main', 0), 'refs/heads/main/@9999999999');
  assert.is(refKey('heads', 'main', MAX_SEQ), 'refs/heads/main/@0000000000');
  assert.is(refKey('tags', 'Laptop/Döcs.x', 12), 'refs/tags/%4captop%2f%44%c3%b6cs.x/@9999999987');
  assert.is(refPrefix('heads', '.a'), 'refs/heads/%2ea/');
  assert.is(refPrefix('heads'), 'refs/heads/');
  for (const seq of [-1, 0.5, MAX_SEQ + 1, Number.NaN]) throws(() => refKey('heads', 'main', seq), 'BUG');
  throws(() => refPrefix('Heads'), 'BUG');
  throws(() => refPrefix('a/b'), 'BUG');
});

test('names that cannot be a file name are refused', () => {
  assert.is(escapeRefName('a'.repeat(250)).length, 250);
  throws(() => escapeRefName('a'.repeat(251)), 'USAGE');
  throws(() => escapeRefName('ü'.repeat(42)), 'USAGE');
  throws(() => escapeRefName(''), 'USAGE');
  throws(() => escapeRefName('\ud800'), 'USAGE');
});

test('every name comes back from its key, and its key is a key', () => {
  const names = fc.oneof(
    anyText({ minLength: 1, maxLength: 20 }),
    fc.string({ minLength: 1, maxLength: 60 }),
  );
  fc.assert(
    fc.property(names, fc.integer({ min: 0, max: MAX_SEQ }), (name, seq) => {
      fc.pre(name.isWellFormed());
      const key = refKey('heads', name, seq);
      assertKey(key);
      assert.is(key, key.toLowerCase());
      assert.equal(parseRefKey(key), { namespace: 'heads', name, seq });
    }),
  );
});

test('each name has one spelling only', () => {
  for (const escaped of [
    '',
    '%',
    '%4',
    '%4C',
    '%61',
    'A',
    'a/b',
    '.a',
    '%2e%2',
    '%ff',
    '%c3',
    'a b',
    '@1',
    '%ed%a0%80',
  ]) {
    assert.is(unescapeRefName(escaped), undefined, escaped);
  }
  fc.assert(
    fc.property(fc.stringMatching(/^(?:[a-c.@/]|%[0-9a-f]{2}|%){1,8}$/), (escaped) => {
      const name = unescapeRefName(escaped);
      if (name !== undefined) assert.is(escapeRefName(name), escaped);
    }),
  );
});

test('what is no ref is none', () => {
  for (const key of [
    'refs/heads/main',
    'refs/heads/@9999999999',
    'refs/heads/a/b/@9999999999',
    'refs/heads/main/@999',
    'x',
  ]) {
    assert.is(parseRefKey(key), undefined, key);
  }
});

test('transactions', () => {
  for (const part of ['begin', 'outcome', 'beat-1', 'beat-120'] as const) {
    assert.is(txnKey(TXN, part), `txn/${TXN}/${part}`);
    assert.equal(parseTxnKey(txnKey(TXN, part)), { id: TXN, part });
  }
  for (const key of [
    `txn/${TXN}/beat-0`,
    `txn/${TXN}/beat-01`,
    `txn/${TXN}/`,
    `txn/${TXN}/end`,
    'txn/x/begin',
  ]) {
    assert.is(parseTxnKey(key), undefined, key);
  }
  throws(() => txnKey('../x', 'begin'), 'BUG');
});

test('gc numbers are listed in their order', () => {
  assert.is(gcKey(1, 'condemn'), 'gc/0000000001/condemn');
  assert.ok(gcKey(9, 'sweep') < gcKey(10, 'condemn') && gcKey(10, 'condemn') < gcKey(10, 'sweep'));
  assert.equal(parseGcKey(gcKey(77, 'sweep')), { n: 77, part: 'sweep' });
  for (const key of ['gc/0000000000/sweep', 'gc/1/sweep', 'gc/0000000001/swept'])
    assert.is(parseGcKey(key), undefined);
  throws(() => gcKey(0, 'sweep'), 'BUG');
});

test('trash', () => {
  assert.is(trashKey(1_767_225_600, PACK), `trash/1767225600/${PACK}`);
  assert.equal(parseTrashKey(trashKey(7, PACK)), { seconds: 7, pack: PACK });
  assert.ok(trashKey(9, PACK) < trashKey(10, PACK));
  for (const key of [`trash/7/${PACK}`, `trash/${PACK}`, 'trash/0000000007/x'])
    assert.is(parseTrashKey(key), undefined, key);
  throws(() => trashKey(-1, PACK), 'BUG');
  throws(() => trashKey(1, '../x'), 'BUG');
});

test('what is written aside', () => {
  for (const key of ['tmp/12-00112233445566ff', 'tmp/probe-00ff']) assert.ok(isAsideKey(key), key);
  for (const key of ['tmp/index-00ff', 'tmp/x', 'tmp/12-0', 'config']) assert.not(isAsideKey(key), key);
});

test('probes', () => {
  assert.is(probeKey('00ff'), 'tmp/probe-00ff');
});

test.run();
