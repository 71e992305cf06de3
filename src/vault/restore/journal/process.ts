/** Which process a run belongs to. */
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
