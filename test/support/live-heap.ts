/** What of V8's heap is in use. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are left after a collection: without one, whatever happens to be garbage counts as well. */
export function liveHeapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
