/** Worker entry: reads and verifies chunks for a restore, and checks and syncs what was written. */
import { workerData } from 'node:worker_threads';
import { getPlatform } from '../platform/select.ts';
import { openBackend } from '../store/backend/open.ts';
import type { Parcel } from './pool.ts';
import { serve } from './serve.ts';
import { ChunkReader } from './unseal-chunks.ts';
import { digestFile } from './unseal-file.ts';
import type { UnsealJob, UnsealSettings } from './unseal-protocol.ts';

const { spec } = workerData as UnsealSettings;
let reader: Promise<ChunkReader> | undefined;

serve(async (job: UnsealJob): Promise<Parcel> => {
  switch (job.type) {
    case 'chunks':
      reader ??= openBackend(spec).then((backend) => new ChunkReader(backend));
      return (await reader).read(job);
    case 'digest':
      return { payload: digestFile(getPlatform(), job.fd) };
    case 'sync':
      getPlatform().syncFileSystem(job.fd);
      return { payload: undefined };
  }
});
