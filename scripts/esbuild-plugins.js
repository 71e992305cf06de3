/** What esbuild must do for us beyond bundling: all of it is about the time from the shell to a command's first line. */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';

/**
 * Makes the top-level `require` calls of a CommonJS package happen at first use, and leaves some out.
 *
 * Why: one `import { Command } from '@oclif/core/command'` evaluates ejs, minimatch, tinyglobby, semver, the spinners
 * and 60 more modules that a command's run never touches; it was half of our start-up time. The TypeScript compiler
 * wrote these files, so every import has the one form that is matched here, and every use of it is spelled by name.
 *
 * @param options.leftOut  file → the requires in it that become a module without exports
 * @param options.edits    file → [text, replacement]; the build fails when the text is not there
 */
export function lazyRequires(filter, { leftOut, edits }) {
  return {
    name: 'lazy-requires',
    setup(build) {
      build.onLoad({ filter }, async ({ path: file }) => {
        let text = makeLazy(await readFile(file, 'utf8'));
        const [before, after] = edits[keyOf(file)] ?? ['', ''];
        if (!text.includes(before))
          throw new Error(`${file} has changed: look at its edit in scripts/build.js`);
        text = text.replace(before, after);
        return { contents: text, loader: 'js' };
      });
      build.onResolve({ filter: /./ }, ({ path: wanted, importer }) => {
        if (!filter.test(importer) || !leftOut[keyOf(importer)]?.includes(wanted)) return undefined;
        return { path: `${keyOf(importer)} ${wanted}`, namespace: 'left-out' };
      });
      build.onLoad({ filter: /./, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
    },
  };
}

/** `help/index.js` of `…/lib/help/index.js` */
function keyOf(file) {
  const parts = file.split(path.sep);
  return parts.slice(parts.lastIndexOf('lib') + 1).join('/');
}

const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm;

function makeLazy(text) {
  const names = [...text.matchAll(IMPORT)].map((match) => match[1]);
  if (names.length === 0) return text;
  const uses = new RegExp(`\\b(${names.join('|')})\\b`, 'g');
  return text
    .split('\n')
    .map((line) => {
      const declaration = new RegExp(IMPORT.source).exec(line);
      if (declaration === null) return line.replace(uses, '($1())');
      const [, name, load] = declaration;
      return `let ${name}$; const ${name} = () => (${name}$ ??= ${load});`;
    })
    .join('\n');
}

/**
 * Takes Node's own modules from `process.getBuiltinModule`. An `import` of one makes Node copy every export, and with
 * that evaluate every lazy one: `node:fs` brings streams and promises, `node:util` brings worker_threads, 4 ms each.
 */
export function builtins() {
  const names = new Set(builtinModules);
  return {
    name: 'builtins',
    setup(build) {
      build.onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path: wanted, kind }) => {
        const name = wanted.replace(/^node:/, '');
        if (kind !== 'import-statement' || !names.has(name)) return undefined;
        return { path: name, namespace: 'builtin' };
      });
      build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path: name }) => ({
        contents: exportsOf(name),
      }));
    },
  };
}

/** Every export on its own and free of side effects, so that those nobody imports are dropped and never evaluated. */
function exportsOf(name) {
  const names = Object.getOwnPropertyNames(process.getBuiltinModule(name)).filter((key) => /^\w+$/.test(key));
  return [
    `const builtin = process.getBuiltinModule(${JSON.stringify(name)});`,
    'export default builtin;',
    ...names
      .filter((key) => key !== 'default')
      .map((key) => `export const ${key} = /* @__PURE__ */ (() => builtin.${key})();`),
  ].join('\n');
}

/** An entry `command:<name>` is the command's file together with what runs it. */
export function withFrame() {
  return {
    name: 'with-frame',
    setup(build) {
      build.onResolve({ filter: /^command:/ }, ({ path: entry }) => ({
        path: entry.slice(8),
        namespace: 'command',
      }));
      build.onLoad({ filter: /./, namespace: 'command' }, ({ path: name }) => ({
        contents: [
          `export { default } from './src/commands/${name}.ts';`,
          "export { runCommand } from './src/cli/frame/run-command.ts';",
        ].join('\n'),
        resolveDir: build.initialOptions.absWorkingDir,
      }));
    },
  };
}

/** `level` is one file that all of the build shares, loaded by whoever opens an index. */
export function sharedLevel() {
  return {
    name: 'shared-level',
    setup(build) {
      build.onResolve({ filter: /^level$/ }, () => ({ path: '../vendor/level.js', external: true }));
    },
  };
}

/**
 * Bundles LevelDB's JavaScript (8 ms less than loading its 40 files) and lets its loader look for the native module
 * where the package really lies, not beside the bundle. Package `level` is one line of CommonJS around `classic-level`;
 * here it becomes an ES module, so that `import('level')` has its named export in the bundle as it has without one.
 */
export function nativeLevel() {
  return {
    name: 'native-level',
    setup(build) {
      build.onResolve({ filter: /^level$/ }, () => ({ path: 'level', namespace: 'level' }));
      build.onLoad({ filter: /./, namespace: 'level' }, () => ({
        contents: "export { ClassicLevel as Level } from 'classic-level';",
        resolveDir: build.initialOptions.absWorkingDir,
      }));
      build.onLoad({ filter: /[\\/]classic-level[\\/]binding\.js$/ }, () => ({
        contents: `
          const { createRequire } = require('module');
          const { dirname } = require('path');
          // By way of our own dependency: where packages are not hoisted, only that one sees it.
          const level = createRequire(__filename).resolve('level/package.json');
          const folder = dirname(createRequire(level).resolve('classic-level/package.json'));
          module.exports = require('node-gyp-build')(folder);`,
      }));
    },
  };
}
