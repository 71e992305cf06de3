import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorDocument, jsonLine, jsonTime, nameFields } from '../../src/cli/text/json.ts';

test('a name that is not UTF-8 has its bytes besides', () => {
  assert.equal(nameFields(Buffer.from('größe')), { path: 'größe' });
  assert.equal(nameFields(Buffer.from([0x63, 0xe9])), { path: 'c\ufffd', path_b64: 'Y+k=' });
  assert.equal(nameFields(Buffer.from([0xff]), 'target'), { target: '\ufffd', target_b64: '/w==' });
});

test('times have nanoseconds', () => {
  assert.is(jsonTime(0, 1), '1970-01-01T00:00:00.000000001Z');
  assert.is(jsonTime(1_769_860_800, 999_999_999), '2026-01-31T12:00:00.999999999Z');
  assert.is(jsonTime(-1, 500_000_000), '1969-12-31T23:59:59.500000000Z');
  assert.is(jsonTime(253_402_300_800), '+010000-01-01T00:00:00.000000000Z');
  assert.is(jsonTime(1e15, 5), '@1000000000000000.000000005');
});

test('ids are hex, large numbers keep their digits', () => {
  assert.is(
    jsonLine({
      id: Buffer.from([1, 255]),
      deep: [{ bytes: new Uint8Array([16]) }],
      small: 5n,
      big: 2n ** 60n,
    }),
    '{"id":"01ff","deep":[{"bytes":"10"}],"small":5,"big":"1152921504606846976"}\n',
  );
});

test('an error', () => {
  assert.is(
    errorDocument({ code: 'NOT_FOUND', message: 'no "x"', exit: 1 }),
    '{"error":{"code":"NOT_FOUND","message":"no \\"x\\"","exit":1}}\n',
  );
});

test.run();
