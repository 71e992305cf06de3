/** Worker entry: reads and verifies chunks for a restore, and checks and syncs what was written. */
import { workerData } from 'node:worker_threads';
import { getPlatform } from '../platform/select.ts';
import { openBackend } from '../store/backend/open.ts';
import { hashSideBySide } from './hash-side-by-side.ts';
import type { Parcel } from './pool.ts';
import { type Request, serve } from './serve.ts';
import { ChunkReader } from './unseal-chunks.ts';
import { digestFile, digestGrowing } from './unseal-file.ts';
import type { DigestJob, Grown, GrownRequest, UnsealJob, UnsealSettings } from './unseal-protocol.ts';

const { spec } = workerData as UnsealSettings;
let reader: Promise<ChunkReader> | undefined;

hashSideBySide();

serve(async (job: UnsealJob, request): Promise<Parcel> => {
  switch (job.type) {
    case 'chunks':
      reader ??= openBackend(spec).then((backend) => new ChunkReader(backend));
      return (await reader).read(job);
    case 'digest':
      return { payload: await digest(job, request) };
    case 'sync':
      getPlatform().syncFileSystem(job.fd);
      return { payload: undefined };
  }
});

function digest({ fd, key }: DigestJob, request: Request): Uint8Array | Promise<Uint8Array> {
  if (key === undefined) return digestFile(getPlatform(), fd);
  return digestGrowing(
    getPlatform(),
    fd,
    (seen) => request({ payload: { key, seen } satisfies GrownRequest }) as Promise<Grown>,
  );
}
