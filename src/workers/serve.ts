/** The worker's side of `pool.ts`: takes jobs, lets them ask the main thread, and posts their results. */
import { parentPort } from 'node:worker_threads';
import { invariant, VaultError } from '../errors.ts';
import type { FlatError, FromWorker, Parcel, ToWorker } from './messages.ts';

/** Asks the main thread and resolves with its answer. */
export type Request = (parcel: Parcel) => Promise<unknown>;

/** Serves jobs until the pool ends the thread. An error that a job throws is the job's result, with its code kept. */
export function serve(handle: (payload: never, request: Request) => Promise<Parcel> | Parcel): void {
  const port = parentPort;
  invariant(port, 'a worker entry was loaded outside a worker thread');
  const answers = new Map<number, (payload: unknown) => void>();
  let nextRequest = 1;

  const post = (message: FromWorker, transfer?: Parcel['transfer']): void =>
    port.postMessage(message, transfer ?? []);

  const request: Request = (parcel) =>
    new Promise((resolve) => {
      const id = nextRequest++;
      answers.set(id, resolve);
      post({ type: 'request', id, payload: parcel.payload }, parcel.transfer);
    });

  port.on('message', async (message: ToWorker) => {
    if (message.type === 'end') {
      port.close();
      return;
    }
    if (message.type === 'answer') {
      const resolve = answers.get(message.id);
      answers.delete(message.id);
      resolve?.(message.payload);
      return;
    }
    try {
      const { payload, transfer } = await handle(message.payload as never, request);
      post({ type: 'result', id: message.id, payload }, transfer);
    } catch (error) {
      post({ type: 'error', id: message.id, error: flatten(error) });
    }
  });
}

/** Only codes of our own keep their meaning on the other side. */
function flatten(error: unknown): FlatError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const { code, hint, subject } = error instanceof VaultError ? error : new VaultError('BUG', message);
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(subject !== undefined && { subject }),
    ...(stack !== undefined && { stack }),
  };
}
