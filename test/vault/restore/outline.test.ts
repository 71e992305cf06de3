/** Folders that are made before any file is. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { getPlatform } from '../../../src/platform/select.ts';
import { HeldFolders } from '../../../src/vault/restore/metadata/folders.ts';
import { FolderOutline, makeFolders } from '../../../src/vault/restore/plan/outline.ts';
import { FAST_FOLDER } from '../../support/fast-folder.ts';

const platform = getPlatform();
const ROOT = Buffer.from('root');

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(FAST_FOLDER, 'vault-outline-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes the outline's folders in `top`; where `inTheWay` says so, not. The paths that were asked for. */
async function makeIn(
  top: string,
  outline: FolderOutline,
  { inTheWay = () => false, signal }: { inTheWay?: (nth: number) => boolean; signal?: AbortSignal } = {},
): Promise<{ made: number; asked: string[] }> {
  const fd = platform.openFolder(Buffer.from(top));
  const held = new HeldFolders(platform, fd, Buffer.alloc(0));
  const asked: string[] = [];
  try {
    const make = (name: Buffer) => {
      asked.push(held.pathFromTop(name).toString());
      if (inTheWay(asked.length)) return false;
      platform.mkdir(held.at(name), 0o700);
      return true;
    };
    const made = await makeFolders(outline, { held, root: ROOT, make, signal });
    assert.is(held.depth, 0);
    return { made, asked };
  } finally {
    held.close();
    platform.close(fd);
  }
}

interface Tree {
  below: Tree[];
}

const trees: fc.Memo<Tree> = fc.memo((depth) =>
  fc.record({ below: depth <= 1 ? fc.constant([]) : fc.array(trees(depth - 1), { maxLength: 4 }) }),
);

/** The tree's paths in the order of a walk, and its outline. */
function outlineOf(tree: Tree): { outline: FolderOutline; paths: string[] } {
  const outline = new FolderOutline();
  const paths: string[] = [];
  const visit = ({ below }: Tree, name: string, path: string, depth: number) => {
    outline.add(Buffer.from(name), depth);
    paths.push(path);
    below.forEach((next, i) => void visit(next, `n${i}`, `${path}/n${i}`, depth + 1));
  };
  visit(tree, 'what it is called elsewhere', 'root', 0);
  return { outline, paths };
}

test('any tree of folders is made, each once, from the top down', () =>
  fc.assert(
    fc.asyncProperty(trees(4), (tree) =>
      withFolder(async (top) => {
        const { outline, paths } = outlineOf(tree);
        const { made, asked } = await makeIn(top, outline);
        assert.is(made, paths.length);
        assert.equal(asked, paths);
        const found = readdirSync(top, { recursive: true, encoding: 'utf8' });
        assert.equal(found.sort(), [...paths].sort());
      }),
    ),
    { numRuns: 30 },
  ));

test('it ends at a name that is in the way', () =>
  withFolder(async (top) => {
    const { outline, paths } = outlineOf({ below: [{ below: [{ below: [] }] }, { below: [] }] });
    const { made, asked } = await makeIn(top, outline, { inTheWay: (nth) => nth === 3 });
    assert.is(made, 2);
    assert.equal(asked, paths.slice(0, 3));
  }));

test('a fault of the disk and an interrupt end it with their error', () =>
  withFolder(async (top) => {
    const { outline } = outlineOf({ below: [{ below: [] }] });
    const stopped = makeIn(top, outline, { signal: AbortSignal.abort(new Error('enough')) });
    assert.is(await stopped.catch(({ message }) => message), 'enough');
    assert.equal(readdirSync(top), []);
    mkdirSync(join(top, 'root'));
    assert.is(await makeIn(top, outline).catch(({ code }) => code), 'EEXIST');
  }));

test('no more folders are noted than memory is meant to hold', () => {
  const outline = new FolderOutline();
  for (let i = 0; i < 70_000; i++) outline.add(ROOT, i === 0 ? 0 : 1);
  assert.is(outline.folders.length, 65_536);
});

test.run();
