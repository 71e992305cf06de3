/** @time-limit 300 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

interface Extent {
  count: number;
  bytes: number;
}

type VaultFields = Record<'schema' | 'snapshots' | 'lines' | 'tags' | 'files' | 'bytes', unknown> & {
  packs: Extent;
  objects: { chunk: Extent };
};

type TreeFields = { files: number; bytes: number; further: Extent };

test('what a vault and its snapshots hold', () => {
  const session = startSession();
  session.run('vault init');
  session.expect(`
    $ vault stats
    snapshots     0 on 0 lines, 0 tags
    they hold     0 files, 0 bytes
    unique        0 bytes in 0 chunks
    metadata      0 bytes in 0 objects
    stored        0 bytes in 0 packs
  `);
  session.write('a', 'a'.repeat(5000));
  session.write('again/a', 'a'.repeat(5000));
  session.write('b', 'b'.repeat(1000));
  session.run('ln -s a link; vault snapshot; vault tag t');
  session.write('b', 'B'.repeat(2000));
  session.write(
    'large',
    Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i * 7 + (i >> 9)) & 255)),
  );
  session.run('vault snapshot');
  const { stdout } = session.run('vault stats');
  assert.match(stdout, /^snapshots {5}2 on 1 line, 1 tag\nthey hold {5}7 files, 3\.0 MB\nunique {8}\d/);
  const stats = session.json('vault stats --json') as unknown as VaultFields;
  assert.is(stats.schema, 'vault/stats/1');
  assert.equal([stats.snapshots, stats.lines, stats.tags, stats.files], [2, 1, 1, 7]);
  assert.is(stats.bytes, 11_000 + 12_000 + 3_000_000);
  const objects = path.join(session.folder, '.vault/objects');
  const packs = readdirSync(objects, { recursive: true }).map((name) =>
    statSync(path.join(objects, String(name))),
  );
  assert.is(
    stats.packs.bytes,
    packs.reduce((sum, one) => sum + (one.isFile() ? one.size : 0), 0),
  );
  session.expect(`
    $ vault stats HEAD~1 HEAD~1:again | sed 's/stored in .*/stored in …/'
    HEAD~1
      holds       3 files in 2 folders, 11.0 kB
      unique      6.0 kB in 3 chunks, stored in …
    HEAD~1:again
      holds       1 file in 1 folder, 5.0 kB
      further     0 bytes in 0 chunks, stored in …
    $ vault stats HEAD:a
    ! vault: HEAD:a is not a tree
    ! hint: name a snapshot, a tree, or REV:folder
    [2]
  `);
  const { revisions } = session.json('vault stats --json HEAD~1 HEAD') as unknown as {
    revisions: TreeFields[];
  };
  const [first, second] = revisions;
  assert.equal(first!.further, { ...first!.further, count: 3, bytes: 6001 });
  assert.equal([second!.files, second!.bytes], [4, 3_012_000]);
  const { chunk } = stats.objects;
  const sum = (field: 'count' | 'bytes') => first!.further[field] + second!.further[field];
  assert.equal([sum('count'), sum('bytes')], [chunk.count, chunk.bytes], 'together all there is');
});

test.run();
