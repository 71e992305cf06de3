/** Which process a run belongs to, and whether that can be asked for from here. */
import type { Environment } from '../../environment.ts';
import type { RunProcess } from './journal.ts';

export type ProcessEnvironment = Pick<
  Environment,
  'host' | 'hostId' | 'bootId' | 'pidNamespace' | 'pid' | 'startTime'
>;

/** What a run writes down of its own process. */
export function processOf(environment: ProcessEnvironment): RunProcess {
  const { host, hostId, bootId, pidNamespace, pid, startTime } = environment;
  return { host, hostId, bootId, ...(pidNamespace !== undefined && { pidNamespace }), pid, startTime };
}

/**
 * A pid means the same process here as where it was written down, or all of its boot are no more. Containers share the machine id of an
 * image, and the boot of their host, but neither its pids nor, mostly, its name.
 */
export function isWithinReach(owner: RunProcess, here: ProcessEnvironment): boolean {
  if (owner.hostId !== here.hostId || owner.host !== here.host) return false;
  if (owner.bootId !== here.bootId || owner.pidNamespace === undefined) return true;
  return here.pidNamespace === undefined || owner.pidNamespace === here.pidNamespace;
}
