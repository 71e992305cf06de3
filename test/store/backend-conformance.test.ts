import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultBackend } from '../../src/store/backend/fault.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { ReadOnlyBackend } from '../../src/store/backend/read-only.ts';
import { backendSuite, type Subject } from './backend-suite.ts';
import { withoutHardLinks } from './no-hard-links.ts';

async function makeFs(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-test-'));
  const backend = await openBackend({ type: 'fs', path: join(folder, 'store') }, { create: true });
  return { backend, writer: backend, dispose: () => rm(folder, { recursive: true, force: true }) };
}

async function makeMemory(): Promise<Subject> {
  const backend = await openBackend({ type: 'memory' });
  return { backend, writer: backend, dispose: async () => {} };
}

backendSuite('memory', makeMemory);
backendSuite('fs', makeFs);
backendSuite('fs without hard links', async () => {
  const subject = await makeFs();
  const end = withoutHardLinks();
  return {
    ...subject,
    async dispose() {
      end();
      await subject.dispose();
    },
  };
});
backendSuite('read-only over fs', async () => {
  const subject = await makeFs();
  return { ...subject, backend: new ReadOnlyBackend(subject.backend, 'the test says so') };
});
backendSuite('fault injection without faults over memory', async () => {
  const subject = await makeMemory();
  const backend = new FaultBackend(subject.backend, () => undefined);
  return { ...subject, backend, writer: backend };
});
