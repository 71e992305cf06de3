/**
 * `node restore-victim.ts BASE AHEAD ACT NTH WHEN`: acts on a destination in a process of its own, AHEAD nanoseconds in the future,
 * and kills itself by SIGKILL before, after, or in the middle of (`half`: of a write) the NTH call that changes the disk.
 */
import { join } from 'node:path';
import { hostEnvironment, openVault } from '../../src/index.ts';
import { interceptMutations } from './mutations.ts';
import { type Act, perform } from './restore-act.ts';

const [base, ahead, act, nth, when] = process.argv.slice(2) as [string, string, string, string, string];
const host = hostEnvironment(join(base, 'cache'));
const die = () => process.kill(process.pid, 'SIGKILL');

let calls = 0;
interceptMutations((_, args, run) => {
  if (++calls !== Number(nth)) return run(...args);
  if (when === 'before') die();
  if (when === 'half') {
    const [fd, bytes, ...position] = args as [number, Uint8Array];
    run(fd, bytes.subarray(0, bytes.length >> 1), ...position);
  } else run(...args);
  return die();
});

const vault = await openVault({
  store: join(base, 'root', '.vault'),
  root: Buffer.from(join(base, 'root')),
  environment: { ...host, now: () => host.now() + BigInt(ahead) },
});
await perform(vault, Buffer.from(join(base, 'state')), JSON.parse(act) as Act);
await vault.close();
