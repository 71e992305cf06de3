#!/usr/bin/env node
/**
 * Starts vault. It needs Node 24; under an older one this file hands over to the Node of npm package `node`, if that
 * is installed. The syntax is old on purpose: Node 18 must get far enough to do so, or to say what is needed.
 */
import { createRequire } from 'node:module';

// An `import` of Node's larger modules costs milliseconds in every start; most of them are needed only to hand over.
const require = createRequire(import.meta.url);
const path = require('node:path');
const { existsSync } = require('node:fs');

const NODE_NEEDED = 24;
const HERE = path.dirname(require('node:url').fileURLToPath(import.meta.url));
const PROGRAM = new URL('../dist/main.js', import.meta.url);

if (Number(process.versions.node.split('.')[0]) < NODE_NEEDED) handOver();
else await start();

async function start() {
  useCompileCache();
  let program;
  try {
    program = await import(PROGRAM.href);
  } catch (error) {
    if (existsSync(PROGRAM)) throw error;
    return stop('not built yet: run "npm start" or "npm run build" in the checkout');
  }
  await program.main();
}

/**
 * Compiled code of the last run, in the user's own cache folder: the default is a folder below /tmp that others may
 * have put something into.
 */
function useCompileCache() {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && path.join(HOME, '.cache'));
  if (cache && path.isAbsolute(cache))
    require('node:module').enableCompileCache(path.join(cache, 'vault', 'compiled'));
}

function handOver() {
  const node = packagedNode();
  if (node === undefined) {
    stop(
      `Node ${NODE_NEEDED} or later is needed, this is ${process.version}: install it, or run "npm ci" in the checkout`,
    );
    return;
  }
  const child = require('node:child_process').spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    // Arguments that are not UTF-8 are already spoilt here; the other side reads them from our command line.
    env: { ...process.env, VAULT_HANDED_OVER_BY: String(process.pid) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => stop(`${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** The npm package `node` of the checkout, or of the project that vault is installed in. */
function packagedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const modules of ['../node_modules', '../..']) {
    const node = path.resolve(HERE, modules, 'node', 'bin', name);
    if (existsSync(node)) return node;
  }
  return undefined;
}

function stop(message) {
  console.error(`vault: ${message}`);
  process.exitCode = 70;
}
