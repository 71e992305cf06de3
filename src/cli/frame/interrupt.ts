/**
 * One AbortController for everything that ends a run early: SIGINT, SIGTERM, SIGHUP, and a reader of stdout that has
 * gone. The first signal aborts, and the command tidies up; another one half a second later ends the process at once.
 */
import { VaultError } from '../../errors.ts';
import { Exit } from './exit-codes.ts';

/** A terminal sends one Ctrl-C to us and to the launcher, which passes it on: those are one. */
const SAME_SIGNAL_MS = 500;

const controller = new AbortController();
let first: number | undefined;

/** Aborted with a VaultError `ABORTED`, or a `ClosedPipe`. */
export const interrupted: AbortSignal = controller.signal;

export function interrupt(reason: Error): void {
  controller.abort(reason);
}

export function listenForSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

/** What the promise gives; an interrupt ends the wait for it. @throws the reason of the interrupt */
export async function unlessInterrupted<T>(promise: Promise<T>): Promise<T> {
  interrupted.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(interrupted.reason);
  interrupted.addEventListener('abort', stop);
  try {
    return await Promise.race([promise, ended]);
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
}

/**
 * `process.exit` waits for threads, and one may be blocked for ever: in the write to a pipe that nobody reads, in the opening of one
 * that nobody writes. The signal itself waits for nothing; to a shell that is 130, too.
 */
export function endAtOnce(): never {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
  process.exit(Exit.interrupted);
}

function onSignal(signal: NodeJS.Signals): void {
  const now = performance.now();
  if (first !== undefined && now - first > SAME_SIGNAL_MS) endAtOnce();
  first ??= now;
  const hint = 'what was finished is safe; run the command again';
  interrupt(new VaultError('ABORTED', 'interrupted', { hint, details: { signal } }));
}
