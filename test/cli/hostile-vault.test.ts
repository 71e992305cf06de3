/**
 * A vault may be anybody's: whatever its records and objects say, nothing in it reaches a terminal as something that it acts on.
 * @time-limit 240
 */
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hostEnvironment, type Id, openVault, type Repository } from '../../src/index.ts';
import { Kind, type Snapshot } from '../../src/objects/model.ts';
import { encodeSnapshot } from '../../src/objects/snapshot.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import { formatTime } from '../../src/refs/dates.ts';
import { ObjectType } from '../../src/store/id.ts';
import { refKey } from '../../src/store/layout.ts';
import type { StoreWriter } from '../../src/store/object-store/object-writer.ts';
import { createRecord } from '../../src/store/record.ts';
import { storeByHand } from '../../src/vault/transaction/stored-by-hand.ts';
import { type Session, startSession } from './golden.ts';

/** Clears a screen, colours, rings, turns text round; the second in one character of C1. */
const EVIL = '\u001b[2J\u009b31m\u0007\u202e';
const ACTS = /[\p{Cc}\p{Cf}]/u;
const NAME = Buffer.from(`name${EVIL}`);
const LINE = { hostId: '', root: Buffer.from('.').toString('base64'), host: EVIL };

async function hostileVault(): Promise<Session> {
  const session = startSession();
  session.run('vault init');
  const root = session.folder;
  const vault = await openVault({
    store: path.join(root, '.vault'),
    root: Buffer.from(root),
    environment: hostEnvironment(path.join(root, '../cache')),
  });
  try {
    const { ids } = await storeByHand(vault, async ({ writer }) => {
      const first = await storeSnapshot(writer, 0o600, []);
      return { ids: [first, await storeSnapshot(writer, 0o644, [first])] };
    });
    for (const [seq, id] of ids.entries()) await setRef(vault, 'heads', 'main', seq, id, { line: LINE });
    await setRef(vault, 'heads', `line${EVIL}`, 0, ids[0]!, { line: LINE });
    await setRef(vault, 'tags', `tag${EVIL}`, 0, ids[1]!);
  } finally {
    await vault.close();
  }
  return session;
}

async function storeSnapshot(writer: StoreWriter, mode: number, parents: Id[]): Promise<Id> {
  const builder = new TreeBuilder((type, encoding) => writer.putMeta(type, encoding));
  const id = await writer.putChunk(Buffer.from('content'));
  const whose = { uid: 1, gid: 1, user: `user${EVIL}${mode}`, group: `group${EVIL}` };
  const xattrs = [{ name: Buffer.from(`user.${EVIL}${mode}`), value: Buffer.from(EVIL) }];
  await builder.add({ name: NAME, kind: Kind.file, id, mode, mtimeS: mode, mtimeNs: 0, xattrs, ...whose });
  await builder.add({ name: Buffer.from('to'), kind: Kind.symlink, id, target: NAME, ...whose });
  const { id: tree } = await builder.finish();
  const snapshot: Snapshot = {
    tree,
    root: { name: Buffer.alloc(0), kind: Kind.dir, id: tree },
    parents,
    generation: parents.length,
    timeS: 1_700_000_000 + parents.length,
    timeNs: 0,
    host: `host${EVIL}`,
    user: `user${EVIL}`,
    author: `author${EVIL}`,
    rootPath: NAME,
    mounts: [Buffer.alloc(0)],
    message: `message${EVIL}`,
    labels: [[`key${EVIL}`, `value${EVIL}`]],
    problemCount: 1,
    problems: [{ path: NAME, code: `E${EVIL}`, message: `problem${EVIL}` }],
    stats: { files: 1, dirs: 1, others: 1, bytes: 7, newBytes: 7, storedBytes: 7, durationMs: 1 },
  };
  return writer.putMeta(ObjectType.snapshot, encodeSnapshot(snapshot));
}

async function setRef(
  { backend }: Repository,
  namespace: string,
  name: string,
  seq: number,
  target: Id,
  more: object = {},
): Promise<void> {
  const said = { who: `who${EVIL}`, host: `host${EVIL}`, message: `message${EVIL}` };
  const fields = { namespace, name, seq, target: target.toString('hex'), type: 'snapshot', ...said };
  const time = formatTime(1_700_000_000_000_000_000n);
  const nonce = '0123456789abcdef';
  await createRecord(backend, refKey(namespace, name, seq), { ...fields, time, ...more, nonce });
}

/** All that print names and texts of a vault. What is a file's content is printed as it is. */
const COMMANDS = [
  'status',
  'diff',
  'diff --stat HEAD~1 HEAD',
  'diff -p HEAD~1 HEAD',
  'diff --raw HEAD~1 HEAD',
  'log',
  'log --all --stat',
  'log --oneline',
  'log to',
  'show',
  'show HEAD:',
  'ls -l',
  'ls -lr HEAD:',
  'stats',
  'stats HEAD',
  'tag',
  '-q tag',
  'tag --delete "$(printf "tag\\033[2J")"',
  'forget --keep-last 1',
  'forget --keep-last 1 --group-by line,host,root',
  'check',
  'gc --dry-run',
  'restore --dry-run --to ../there',
  'complete-word ""',
  'complete-word HEAD:',
  'cat-object -p HEAD',
  'cat-object -p HEAD:',
  'cat-object -p nothing',
  'ls-tree -l HEAD',
  'ls-tree --format "%(objectname) %(objectsize)" HEAD',
  'diff-tree -r HEAD~1 HEAD',
  'show-ref',
  'for-each-ref',
  'for-each-ref --format "%(refname:short) %(creator) %(contents)"',
  'reflog',
  'rev-list --objects --all',
  'config list',
];

test('what a vault says of itself moves no cursor', async () => {
  const session = await hostileVault();
  const said = session.runAll(COMMANDS.map((command) => `vault ${command}`));
  for (const [i, command] of COMMANDS.entries()) {
    const { stdout, stderr } = said[i]!;
    for (const text of [stdout, stderr]) {
      const acts = text.split('\n').filter((line) => ACTS.test(line.replaceAll('\t', '')));
      assert.equal(acts, [], `vault ${command}`);
    }
  }
  assert.match(session.run('vault show').stdout, /problem\\033/);
});

test('a question stays on its line, whatever a folder is called', () => {
  const session = startSession();
  session.write('a.txt', 'a');
  session.run('vault snapshot --init');
  const to = `--to "$(printf '../new\\nline')"`;
  for (const replace of ['', '--replace']) {
    session.write('a.txt', `a${replace}`);
    session.run('vault snapshot');
    assert.is(session.run(`vault restore HEAD ${to} ${replace}`).code, 0);
  }
  const { stderr, code } = session.run('setsid vault restore --prune-previous');
  assert.is(code, 8);
  assert.match(stderr, /^vault: there is no terminal to ask: remove ".*new\\nline.*" for good\? \[y\/N\]$/m);
});

test.run();
