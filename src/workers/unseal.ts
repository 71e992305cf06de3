/** Worker entry: reads and verifies chunks for a restore, and checks and syncs what was written. */
import { workerData } from 'node:worker_threads';
import { getPlatform } from '../platform/select.ts';
import { openBackend } from '../store/backend/open.ts';
import { hashFaster } from './hash-faster.ts';
import type { Parcel } from './messages.ts';
import { type Request, serve } from './serve.ts';
import { ChunkReader } from './unseal-chunks.ts';
import { digestFiles, digestGrowing } from './unseal-file.ts';
import type { FollowJob, Grown, GrownRequest, UnsealJob, UnsealSettings } from './unseal-protocol.ts';

const { spec } = workerData as UnsealSettings;
let reader: Promise<ChunkReader> | undefined;

hashFaster();

serve(async (job: UnsealJob, request): Promise<Parcel> => {
  switch (job.type) {
    case 'chunks':
      reader ??= openBackend(spec).then((backend) => new ChunkReader(backend));
      return (await reader).read(job);
    case 'digest':
      return { payload: Buffer.concat(digestFiles(getPlatform(), job.fds)) };
    case 'follow':
      return { payload: await follow(job, request) };
    case 'sync':
      getPlatform().syncFileSystem(job.fd);
      return { payload: undefined };
  }
});

function follow({ fd, key }: FollowJob, request: Request): Promise<Uint8Array> {
  return digestGrowing(
    getPlatform(),
    fd,
    (seen) => request({ payload: { key, seen } satisfies GrownRequest }) as Promise<Grown>,
  );
}
