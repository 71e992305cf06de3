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
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { lazyRequires } from './lazy-requires.js';
import { nodePath, ROOT, recordBuild, sourceStamp } from './setup.js';

/** Built aside and moved into place when complete, so that a failed build leaves the last one. */
const OUT = 'node_modules/.vault-dist';

/** Native modules and what finds its own files by path stay packages of their own. */
const EXTERNAL = ['level', 'classic-level', 'koffi', 'msgpackr', 'typescript', 'pnpapi'];

/** Bundled CommonJS code asks for Node's own modules by `require`. */
const REQUIRE =
  "import{createRequire as $require}from'node:module';const require=$require(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;";

const common = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: false,
  legalComments: 'none',
  minifySyntax: true,
  banner: { js: REQUIRE },
  external: EXTERNAL,
  logLevel: 'warning',
};

const oclif = lazyRequires(/@oclif[\\/]core[\\/]lib[\\/].*\.js$/, {
  // Our writer handles a closed pipe; this line alone would open the stdout stream in every run.
  [path.join('lib', 'command.js')]: ["process.stdout.on('error'", "(() => {})('error'"],
});

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
await Promise.all([
  build({
    ...common,
    entryPoints: {
      'cli/main': 'src/main.ts',
      ...(existsSync('src/index.ts') && { 'lib/index': 'src/index.ts' }),
    },
    outdir: OUT,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [oclif],
  }),
  build({ ...common, entryPoints: workerEntries(), outdir: `${OUT}/workers` }),
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
