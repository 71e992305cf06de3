/**
 * Asks a storage, at `init`, whether it keeps the two promises on which all safety rests.
 */
import { randomBytes } from 'node:crypto';
import { VaultError } from '../errors.ts';
import type { Backend } from './backend/backend.ts';
import { PROBE_PREFIX, probeKey } from './layout.ts';

/** Keys of a listing that are looked at before the probe's own must have come. */
const MAX_LISTED = 10_000;

/**
 * Proves that a second create of one name is refused and changes nothing, and that a listing shows a key created
 * before it began. Leaves nothing behind where removing is allowed.
 * @throws REFUSED when the storage breaks a promise; storage errors as they come
 */
export async function probeBackend(backend: Backend): Promise<void> {
  const key = probeKey(randomBytes(16).toString('hex'));
  const first = randomBytes(16);
  try {
    if (!(await backend.create(key, [first]))) throw unfit(backend, 'says that a new name exists already');
    if (await backend.create(key, [randomBytes(16)])) throw unfit(backend, 'overwrites a name that exists');
    if (!first.equals(await backend.read(key))) throw unfit(backend, 'returns other bytes than were stored');
    if (!(await isListed(backend, key))) throw unfit(backend, 'does not list what was just stored');
  } finally {
    await backend.remove(key).catch(() => undefined); // a host without the right to delete may use a vault all the same
  }
}

async function isListed(backend: Backend, key: string): Promise<boolean> {
  for await (const entry of backend.list(PROBE_PREFIX, { limit: MAX_LISTED })) {
    if (entry.key === key) return true;
  }
  return false;
}

function unfit(backend: Backend, why: string): VaultError {
  return new VaultError('REFUSED', `${backend.location} cannot hold a vault: the storage ${why}`, {
    hint: 'use a local file system or an S3 service that supports If-None-Match',
    subject: backend.location,
  });
}
