/** `node scripts/run.js FILE.ts …`: sets up (install, build), then runs a TypeScript file of the project on Node 24. */
import path from 'node:path';
import { ensureBuilt, ensureInstalled, nodePath, ROOT, runThrough } from './setup.js';

const [file, ...args] = process.argv.slice(2);
ensureInstalled();
ensureBuilt();
runThrough(nodePath(), [path.join(ROOT, file), ...args]);
