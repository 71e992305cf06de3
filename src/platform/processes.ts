/**
 * Whether a process of this host that has left its mark somewhere still runs. A pid comes again, after a boot and within one: the
 * boot and the start time tell whose it is.
 */
import { readFileSync } from 'node:fs';
import { hasCode } from './errno.ts';

/** By what a process of a host is known again. */
export interface ProcessIdentity {
  /** of the kernel that it ran under */
  bootId: string;
  pid: number;
  /** in which the pid counts, pid_namespaces(7); absent where there are none, and in what older versions wrote down */
  pidNamespace?: string;
  /** in clock ticks since boot, as a string: tells processes with one pid apart. Empty where it is not known */
  startTime: string;
}

/** A process and where it runs, or ran. */
export interface PlacedProcess extends ProcessIdentity {
  host: string;
  /** tells hosts of one name apart; absent in what other programs write down */
  hostId?: string;
}

/** One whose host is told apart. */
export interface HostProcess extends PlacedProcess {
  hostId: string;
}

/** What a process writes down of itself, of whatever else is known of it. */
export function processOf(process: HostProcess): HostProcess {
  const { host, hostId, bootId, pidNamespace, pid, startTime } = process;
  return { host, hostId, bootId, ...(pidNamespace !== undefined && { pidNamespace }), pid, startTime };
}

/**
 * Whether a pid means the same process here as where it was written down, or all of its boot are no more. Containers share the machine id of
 * an image, and the boot of their host, but neither its pids nor, mostly, its name.
 */
export function isWithinReach(process: PlacedProcess, here: PlacedProcess): boolean {
  if (process.hostId !== here.hostId || process.host !== here.host) return false;
  if (process.bootId !== here.bootId || process.pidNamespace === undefined) return true;
  return here.pidNamespace === undefined || process.pidNamespace === here.pidNamespace;
}

/** Why a process of this host is known to be no more; undefined while it runs. */
export function endOf(
  { bootId, pid, startTime }: ProcessIdentity,
  currentBootId: string,
  runs: (pid: number, startTime: string) => boolean = isRunning,
): 'boot' | 'process' | undefined {
  if (bootId !== currentBootId) return 'boot';
  return runs(pid, startTime) ? undefined : 'process';
}

/**
 * Whether the process with `pid` runs, the one that began at `startTime` where that can be told. Unless the system says that there is none, it
 * does: with `hidepid` (proc(5)) others' processes have no start time, and are there.
 */
export function isRunning(pid: number, startTime = ''): boolean {
  const began = startTime === '' ? undefined : processStartTime(pid);
  if (began !== undefined) return began === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH'); // EPERM: it is somebody else's
  }
}

/** Field 22 of proc_pid_stat(5): clock ticks since boot; undefined when there is no such process, or none that shows. */
export function processStartTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command's name, in parentheses, may hold spaces and parentheses itself.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
