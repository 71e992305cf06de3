/**
 * Builds `dist`:
 *   cli/main.js       the command line; each command is a chunk of its own, loaded when it is run
 *   lib/index.js      the library
 *   workers/*.js      one self-contained file for each worker entry (esbuild does not follow `new Worker`)
 *   types/            declarations of the library
 *   commands.json     what `help`, completion and the man pages know of the commands, so that they load none
 *
 * Everything is one folder deep below `dist`, which `src/workers/location.ts` relies on.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { builtins, lazyRequires, nativeLevel } from './esbuild-plugins.js';
import { nodePath, ROOT, recordBuild, sourceStamp } from './setup.js';

/** Built aside and moved into place when complete, so that a failed build leaves the last one. */
const OUT = 'node_modules/.vault-dist';

/** koffi finds its native module by itself (`src/platform` asks for that first); the others are never really loaded. */
const EXTERNAL = ['koffi', 'msgpackr-extract', 'typescript', 'pnpapi'];

/** Bundled CommonJS code asks for Node's own modules by `require`, which need no look at the disk. */
const REQUIRE = [
  'const __filename=import.meta.filename,__dirname=import.meta.dirname;',
  "const require=(name)=>process.getBuiltinModule(name)??process.getBuiltinModule('module').createRequire(__filename)(name);",
].join('');

const common = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: false,
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: REQUIRE },
  external: EXTERNAL,
  logLevel: 'warning',
};

/**
 * What oclif's files `require` and a run of ours never touches: plugin discovery, its own help loading, its error
 * printing. All of it together was 400 kB to read, check and deserialise in every start.
 */
const oclif = lazyRequires(/@oclif[\\/]core[\\/]lib[\\/].*\.js$/, {
  leftOut: {
    'command.js': ['./config', './help/util', './ux'],
    'flags.js': ['./help'],
    'parser/index.js': ['./help'],
    'help/index.js': ['../config/ts-path', '../module-loader'],
    'errors/index.js': ['./handle', './warn'],
    'errors/error.js': ['../logger', '../ux/write', './errors/pretty-print'],
    'errors/errors/cli.js': ['clean-stack', 'indent-string', 'wrap-ansi'],
  },
  edits: {
    // Our writer handles a closed pipe; this line alone would open the stdout stream in every run.
    'command.js': ["process.stdout.on('error'", "(() => {})('error'"],
  },
});

function split(folder) {
  return { splitting: true, outdir: `${OUT}/${folder}`, chunkNames: '[name]-[hash]' };
}

function workerEntries() {
  const folder = path.join(ROOT, 'src', 'workers');
  const serves = /^import \{[^}]*\bserve\b[^}]*\} from '\.\/serve\.ts';$/m;
  return readdirSync(folder)
    .filter((name) => serves.test(readFileSync(path.join(folder, name), 'utf8')))
    .map((name) => `src/workers/${name}`);
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (done.status !== 0) throw new Error(`${path.basename(args[0])} failed`);
}

const stamp = sourceStamp();
rmSync(path.join(ROOT, OUT), { recursive: true, force: true });
const plugins = [oclif, builtins(), nativeLevel()];
await Promise.all([
  build({ ...common, ...split('cli'), entryPoints: ['src/main.ts'], plugins }),
  // On its own: shared chunks would be cut finer, and each costs every command a file to load.
  build({ ...common, ...split('lib'), entryPoints: ['src/index.ts'], plugins }),
  build({ ...common, entryPoints: workerEntries(), outdir: `${OUT}/workers`, plugins }),
]);
run(nodePath(), ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', `${OUT}/types`]);
await describeCommands();
rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
renameSync(path.join(ROOT, OUT), path.join(ROOT, 'dist'));
recordBuild(stamp);

async function describeCommands() {
  const { catalogue } = await import('../src/main.ts');
  writeFileSync(path.join(ROOT, OUT, 'commands.json'), JSON.stringify(await catalogue.describe()));
}
