/**
 * `npm start`: sets up (install, build), then runs vault with the arguments given after `--`, in the folder that npm
 * was started in; without arguments the demo.
 */
import path from 'node:path';
import { ensureBuilt, ensureInstalled, nodePath, ROOT, runThrough } from './setup.js';

const args = process.argv.slice(2);
ensureInstalled();
ensureBuilt();
const script = args.length === 0 ? 'scripts/demo.js' : 'bin/vault.js';
runThrough(nodePath(), [path.join(ROOT, script), ...args], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
