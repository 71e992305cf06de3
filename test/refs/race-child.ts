/** One of the processes of the race in ref-store.test.ts: `race-child.ts STORE-FOLDER LABEL COUNT`. */
import { isVaultError } from '../../src/errors.ts';
import { RefStore } from '../../src/refs/ref-store.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { body } from './bodies.ts';

const [path, label, count] = process.argv.slice(2);
const backend = await openBackend({ type: 'fs', path: path! });
const refs = new RefStore(backend);
let expectedSeq: number | undefined;
let won = 0;
for (let i = 0; i < Number(count); i++) {
  await refs.appendRetry('heads', 'raced', body(i, { who: label! }), { sinceSeq: undefined });
  try {
    expectedSeq = (await refs.append('heads', 'swapped', body(i, { who: label! }), { expectedSeq })).seq;
    won++;
  } catch (error) {
    if (!isVaultError(error, 'LOST_RACE')) throw error;
    expectedSeq = (error.details as { current: { seq: number } }).current.seq;
  }
}
await backend.close();
process.stdout.write(String(won));
