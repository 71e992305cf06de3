/**
 * The layers, checked on the imports: every arrow points down, every library stays in its room, and below `src/cli`
 * nothing prints, asks, or looks at the environment. The table is section "Layers" of the architecture document.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const SRC = path.resolve(import.meta.dirname, '../src');

/** What all of `vault` may import; `/*`: the room and those in it. */
const BELOW_VAULT = ['objects', 'refs', 'store/*', 'workers', 'platform'];

/** The same of all that prints. */
const BELOW_CLI = ['cli/text', 'cli/paths', 'index'];

/** Room → the rooms and files it may import besides itself. `errors` may be imported by all. A file in `src` is its own room. */
const MAY_IMPORT: Record<string, string[]> = {
  main: ['catalogue', 'cli/frame', 'cli/paths'],
  catalogue: ['commands', 'cli/frame', 'cli/text'],
  commands: ['cli/*', 'index'],
  'cli/batch': ['cli/render', 'cli/operands', 'cli/frame', ...BELOW_CLI],
  'cli/completion': ['cli/frame', ...BELOW_CLI],
  'cli/help': ['cli/frame', ...BELOW_CLI],
  'cli/refs': ['cli/operands', 'cli/frame', ...BELOW_CLI],
  'cli/render': ['cli/options', 'cli/frame', ...BELOW_CLI],
  'cli/options': ['cli/operands', 'cli/frame', 'cli/user-config', ...BELOW_CLI],
  'cli/operands': ['cli/frame', ...BELOW_CLI],
  'cli/frame': ['cli/vault', ...BELOW_CLI],
  'cli/vault': ['cli/user-config', ...BELOW_CLI],
  'cli/user-config': BELOW_CLI,
  'cli/paths': ['cli/text'],
  // The frame of every command writes names, and must not load the library for that.
  'cli/text': ['index', 'objects/json-names.ts'],
  index: ['vault/*', 'objects', 'refs', 'store/*'],
  'vault/snapshot': [
    'vault/restore',
    'vault/diff',
    'vault/refs',
    'vault/scan',
    'vault/ignore',
    'vault/contents',
    'vault/transaction',
    'vault',
    ...BELOW_VAULT,
  ],
  'vault/archive': ['vault/restore/stage', 'vault/restore/plan', 'vault', ...BELOW_VAULT],
  'vault/restore': ['vault/restore/*', 'vault/gc', 'vault/history', 'vault', ...BELOW_VAULT],
  'vault/restore/stage': [
    'vault/restore/records',
    'vault/restore/plan',
    'vault/restore/metadata',
    'vault/restore/place',
    'vault/restore/journal',
    'vault/contents',
    'vault',
    ...BELOW_VAULT,
  ],
  'vault/restore/records': [
    'vault/restore/promotion',
    'vault/restore/plan',
    'vault/restore/metadata',
    'vault/restore/place',
    'vault/restore/journal',
    'vault',
    ...BELOW_VAULT,
  ],
  'vault/restore/promotion': ['vault/restore/place', 'vault/restore/journal', 'vault/ignore', ...BELOW_VAULT],
  'vault/restore/plan': [
    'vault/restore/metadata',
    'vault/restore/place',
    'vault/restore/journal',
    'vault/contents',
    'vault/ignore',
    'vault',
    ...BELOW_VAULT,
  ],
  'vault/restore/metadata': ['vault/restore/journal', ...BELOW_VAULT],
  'vault/restore/place': ['vault/ignore', ...BELOW_VAULT],
  'vault/restore/journal': ['vault', ...BELOW_VAULT],
  'vault/plumbing': [
    'vault/gc',
    'vault/history',
    'vault/scan',
    'vault/packs',
    'vault/contents',
    'vault/transaction',
    'vault',
    ...BELOW_VAULT,
  ],
  'vault/check': [
    'vault/gc',
    'vault/history',
    'vault/diff',
    'vault/scan',
    'vault/packs',
    'vault/reachable',
    'vault',
    ...BELOW_VAULT,
  ],
  'vault/gc': ['vault/packs', 'vault/transaction', 'vault/reachable', 'vault', ...BELOW_VAULT],
  'vault/history': ['vault/diff', 'vault/refs', 'vault', ...BELOW_VAULT],
  'vault/diff': ['vault/scan', 'vault', ...BELOW_VAULT],
  'vault/scan': ['vault/ignore', 'vault', ...BELOW_VAULT],
  'vault/ignore': ['vault', ...BELOW_VAULT],
  'vault/refs': ['vault/transaction', 'vault', ...BELOW_VAULT],
  'vault/transaction': ['vault/reachable', 'vault', ...BELOW_VAULT],
  'vault/reachable': ['vault', ...BELOW_VAULT],
  'vault/packs': ['vault', ...BELOW_VAULT],
  'vault/contents': ['vault', ...BELOW_VAULT],
  vault: BELOW_VAULT,
  workers: ['objects', 'store/pack', 'store/hash', 'store/backend', 'store', 'platform'],
  refs: ['objects', 'store', 'store/backend'],
  objects: ['store', 'store/hash', 'store/backend/awaitable.ts'],
  platform: ['platform/linux', 'objects/model.ts'],
  'platform/linux': ['platform', 'objects/model.ts'],
  'store/object-store': ['store/index', 'store/pack', 'store/hash', 'store', 'store/backend'],
  // Whether a process runs is asked of the system in one place, and depends on nothing else.
  'store/index': ['store/pack', 'store', 'store/backend', 'platform/processes.ts'],
  'store/transaction': ['store', 'store/backend'],
  'store/pack': ['store/hash', 'store', 'store/backend'],
  'store/hash': ['store'],
  store: ['store/backend'],
  // Of the user's file system a store needs one call, where there are no hard links.
  'store/backend': ['platform/rename-new.ts'],
  errors: [],
};

