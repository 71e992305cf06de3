/** Standard input as bytes. */
import { addAbortSignal } from 'node:stream';

/** Ends with an AbortError when the run is interrupted, also while nothing arrives. */
export function stdinBytes(signal: AbortSignal): AsyncIterable<Uint8Array> {
  return addAbortSignal(signal, process.stdin);
}
