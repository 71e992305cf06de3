/**
 * An esbuild plugin that makes the top-level `require` calls of a CommonJS package happen at first use.
 *
 * Why: one `import { Command } from '@oclif/core/command'` evaluates ejs, minimatch, tinyglobby, semver, the spinners
 * and 60 more modules that a command's run never touches; it was half of our start-up time. The TypeScript compiler
 * wrote these files, so every import has the one form that is matched here, and every use of it is spelled by name.
 */
import { readFile } from 'node:fs/promises';

const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm;

export function lazyRequires(filter, edits = {}) {
  return {
    name: 'lazy-requires',
    setup(build) {
      build.onLoad({ filter }, async ({ path }) => {
        let text = makeLazy(await readFile(path, 'utf8'));
        for (const [file, [before, after]] of Object.entries(edits)) {
          if (!path.endsWith(file)) continue;
          if (!text.includes(before))
            throw new Error(`${path} has changed: look at the edits in scripts/build.js`);
          text = text.replace(before, after);
        }
        return { contents: text, loader: 'js' };
      });
    },
  };
}

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
