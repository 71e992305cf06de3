/**
 * Who holds a LevelDB folder: for the message that says why we cannot.
 */
import fs from 'node:fs';

/**
 * The pid that holds the lock on `<folder>/LOCK`, as Linux tells (/proc/locks, see proc(5)); undefined where it
 * cannot be known: other systems, another host on a network file system, another pid namespace.
 */
export function lockHolder(folder: string): number | undefined {
  try {
    const { ino } = fs.statSync(`${folder}/LOCK`, { bigint: true });
    for (const line of fs.readFileSync('/proc/locks', 'latin1').split('\n')) {
      // 1: POSIX  ADVISORY  WRITE 11777 fe:00:2238724 0 EOF
      // The device is left out: an overlay or btrfs reports another one here than stat does.
      const match = /^\d+: POSIX +ADVISORY +WRITE (\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line);
      if (match && BigInt(match[2]!) === ino) return Number(match[1]);
    }
  } catch {
    // No LOCK any more, or no /proc: then nobody can say.
  }
  return undefined;
}
