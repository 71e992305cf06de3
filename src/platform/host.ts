/** The facts about this host and process that records name. Linux has stable files for them; elsewhere what Node knows. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { type HostProcess, processStartTime } from './processes.ts';

export interface HostFacts extends HostProcess {
  /** tells hosts apart although they share a name: the machine id, hashed */
  hostId: string;
  user: string;
}

let facts: HostFacts | undefined;

export function hostFacts(): HostFacts {
  facts ??= {
    host: hostname(),
    // The machine id is confidential (machine-id(5)): only a hash of it with the program's name leaves the host.
    hostId: createHash('sha256')
      .update(`vault host ${firstFile('/etc/machine-id', '/var/lib/dbus/machine-id') ?? hostname()}`)
      .digest('hex')
      .slice(0, 32),
    bootId: firstFile('/proc/sys/kernel/random/boot_id') ?? '',
    user: userName(),
    pid: process.pid,
    ...pidNamespace(),
    startTime: processStartTime(process.pid) ?? '',
  };
  return facts;
}

/** Nanoseconds since 1970: the millisecond clock, made finer by the monotonic one so that times of one process ascend. */
export function clock(): bigint {
  return ORIGIN + (process.hrtime.bigint() - START);
}

const START = process.hrtime.bigint();
const ORIGIN = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;

/** `pid:[4026531836]`: the kernel's number of it, one for each that there is. */
function pidNamespace(): { pidNamespace?: string } {
  try {
    return { pidNamespace: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return {};
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

function firstFile(...paths: string[]): string | undefined {
  for (const path of paths) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      // the next one
    }
  }
  return undefined;
}
