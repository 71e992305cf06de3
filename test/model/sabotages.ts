/** Rules of the protocol switched off, by what a process is shown of the storage or does to it; the simulation must notice each. */
import type { Backend } from '../../src/store/backend/backend.ts';
import { gcKey, parseGcKey, parseTxnKey, txnKey } from '../../src/store/layout.ts';
import { createRecord, decodeRecord, encodeRecord } from '../../src/store/record.ts';
import { replacing } from '../vault/wrapped-vault.ts';
import type { Sabotage } from './simulator.ts';

/** Listings without the keys that `hides` says. */
function hiding(backend: Backend, hides: (key: string) => Promise<boolean> | boolean): Backend {
  return replacing(backend, 'list', async function* (prefix, options) {
    for await (const entry of backend.list(prefix, options)) if (!(await hides(entry.key))) yield entry;
  });
}

function isOpen(backend: Backend, key: string): Promise<boolean> {
  const txn = parseTxnKey(key);
  return Promise.resolve(txn && backend.size(txnKey(txn.id, 'outcome'))).then(
    (size) => txn !== undefined && size === undefined,
  );
}

export const SABOTAGES: Sabotage[] = [
  {
    name: 'writers do not read the gc records',
    writer: (backend) => hiding(backend, (key) => key.startsWith('gc/')),
  },
  {
    name: 'gc does not wait for open transactions',
    gc: (backend) => hiding(backend, (key) => isOpen(backend, key)),
  },
  {
    name: 'a commit is no root until its ref is there',
    gc: (backend) => hiding(backend, (key) => key.startsWith('txn/')),
  },
  {
    name: 'what was condemned is swept without a second mark',
    gc: (backend) =>
      replacing(backend, 'create', async (key, parts) => {
        const parsed = parseGcKey(key);
        if (parsed?.part !== 'sweep') return backend.create(key, parts);
        const condemn = gcKey(parsed.n, 'condemn');
        const { packs } = decodeRecord<{ packs: string[] }>(condemn, await backend.read(condemn));
        return backend.create(key, [encodeRecord(key, { packs })]);
      }),
  },
  {
    name: 'begin is made only just before the outcome',
    writer: (backend) => {
      let begin: { key: string; parts: readonly Uint8Array[] } | undefined;
      return replacing(backend, 'create', async (key, parts) => {
        const part = parseTxnKey(key)?.part;
        if (part === 'begin') {
          begin = { key, parts };
          return true;
        }
        if (part === 'outcome' && begin) await backend.create(begin.key, begin.parts);
        return backend.create(key, parts);
      });
    },
  },
  {
    name: 'an abort of gc is overruled',
    writer: (backend) =>
      replacing(backend, 'create', async (key, parts) => {
        if (await backend.create(key, parts)) return true;
        if (parseTxnKey(key)?.part !== 'outcome') return false;
        await backend.remove(key);
        return backend.create(key, parts);
      }),
  },
  {
    name: 'the forgotten log is not read to its end',
    gc: (backend) =>
      hiding(backend, (key) => key.startsWith('refs/forgotten/') && key.endsWith('@9999999998')),
  },
  {
    name: 'condemn follows condemn',
    gc: (backend) =>
      replacing(backend, 'create', async (key, parts) => {
        const parsed = parseGcKey(key);
        if (parsed?.part === 'condemn')
          await createRecord(backend, gcKey(parsed.n + 1, 'condemn'), { packs: [] });
        return backend.create(key, parts);
      }),
  },
];
