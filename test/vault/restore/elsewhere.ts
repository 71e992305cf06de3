/** Restores to a folder beside the vault's that is not there yet, with records of their own, through a platform that is given. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../../../src/index.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import type { Kept } from '../kept.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { restorePath } from './restored.ts';

export interface Elsewhere extends OneSnapshot {
  about: { records: Buffer; environment: Repository['environment'] };
  to: string;
}

/** As `oneSnapshot`; each test begins without destination and records. */
export function restoringElsewhere(name: string, make: (kept: Kept) => void) {
  const test = oneSnapshot<Elsewhere>(name, make);
  test.before.each((shared) => {
    const { kept } = shared;
    for (const name of ['x', 'state']) rmSync(join(kept.base, name), { recursive: true, force: true });
    mkdirSync(join(kept.base, 'x'));
    shared.to = join(kept.base, 'x', 'to');
    shared.about = { records: Buffer.from(join(kept.base, 'state')), environment: kept.environment };
  });
  return test;
}

export function restored(
  { vault, taken, about, to }: Elsewhere,
  path: string,
  platform: Platform,
  options = {},
) {
  return restorePath(vault, taken, path, to, { records: about.records, platform, ...options });
}
