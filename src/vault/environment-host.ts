/** The usual surroundings: this host, its clock and its time zone. */
import { clock, hostFacts } from '../platform/host.ts';
import { localZone } from '../refs/dates.ts';
import type { Environment } from './environment.ts';

/** @param cacheFolder absolute; where private indexes go, made when needed */
export function hostEnvironment(cacheFolder: string): Environment {
  return { ...hostFacts(), now: clock, zone: localZone, cacheFolder };
}
