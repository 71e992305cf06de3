/** The platform on Linux (x86_64, arm64): libc through koffi. Each thread makes its own. */
import { type Libc, loadLibc } from './linux/libc.ts';
import { PathArguments } from './linux/path-arguments.ts';
import { linuxReading } from './linux/reading.ts';
import { linuxWriting } from './linux/writing.ts';
import type { Platform } from './platform.ts';

/** Throws where libc is out of reach. Tests give a libc of their own. */
export function createLinuxPlatform(libc: Libc = loadLibc()): Platform {
  const paths = new PathArguments(libc);
  const reading = linuxReading(libc, paths);
  return {
    name: 'linux',
    abilities: {
      nanoseconds: true,
      xattrs: true,
      devices: true,
      exchange: true,
      holes: true,
      owners: true,
      longPaths: true,
      syncFileSystem: true,
    },
    ...reading,
    ...linuxWriting(libc, paths, reading),
    releaseMemory: () => void libc.malloc_trim?.(0),
  };
}