/** Library → where it may be imported: rooms or files. Node's own modules may be imported everywhere. */
const ROOM_OF: Record<string, string[]> = {
  '@oclif/core': ['cli/*', 'commands'],
  level: ['store/index/folder.ts'],
  msgpackr: ['objects/encoding.ts'],
  '@noble/hashes': ['store/hash/portable.ts'],
  koffi: ['platform/linux'],
  ignore: ['vault/ignore/ignore-rules.ts'],
  diff: ['vault/diff/text-diff.ts'],
  fflate: ['vault/archive/zip.ts'],
  'smol-toml': ['cli/user-config/user-config.ts', 'cli/user-config/user-config-edit.ts', 'vault/link.ts'],
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

function commentsOf(file: string): string {
  const text = readFileSync(path.join(SRC, file), 'utf8');
  return [...text.matchAll(/\/\*.*?\*\/|\/\/.*$/gms)].join('\n');
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
  const to = roomOf(target);
  if (to === room) return true;
  return (MAY_IMPORT[room] ?? []).some((may) => may === to || may === target || includesRoom(may, to));
}

/** `store/*` has `store` and `store/backend`. */
function includesRoom(may: string, room: string): boolean {
  return may.endsWith('/*') && `${room}/`.startsWith(may.slice(0, -1));
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
    return !rooms?.some((room) => room === roomOf(file) || room === file || includesRoom(room, roomOf(file)));
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

test('sources that documents and comments name are there', () => {
  const root = path.dirname(SRC);
  const sources = globSync('{src,test,bench,scripts}/**/*.ts', { cwd: root }).map((file) => `/${file}`);
  const texts = [...globSync('{docs,bench}/*.md', { cwd: root }), 'README.md'].map((file) => ({
    file,
    text: readFileSync(path.join(root, file), 'utf8'),
  }));
  const comments = files.map((file) => ({ file, text: commentsOf(file) }));
  const unknown = [...texts, ...comments].flatMap(({ file, text }) =>
    [...text.matchAll(/(?<![\w/.$}-])[a-z][\w/-]*\.ts\b/g)]
      .filter(([name]) => !sources.some((source) => source.endsWith(`/${name}`)))
      .map(([name]) => `${file} names ${name}`),
  );
  assert.equal(unknown, []);
});

test('the library never prints, asks, or reads the environment or the home folder', () => {
  const below = files.filter(
    (file) => !['main', 'catalogue', 'commands', 'cli'].includes(file.split(/[/.]/)[0]!),
  );
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
