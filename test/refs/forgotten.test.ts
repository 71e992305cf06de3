import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  appendForgotten,
  type ForgottenBody,
  forgottenRecords,
  MAX_FORGOTTEN_IDS,
  newestForgotten,
  readForgotten,
} from '../../src/refs/forgotten.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { refKey } from '../../src/store/layout.ts';
import { createRecord, encodeRecord } from '../../src/store/record.ts';
import { keys, rejects } from '../store/backend-suite.ts';
import { hexId } from './bodies.ts';

const [A, B, C] = [hexId(1), hexId(2), hexId(3)];

function says(more: Partial<ForgottenBody>): ForgottenBody {
  const time = '2026-01-01T00:00:00.000000000Z';
  return { time, who: 'ada', host: 'laptop', message: 'forget', dropped: [], kept: [], ...more };
}

async function logOf(...bodies: Partial<ForgottenBody>[]): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  for (const body of bodies) await appendForgotten(backend, says(body));
  return backend;
}

test('without a log nothing is forgotten', async () => {
  const forgotten = await readForgotten(new MemoryBackend());
  assert.equal([forgotten.newest, forgotten.has(A), [...forgotten.ids()]], [undefined, false, []]);
  assert.is(await newestForgotten(new MemoryBackend()), undefined);
});

test('a drop hides until it is taken back; a later one hides again', async () => {
  const first = [{ dropped: [A, B] }, { dropped: [C] }, { kept: [A], takesBack: 1 }];
  const forgotten = await readForgotten(await logOf(...first));
  assert.equal([forgotten.newest, [...forgotten.ids()].sort()], [2, [B, C]]);
  assert.equal([forgotten.has(Buffer.from(A, 'hex')), forgotten.has(B)], [false, true]);
  const again = await readForgotten(await logOf(...first, { dropped: [A] }));
  assert.equal([...again.ids()].sort(), [A, B, C]);
});

test('a keep that is written late does not undo a drop that was decided after it', async () => {
  const forgotten = await readForgotten(
    await logOf({ dropped: [A] }, { dropped: [A] }, { kept: [A], takesBack: 0 }),
  );
  assert.is(forgotten.has(A), true);
});

test('a commit takes back at once what its outcome names, and nothing newer', async () => {
  const forgotten = await readForgotten(await logOf({ dropped: [A] }, { dropped: [B] }));
  const commit = { objects: [A, B, C] };
  const hidden = (takesBack?: number) =>
    commit.objects.map((id) =>
      forgotten.hidesFrom({ ...commit, ...(takesBack !== undefined && { takesBack }) }, id),
    );
  assert.equal(hidden(), [true, true, false]);
  assert.equal(hidden(0), [false, true, false]);
  assert.equal(hidden(1), [false, false, false]);
});

test('a record is what the format says', async () => {
  const backend = new MemoryBackend();
  await appendForgotten(backend, says({ dropped: [A] }), { random: () => Buffer.alloc(8, 1) });
  const [key] = await keys(backend, '');
  assert.is(key, 'refs/forgotten/log/@9999999999');
  assert.is(
    (await backend.read(key!)).toString().split('\n')[0],
    '{"version":1,"key":"refs/forgotten/log/@9999999999","namespace":"forgotten","name":"log","seq":0,' +
      '"time":"2026-01-01T00:00:00.000000000Z","who":"ada","host":"laptop","message":"forget",' +
      `"dropped":["${A}"],"kept":[],"nonce":"0101010101010101"}`,
  );
});

test('appending at once loses nothing, and the largest record fits', async () => {
  const backend = new MemoryBackend();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => appendForgotten(backend, says({ dropped: [hexId(i)] }))),
  );
  assert.is([...(await readForgotten(backend)).ids()].length, 20);
  const dropped = Array.from({ length: MAX_FORGOTTEN_IDS }, (_, i) => hexId(i));
  await appendForgotten(backend, says({ dropped }));
  await rejects(appendForgotten(backend, says({ dropped: [...dropped, A] })), 'BUG');
  await rejects(appendForgotten(backend, says({})), 'BUG');
  await rejects(appendForgotten(backend, says({ kept: [A] })), 'BUG');
  await rejects(appendForgotten(backend, says({ kept: [A], takesBack: 21 })), 'BUG');
  await rejects(appendForgotten(backend, says({ dropped: [A], takesBack: 0 })), 'BUG');
});

test('what is missing or damaged is damage', async () => {
  const key = (seq: number) => refKey('forgotten', 'log', seq);
  const gap = await logOf({ dropped: [A] }, { dropped: [B] }, { dropped: [C] });
  await gap.remove(key(1));
  await rejects(readForgotten(gap), 'DAMAGED');
  const first = await logOf({ dropped: [A] }, { dropped: [B] });
  await first.remove(key(0));
  await rejects(readForgotten(first), 'DAMAGED');
  for (const wrong of [{ dropped: ['x'] }, { kept: [A] }, { time: 'now' }, { seq: 1 }, { name: 'x' }]) {
    const backend = new MemoryBackend();
    const record = {
      namespace: 'forgotten',
      name: 'log',
      seq: 0,
      ...says({ dropped: [A] }),
      nonce: '0'.repeat(16),
    };
    await createRecord(backend, key(0), { ...record, ...wrong });
    await rejects(readForgotten(backend), 'DAMAGED');
  }
  const torn = new MemoryBackend();
  await torn.create(key(0), [encodeRecord(key(0), says({ dropped: [A] })).subarray(1)]);
  await rejects(readForgotten(torn), 'DAMAGED');
});

test('whatever the order in which keeps arrive, the newest decision stands', async () => {
  const step = fc.record({ id: fc.nat(2), drop: fc.boolean(), takesBack: fc.nat(20) });
  const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
    const bodies: Partial<ForgottenBody>[] = [];
    const drops = new Map<number, number>();
    const takenBack = new Map<number, number>();
    for (const { id, drop, takesBack } of steps) {
      const seq = bodies.length;
      if (drop || seq === 0) {
        bodies.push({ dropped: [hexId(id)] });
        drops.set(id, seq);
      } else {
        const upTo = takesBack % seq;
        bodies.push({ kept: [hexId(id)], takesBack: upTo });
        takenBack.set(id, Math.max(takenBack.get(id) ?? -1, upTo));
      }
    }
    const backend = await logOf(...bodies);
    const forgotten = await readForgotten(backend);
    for (const id of [0, 1, 2]) {
      assert.is(forgotten.has(hexId(id)), (drops.get(id) ?? -1) > (takenBack.get(id) ?? -1));
    }
    let count = 0;
    for await (const { seq } of forgottenRecords(backend)) assert.is(seq, bodies.length - ++count);
  });
  await fc.assert(property, { numRuns: 200 });
});

test.run();
