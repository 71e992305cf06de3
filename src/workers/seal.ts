/** Worker entry: reads, cuts, hashes, asks which chunks are new, and seals those into blocks. */
import { workerData } from 'node:worker_threads';
import { hashFaster } from './hash-faster.ts';
import type { Parcel } from './messages.ts';
import { sealBatch } from './seal-batch.ts';
import { sealRun, transferOf } from './seal-blocks.ts';
import { sealLarge } from './seal-large.ts';
import type { BlockResult, SealJob, SealSettings } from './seal-protocol.ts';
import { serve } from './serve.ts';

const settings = workerData as SealSettings;

hashFaster();

serve(async (job: SealJob, request): Promise<Parcel> => {
  switch (job.type) {
    case 'batch':
      return sealBatch(job, settings, request);
    case 'large':
      return sealLarge(job, settings, request);
    case 'block': {
      const blocks = [sealRun(Buffer.from(job.window), job.start, job.ids, job.lengths, settings)];
      return { payload: { blocks } satisfies BlockResult, transfer: transferOf(blocks) };
    }
  }
});
