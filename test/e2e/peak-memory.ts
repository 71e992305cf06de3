/** Loaded before a program (`--import`): says on file descriptor 3, as it ends, what memory it took at most (kB). */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Its threads load it, too, and end as it does.
if (isMainThread) process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));
