/** Lines of the artifacts say each name exactly, whatever bytes it is made of. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nameFields } from '../../../src/objects/json-names.ts';
import { type Entry, Kind } from '../../../src/objects/model.ts';
import { joinPath } from '../../../src/objects/names.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { RestoreReport } from '../../../src/vault/restore/journal/report.ts';
import { Artifacts, STAGED_NAME } from '../../../src/vault/restore/records/artifacts.ts';

const PLAIN = Buffer.from('a.txt');
const CUT_SHORT = Buffer.from([0x61, 0xe2, 0x82]);
const NAMES = [
  PLAIN,
  Buffer.from('"quoted" \\ and \n split \u007f'),
  Buffer.from('Füße 𝄞 \u2028'),
  Buffer.from('the real \ufffd'),
  Buffer.from([0xff, 0x2e, 0x80]),
  CUT_SHORT,
];

function linesOf(folder: string, name: string): Record<string, unknown>[] {
  const text = readFileSync(path.join(folder, name), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

for (const prefix of [Buffer.alloc(0), PLAIN, CUT_SHORT]) {
  test(`names below ${JSON.stringify(prefix.toString())}`, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vault-artifacts-'));
    try {
      const artifacts = new Artifacts(getPlatform(), Buffer.from(folder), prefix, false);
      const below = [Buffer.alloc(0), ...NAMES, ...NAMES.map((name) => joinPath(CUT_SHORT, name))];
      const paths = below.map((name) => (name.length === 0 ? prefix : joinPath(prefix, name)));
      for (const name of below) {
        const entry: Entry = { name, kind: Kind.file, id: Buffer.alloc(32) };
        artifacts.candidate(name, entry, 'create');
      }
      artifacts.plan({});
      for (const full of paths) {
        artifacts.staged(full, 'written');
        artifacts.verified(full, 'verified', 'chunk');
      }
      artifacts.summaries(new RestoreReport(), 'content');
      const candidates = paths.map((full) => ({ ...nameFields(full), kind: 'file', action: 'create' }));
      assert.equal(linesOf(folder, 'restore_candidates.jsonl'), candidates);
      const staged = below.map((name, i) => ({
        ...nameFields(paths[i]!),
        ...nameFields(name.length === 0 ? STAGED_NAME : joinPath(STAGED_NAME, name), 'staged'),
        outcome: 'written',
      }));
      assert.equal(linesOf(folder, 'stage_results.jsonl'), staged);
      const verified = paths.map((full) => ({
        ...nameFields(full),
        outcome: 'verified',
        method: 'chunk',
      }));
      assert.equal(linesOf(folder, 'verify_results.jsonl'), verified);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
