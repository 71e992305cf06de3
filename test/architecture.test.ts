/**
 * The layers, checked on the imports: every arrow points down, every library stays in its room, and below `src/cli`
 * nothing prints, asks, or looks at the environment. The table is section "Layers" of the architecture document.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const SRC = path.resolve(import.meta.dirname, '../src');

/** Room → the rooms it may import besides itself. `errors` may be imported by all. A file in `src` is its own room. */
const MAY_IMPORT: Record<string, string[]> = {
  main: ['catalogue', 'cli'],
  catalogue: ['commands', 'cli'],
  commands: ['cli', 'index'],
  // The frame of every command writes names, and must not load the library for that.
  cli: ['index', 'objects/json-names.ts'],
  index: ['vault', 'objects', 'refs', 'store'],
  vault: ['objects', 'refs', 'store', 'store/backend', 'workers', 'platform'],
  workers: ['objects', 'store', 'store/backend', 'platform'],
  refs: ['objects', 'store', 'store/backend'],
  objects: ['store'],
  platform: ['platform/linux', 'objects/model.ts'],
  'platform/linux': ['platform', 'objects/model.ts'],
  // Whether a process runs is asked of the system in one place, and depends on nothing else.
  store: ['store/backend', 'platform/processes.ts'],
  'store/backend': ['store/awaitable.ts'],
  errors: [],
};

/** Library → where it may be imported: rooms or files. Node's own modules may be imported everywhere. */
const ROOM_OF: Record<string, string[]> = {
  '@oclif/core': ['cli', 'commands'],
  level: ['store/index-folder.ts'],
  msgpackr: ['objects/encoding.ts'],
  '@noble/hashes': ['store/hash-portable.ts'],
  koffi: ['platform/linux'],
  ignore: ['vault/ignore-rules.ts'],
  diff: ['vault/text-diff.ts'],
  fflate: ['vault/zip.ts'],
  'smol-toml': ['cli/user-config.ts', 'cli/user-config-edit.ts', 'vault/link.ts'],
};

interface Import {
  /** relative to `src` */
  file: string;
  specifier: string;
}

const FORMS = [
  /^(?:import|export)\s(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"`]([^'"`]+)['"`]/g,
  /\brequire(?:\.resolve)?\(\s*['"]([^'"]+)['"]/g,
];

/** Without comments: they show examples of imports. */
function code(file: string): string {
  return readFileSync(path.join(SRC, file), 'utf8')
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

const files = globSync('**/*.ts', { cwd: SRC });
const imports: Import[] = files.flatMap((file) =>
  FORMS.flatMap((form) =>
    [...code(file).matchAll(form)].map(([, specifier]) => ({ file, specifier: specifier! })),
  ),
);

/** `store/backend` of `store/backend/fs.ts`, `main` of `main.ts`. */
function roomOf(file: string): string {
  const folder = path.dirname(file);
  return folder === '.' ? path.basename(file, '.ts') : folder;
}

function allowed({ file, specifier }: Import): boolean {
  const target = path.join(path.dirname(file), specifier);
  if (target === 'errors.ts' || target === '../package.json') return true;
  const room = roomOf(file);
  const may = MAY_IMPORT[room] ?? [];
  return roomOf(target) === room || may.includes(roomOf(target)) || may.includes(target);
}

test('every file lies in a known room', () => {
  assert.ok(files.length > 50);
  assert.equal(
    [...new Set(files.map(roomOf))].filter((room) => !(room in MAY_IMPORT)),
    [],
  );
});

test('imports point down', () => {
  const own = imports.filter(({ specifier }) => specifier.startsWith('.'));
  assert.ok(own.length > 100);
  assert.equal(own.filter((one) => !allowed(one)).map(show), []);
});

test('no file imports itself by way of others', () => {
  const targets = Map.groupBy(
    imports.filter(({ specifier }) => specifier.startsWith('.')),
    ({ file }) => file,
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (way.includes(file) || done.has(file)) return;
    for (const { specifier } of targets.get(file) ?? [])
      visit(path.join(path.dirname(file), specifier), [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.equal(circles, []);
});

test('a library stays in its room', () => {
  const outside = imports.filter(({ file, specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return false;
    const rooms = ROOM_OF[packageOf(specifier)];
    return !rooms?.some((room) => room === roomOf(file) || room === file);
  });
  assert.equal(outside.map(show), []);
});

test('every dependency is used', () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(SRC, '../package.json'), 'utf8'));
  const used = new Set(imports.map(({ specifier }) => packageOf(specifier)));
  assert.equal(
    Object.keys(dependencies).filter((name) => !used.has(name)),
    [],
  );
});

test('the library never prints, asks, or reads the environment or the home folder', () => {
  const below = files.filter((file) => !['main', 'catalogue', 'commands', 'cli'].includes(roomOf(file)));
  const forbidden =
    /\bconsole\.|\bprocess\.(?:env|stdout|stderr|stdin|exit|argv|chdir|cwd)\b|\bhomedir\(|\/dev\/tty/;
  assert.equal(
    below.filter((file) => forbidden.test(code(file))),
    [],
  );
});

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function show({ file, specifier }: Import): string {
  return `${file} imports ${specifier}`;
}

test.run();
