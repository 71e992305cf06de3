/** The processes that a test file started, by their process group. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 20;

/** Ends all of them. @returns false when there was none */
export function killGroup(group: number): boolean {
  try {
    return process.kill(-group, 'SIGKILL');
  } catch {
    return false; // nobody left in the group
  }
}

/**
 * Whether one of them is still running after so many milliseconds at most. One that has ended and that init has not collected yet does
 * not count: a `tar -z` whose reader has gone leaves its `gzip` to init.
 */
export async function outlives(group: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; isRunning(group); waited += RETRY_MS) {
    if (waited >= milliseconds) return true;
    await sleep(RETRY_MS);
  }
  return false;
}

function isRunning(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (!existsSync('/proc/self/stat')) return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isRunningMember(name, group));
}

/** By state and process group, fields 3 and 5 of proc(5). */
function isRunningMember(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false; // it has gone
  }
}
