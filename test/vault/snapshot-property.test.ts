/** Random folders, randomly edited: an incremental snapshot is what a first one would be, and says what has changed. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertHolds, inventory } from './inventory.ts';
import { changesOf, fullTree, type Kept, take, treeOf, withKept } from './kept.ts';

type Edit =
  | {
      op: 'write' | 'append' | 'mkdir' | 'symlink' | 'remove' | 'chmod' | 'touch';
      path: string;
      seed: number;
    }
  | { op: 'rename' | 'link'; path: string; to: string };

const name = fc.constantFrom('a', 'b', 'a.b', 'é', 'x y', 'Z');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('write' as const), path, seed: fc.nat(5) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom('append', 'mkdir', 'symlink', 'remove', 'chmod', 'touch'),
      path,
      seed: fc.nat(5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('rename', 'link'), path, to: path }) },
);

/** Makes an edit where the folder allows it; else nothing happens. */
function apply(kept: Kept, change: Edit): void {
  const at = kept.at(change.path);
  try {
    if ('to' in change) {
      if (change.op === 'rename') renameSync(at, kept.at(change.to));
      else linkSync(at, kept.at(change.to));
      return;
    }
    const { op, seed } = change;
    if (op === 'remove') rmSync(at, { recursive: true });
    else if (op === 'chmod') chmodSync(at, lstatSync(at).isDirectory() ? 0o700 + seed : 0o600 + seed);
    else if (op === 'touch') utimesSync(at, 1_000_000 * seed, 1_000_000 * seed);
    else if (op === 'append') appendFileSync(at, 'x'.repeat(seed * 1000));
    else {
      mkdirSync(dirname(at), { recursive: true });
      if (op === 'mkdir') mkdirSync(at);
      else if (op === 'symlink') symlinkSync('x'.repeat(seed + 1), at);
      else writeFileSync(at, String(seed).repeat(seed * 40_000));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
  }
}

interface Facts {
  kind: string;
  content: string;
  metadata: string;
}

function facts(kept: Kept): Map<string, Facts> {
  const found = new Map<string, Facts>();
  for (const [key, stat] of inventory(Buffer.from(kept.root))) {
    const full = join(kept.root, Buffer.from(key, 'latin1').toString());
    const kind = stat.isDirectory() ? 'dir' : stat.isFile() ? 'file' : 'link';
    const content = kind === 'file' ? createHash('sha256').update(readFileSync(full)).digest('hex') : '';
    found.set(key, {
      kind,
      content: kind === 'link' ? readlinkSync(full) : content,
      metadata: `${stat.mode} ${kind === 'dir' ? '' : stat.mtimeNs}`,
    });
  }
  return found;
}

function difference(before: Map<string, Facts>, after: Map<string, Facts>): string[] {
  const rows: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    if (!old) rows.push(`A ${path}`);
    else if (!now) rows.push(`D ${path}`);
    else if (old.kind !== now.kind) rows.push(`T ${path}`);
    else if (old.content !== now.content) rows.push(`M ${path}`);
    else if (old.metadata !== now.metadata) rows.push(`Mm ${path}`);
  }
  return rows.sort();
}

test('an incremental snapshot is what a first one would be', async () => {
  const rounds = fc.array(fc.array(edit, { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rounds, (edits) =>
      withKept(async (kept) => {
        const vault = await kept.init();
        let before = facts(kept);
        await take(vault);
        for (const round of edits) {
          for (const change of round) apply(kept, change);
          const after = facts(kept);
          const taken = await take(vault);
          assert.is(treeOf(taken), await fullTree(vault));
          assert.equal((await changesOf(vault, taken)).sort(), difference(before, after));
          before = after;
        }
        const last = await take(vault);
        await assertHolds(vault, last);
        assert.is(last.changed, 0);
        const other = await kept.openOther('fresh');
        const first = await take(other);
        assert.is(treeOf(first), treeOf(last));
      }),
    ),
    { numRuns: 8 },
  );
});

test.run();
