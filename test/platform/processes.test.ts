/** Whether a process that has left its mark still runs. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endOf, isRunning, isWithinReach, processStartTime } from '../../src/platform/processes.ts';
import { canMount } from '../support/mount.ts';

const SOURCE = fileURLToPath(new URL('../../src/platform/processes.ts', import.meta.url));
const NOBODY = 65534;

/** The pid of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

test('this process runs, an ended one does not, nor one that had its pid before', () => {
  const startTime = processStartTime(process.pid) ?? '';
  assert.is(isRunning(process.pid), true);
  assert.is(isRunning(process.pid, startTime), true);
  assert.is(isRunning(process.pid, startTime && '1'), startTime === '');
  assert.is(isRunning(endedPid()), false);
  assert.is(isRunning(endedPid(), startTime), false);
});

test('what ran before the last boot has ended by that', () => {
  const self = { bootId: 'now', pid: process.pid, startTime: processStartTime(process.pid) ?? '' };
  assert.is(endOf(self, 'now'), undefined);
  assert.is(endOf(self, 'later'), 'boot');
  assert.is(endOf({ ...self, pid: endedPid() }, 'now'), 'process');
});

test('a pid says nothing in another namespace, on another host, or on one that only shares the machine id', () => {
  const here = { host: 'h', hostId: '1', bootId: 'now', pid: 7, pidNamespace: 'pid:[1]', startTime: '1' };
  const { pidNamespace, ...older } = here;
  assert.is(isWithinReach(here, { ...here, pid: 8 }), true);
  assert.is(isWithinReach({ ...here, pidNamespace: 'pid:[2]' }, here), false);
  assert.is(
    isWithinReach({ ...here, pidNamespace: 'pid:[2]', bootId: 'before' }, here),
    true,
    'gone with its boot',
  );
  assert.is(isWithinReach({ ...here, host: 'container' }, here), false);
  assert.is(isWithinReach({ ...here, hostId: '2' }, here), false);
  for (const [one, other] of [
    [older, here],
    [here, older],
  ] as const)
    assert.is(isWithinReach(one, other), true);
});

const hidden = canMount ? test : test.skip;

hidden('a process that is hidden from its user runs, and one that is not there does not', () => {
  const script = `import { isRunning } from ${JSON.stringify(SOURCE)};
    console.log([${process.pid}, ${endedPid()}].map((pid) => isRunning(pid, '1')).join());`;
  const node = `"${process.execPath}" --input-type=module -e '${script}'`;
  const asNobody = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups ${node}`;
  const line = `mount -t proc -o hidepid=2 proc /proc && ${asNobody}`;
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', line], { encoding: 'utf8' });
  assert.is(stdout, 'true,false\n', stderr);
});

test.run();
