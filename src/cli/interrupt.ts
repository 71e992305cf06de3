/**
 * One AbortController for everything that ends a run early: SIGINT, SIGTERM, SIGHUP, and a reader of stdout that has
 * gone. The first signal aborts, and the command tidies up; another one half a second later ends the process at once.
 */
import { VaultError } from '../errors.ts';
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

function onSignal(signal: NodeJS.Signals): void {
  const now = performance.now();
  if (first !== undefined && now - first > SAME_SIGNAL_MS) process.exit(Exit.interrupted);
  first ??= now;
  const hint = 'what was finished is safe; run the command again';
  interrupt(new VaultError('ABORTED', 'interrupted', { hint, details: { signal } }));
}
