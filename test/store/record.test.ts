import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import {
  createRecord,
  decodeRecord,
  encodeRecord,
  MAX_RECORD,
  type RecordSeal,
  readRecord,
} from '../../src/store/record.ts';
import { rejects, throws } from './backend-suite.ts';

function checksummed(line: string): Buffer {
  return Buffer.from(`${line}\n${createHash('sha256').update(`${line}\n`).digest('hex')}\n`);
}

test('golden bytes', () => {
  assert.is(
    encodeRecord('refs/heads/main/@9999999999', { target: 'ü', none: undefined }).toString(),
    '{"version":1,"key":"refs/heads/main/@9999999999","target":"ü"}\n' +
      '9783c167ed71997203212fb13fd11e8f9de9040138f5e236a0f4fcd13e351470\n',
  );
});

test('decode returns what was encoded', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
      const body = { fields };
      const record = decodeRecord<typeof body>('config', encodeRecord('config', body));
      assert.is(JSON.stringify(record), JSON.stringify({ version: 1, key: 'config', ...body }));
    }),
  );
});

test('any changed, missing or added byte is damage', () => {
  const good = encodeRecord('config', { text: 'a\nb', list: [1, 2, 3] });
  for (let i = 0; i < good.length; i++) {
    for (const bit of [1, 32, 128]) {
      const bad = Buffer.from(good);
      bad[i]! ^= bit;
      throws(() => decodeRecord('config', bad), 'DAMAGED');
    }
    throws(() => decodeRecord('config', good.subarray(0, i)), 'DAMAGED');
    throws(() => decodeRecord('config', good.subarray(i + 1)), 'DAMAGED');
    throws(
      () => decodeRecord('config', Buffer.concat([good.subarray(0, i), Buffer.from('\n'), good.subarray(i)])),
      'DAMAGED',
    );
  }
});

test('a record cannot stand in for another, nor be something else', () => {
  throws(() => decodeRecord('gc/0000000001/sweep', encodeRecord('gc/0000000002/sweep', {})), 'DAMAGED');
  for (const line of [
    '',
    '[]',
    'null',
    '"x"',
    '{',
    '{"key":"config"}',
    '{"key":"config","version":0}',
    '{"version":1}',
  ]) {
    throws(() => decodeRecord('config', checksummed(line)), 'DAMAGED');
  }
  throws(() => decodeRecord('config', checksummed('{"version":2,"key":"config"}')), 'UNKNOWN_FORMAT');
  decodeRecord('config', checksummed('{"version":1,"key":"config"}'));
});

test('a record may not say that it is another, nor be too long', () => {
  throws(() => encodeRecord('config', { key: 'other' }), 'BUG');
  throws(() => encodeRecord('config', { version: 2 }), 'BUG');
  encodeRecord('config', { key: 'config', version: 1 });
  throws(() => encodeRecord('config', { text: 'x'.repeat(MAX_RECORD) }), 'BUG');
  throws(
    () => decodeRecord('config', checksummed(`{"version":1,"key":"config","x":"${'x'.repeat(MAX_RECORD)}"}`)),
    'DAMAGED',
  );
});

test('a seal wraps the whole record and is told its name', async () => {
  const flip = (key: string, bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ key.length));
  const seal: RecordSeal = { seal: flip, unseal: flip };
  const backend = new MemoryBackend();
  assert.is(await createRecord(backend, 'config', { secret: 1 }, seal), true);
  assert.not.ok((await backend.read('config')).includes('secret'));
  assert.is((await readRecord<{ secret: number }>(backend, 'config', seal)).secret, 1);
  await rejects(readRecord(backend, 'config'), 'DAMAGED');
  await rejects(readRecord(backend, 'absent', seal), 'NOT_FOUND');
});

test.run();
