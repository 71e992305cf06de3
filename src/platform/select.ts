/** Which platform this machine gets. */
import { createLinuxPlatform } from './linux.ts';
import type { Platform } from './platform.ts';
import { createPortablePlatform } from './portable.ts';

let chosen: Platform | undefined;

/**
 * The platform of this thread, made on the first call: loading koffi takes some milliseconds, which a command that only
 * reads the vault does not spend. Where libc is out of reach (another system, koffi's binary missing), the portable one.
 */
export function getPlatform(): Platform {
  chosen ??= choose();
  return chosen;
}

function choose(): Platform {
  if (process.platform !== 'linux') return createPortablePlatform();
  try {
    return createLinuxPlatform();
  } catch {
    return createPortablePlatform(); // its name and abilities tell
  }
}
