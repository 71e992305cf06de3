/** Takes files out of the stage which turned out, after they had been written, not to be what was recorded. */
import { joinPath } from '../../../objects/names.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { RestoreReport } from '../journal/report.ts';
import { parentOf } from '../place/paths.ts';
import { Reach } from '../place/reach.ts';
import { STAGED_NAME } from '../records/artifacts.ts';
import type { Written } from './verify.ts';

const SLASH = Buffer.from('/');
const OPEN = 0o700;

export interface DropOptions {
  platform: Platform;
  /** absolute; the run's folder */
  folder: Buffer;
  /** path from the snapshot's root of what is restored */
  prefix: Buffer;
  report: RestoreReport;
}

/** Removes each file with all its names, durably; the folders they are in keep their metadata. Throws errno errors. */
export function dropWrong(
  files: readonly Written[],
  { platform, folder, prefix, report }: DropOptions,
): void {
  const reach = new Reach(platform, folder);
  const start = prefix.length === 0 ? 0 : prefix.length + 1;
  const drop = (path: Buffer) => {
    const below = path.subarray(start);
    removeName(platform, reach, below.length === 0 ? STAGED_NAME : joinPath(STAGED_NAME, below));
  };
  try {
    for (const { entry, path, further } of files) {
      drop(path);
      for (const name of further) {
        report.fail(name, entry, { code: 'DAMAGED', message: `it is a further name of ${path.toString()}` });
        drop(name);
      }
    }
  } finally {
    reach.close();
  }
}

/** @param path from the run's folder */
function removeName(platform: Platform, reach: Reach, path: Buffer): void {
  const folder = parentOf(Buffer.concat([SLASH, path])).subarray(1);
  // A recorded mode may have taken our own rights away, and a removal changes the time.
  const { mode, mtimeS, mtimeNs } = platform.lstat(reach.at(folder));
  platform.chmod(reach.at(folder), mode | OPEN);
  platform.unlink(reach.at(path));
  platform.chmod(reach.at(folder), mode);
  platform.setTimes(reach.at(folder), mtimeS, mtimeNs);
  platform.fsyncDirectory(reach.at(folder));
}
