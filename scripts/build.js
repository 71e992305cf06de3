/**
 * Builds `dist`:
 *   main.js           tells which command is meant and loads it
 *   commands/*.js     each command with all it needs but LevelDB: two files are read in a run, three with a vault's index.
 *                     (Shared chunks would save two thirds of the disk space; twenty of them cost 10 ms of every start.)
 *   lib/index.js      the library
 *   workers/*.js      the worker entries (esbuild does not follow `new Worker`)
 *   vendor/level.js   LevelDB
 *   types/            declarations of the library
 *   commands.json     what `help`, completion and the man pages know of the commands, so that they load none
 *
 * Code that finds workers is one folder deep below `dist`, which `src/workers/location.ts` relies on.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { builtins, lazyRequires, nativeLevel, sharedLevel, withFrame } from './esbuild-plugins.js';
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

function commandEntries() {
  const names = readdirSync(path.join(ROOT, 'src', 'commands')).map((file) => path.parse(file).name);
  return names.map((name) => ({ in: `command:${name}`, out: name }));
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
const plugins = [oclif, builtins(), sharedLevel()];
await Promise.all([
  build({ ...common, entryPoints: ['src/main.ts'], outdir: OUT, plugins }),
  build({
    ...common,
    entryPoints: commandEntries(),
    outdir: `${OUT}/commands`,
    plugins: [...plugins, withFrame()],
  }),
  build({ ...common, entryPoints: ['src/index.ts'], outdir: `${OUT}/lib`, plugins }),
  build({ ...common, entryPoints: workerEntries(), outdir: `${OUT}/workers`, plugins }),
  build({ ...common, entryPoints: ['level'], outdir: `${OUT}/vendor`, plugins: [builtins(), nativeLevel()] }),
]);
run(nodePath(), ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', `${OUT}/types`]);
await describeCommands();
rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
renameSync(path.join(ROOT, OUT), path.join(ROOT, 'dist'));
recordBuild(stamp);

async function describeCommands() {
  const { catalogue } = await import('../src/catalogue.ts');
  writeFileSync(path.join(ROOT, OUT, 'commands.json'), JSON.stringify(await catalogue.describe()));
}
