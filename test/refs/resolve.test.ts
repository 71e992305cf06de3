import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, isVaultError, type VaultError } from '../../src/errors.ts';
import { parseTime, utc } from '../../src/refs/dates.ts';
import { HEADS, TAGS } from '../../src/refs/names.ts';
import { targetFields } from '../../src/refs/ref-record.ts';
import { RefStore } from '../../src/refs/ref-store.ts';
import { type Resolved, resolveParsed, resolveRevision } from '../../src/refs/resolve.ts';
import type { ResolveContext } from '../../src/refs/resolve-base.ts';
import { parseRange } from '../../src/refs/revision.ts';
import { shortId } from '../../src/refs/short-id.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../src/store/id.ts';
import { body } from './bodies.ts';
import { idOf, MemoryObjects, type TreeContent } from './memory-objects.ts';

const NOW = parseTime('2026-01-02T12:00:00.000000000Z')!;
/** Snapshots of the line main: s[0] is the root. */
const IDS = ['5a5a0000', '5a5a1111', '5a5b2222', '5a5c3333', '77770000'].map(idOf);

class World {
  readonly objects = new MemoryObjects();
  readonly refs = new RefStore(new MemoryBackend());
  readonly forgotten = new Set<string>();

  context(more: Partial<ResolveContext> = {}): ResolveContext {
    const kept = (id: Id) => !this.forgotten.has(id.toString('hex'));
    return { refs: this.refs, reader: this.objects, currentLine: 'main', now: NOW, zone: utc, kept, ...more };
  }

  /** Points the ref at `target`; record n of a ref is made n minutes after the start of 2026. */
  async set(
    namespace: string,
    name: string,
    target: Id | undefined,
    stored: ObjectType = ObjectType.snapshot,
  ) {
    const newest = await this.refs.newestSeq(namespace, name);
    const { target: _, ...rest } = body((newest ?? -1) + 1);
    const fields = target ? { ...rest, ...targetFields({ id: target, stored }) } : rest;
    await this.refs.append(namespace, name, fields, { expectedSeq: newest });
  }

  async resolve(text: string | Buffer, more?: Partial<ResolveContext>): Promise<Resolved> {
    return resolveRevision(text, this.context(more));
  }

  /** What was resolved, in short: `snapshot 5a5b2222`, `tree …`, `path a/b file …`. */
  async short(text: string | Buffer, more?: Partial<ResolveContext>): Promise<string> {
    const found = await this.resolve(text, more);
    if (found.kind === 'snapshot') return found.id.toString('hex', 0, 4);
    if (found.kind === 'object') return `${found.type} ${found.id.toString('hex', 0, 4)}`;
    return `${found.snapshot?.toString('hex', 0, 4)} ${found.path.toString('latin1')} kind ${found.entry.kind}`;
  }

  async fails(code: ErrorCode, text: string | Buffer, more?: Partial<ResolveContext>): Promise<VaultError> {
    try {
      await this.resolve(text, more);
    } catch (error) {
      if (isVaultError(error, code)) return error;
      throw error;
    }
    throw new Error(`${text} did not fail`);
  }
}

const TREE: TreeContent = { 'a.txt': 'a', src: { lib: { 'x.ts': 'x' }, 'y.ts': 'y' }, 'n\xe9\xff': 'bytes' };

/** Five snapshots on main, the last with IDS[1] and a side branch as parents; a tag v1 on the third. */
async function world(): Promise<World> {
  const it = new World();
  const tree = await it.objects.tree(TREE);
  const side = await it.objects.snapshot({ message: 'side' }, idOf('99990000'));
  for (const [i, id] of IDS.entries()) {
    const parents = i === 0 ? [] : [IDS[i - 1]!];
    if (i === 4) parents.push(side);
    const message = `number ${i}\nmore`;
    await it.objects.snapshot({ tree, parents, generation: i, timeS: 1_767_225_600 + i * 60, message }, id);
    await it.set(HEADS, 'main', id);
  }
  await it.set(TAGS, 'v1', IDS[2]!);
  return it;
}

test('resolve: HEAD, lines, tags and refs', async () => {
  const it = await world();
  for (const text of ['HEAD', 'main', 'refs/heads/main', 'main@{0}'])
    assert.is(await it.short(text), '77770000', text);
  for (const text of ['v1', 'refs/tags/v1']) assert.is(await it.short(text), '5a5b2222', text);
  assert.equal(((await it.resolve('HEAD')) as { ref: unknown }).ref, {
    namespace: 'heads',
    name: 'main',
    seq: 4,
  });
  assert.equal(((await it.resolve('main@{1}')) as { ref: unknown }).ref, {
    namespace: 'heads',
    name: 'main',
    seq: 3,
  });
  assert.not('ref' in (await it.resolve('HEAD~1')));
});

test('resolve: the order of meanings', async () => {
  const it = await world();
  const whole = IDS[0]!.toString('hex');
  await it.set(HEADS, 'v1', IDS[0]!);
  assert.is(await it.short('v1'), '5a5b2222', 'a tag before a line');
  await it.set(TAGS, '7777', IDS[1]!);
  assert.is(await it.short('7777'), '5a5a1111', 'a tag before an abbreviation');
  assert.is(await it.short(whole.toUpperCase()), '5a5a0000');
  await it.set(TAGS, 'v1', undefined);
  assert.is(await it.short('v1'), '5a5a0000', 'a removed tag is none');
  assert.is(await it.short('refs/tags/7777'), '5a5a1111');
});

test('resolve: steps follow first parents, or the parent that is named', async () => {
  const it = await world();
  assert.is(await it.short('HEAD~1'), '5a5c3333');
  assert.is(await it.short('HEAD^'), '5a5c3333');
  assert.is(await it.short('HEAD^^~2'), '5a5a0000');
  assert.is(await it.short('HEAD~0^0'), '77770000');
  assert.is(await it.short('HEAD^2'), '99990000');
  assert.is(await it.short('main@{1}~1'), '5a5b2222');
  assert.match((await it.fails('NOT_FOUND', 'HEAD~5')).message, '"HEAD~5" lies before the first snapshot');
  assert.match((await it.fails('NOT_FOUND', 'HEAD^3')).message, '"HEAD^3": there is no parent number 3');
  await it.fails('NOT_FOUND', 'HEAD~4294967295');
});

test('resolve: forgotten snapshots do not count', async () => {
  const it = await world();
  it.forgotten.add(IDS[2]!.toString('hex')).add(IDS[3]!.toString('hex'));
  assert.is(await it.short('HEAD~1'), '5a5a1111');
  assert.is(await it.short('v1'), '5a5b2222', 'a tag still names it');
  assert.is(await it.short('v1~1'), '5a5a1111');
  assert.is(await it.short('main@{1}'), '5a5c3333', 'and so does the history of the line');
  it.forgotten.add(IDS[4]!.toString('hex'));
  assert.is(await it.short('HEAD'), '5a5a1111');
  for (const id of IDS) it.forgotten.add(id.toString('hex'));
  await it.fails('NOT_FOUND', 'HEAD');
});

test('resolve: earlier values by number and by date', async () => {
  const it = await world();
  assert.is(await it.short('main@{4}'), '5a5a0000');
  assert.is(await it.short('HEAD@{2}'), '5a5b2222');
  assert.match((await it.fails('NOT_FOUND', 'main@{5}')).message, 'has only 4 earlier values');
  assert.match((await it.fails('NOT_FOUND', 'v1@{1}')).message, 'has no earlier value');
  assert.is(await it.short('main@{2026-01-01T00:01}'), '5a5a1111');
  assert.is(await it.short('main@{2026-01-01T00:01:00Z}'), '5a5a1111');
  assert.is(await it.short('main@{yesterday}'), '77770000');
  assert.is(await it.short('HEAD@{1.hours.ago}'), '77770000');
  assert.match(
    (await it.fails('NOT_FOUND', 'main@{2 days ago}')).message,
    'first value of refs/heads/main is of 2026',
  );
  await it.fails('USAGE', 'main@{whenever}');
  await it.fails('USAGE', `${IDS[0]!.toString('hex')}@{1}`);
  await it.fails('NOT_FOUND', '7777@{1}');
  await it.set(TAGS, 'v1', undefined);
  await it.fails('NOT_FOUND', 'v1');
  assert.is(await it.short('v1@{1}'), '5a5b2222', 'what a removed tag was');
  await it.fails('NOT_FOUND', 'v1@{0}');
});

test('resolve: HEAD where no line is current', async () => {
  const it = await world();
  const { currentLine: _, ...nowhere } = it.context();
  const head = (context: ResolveContext) =>
    resolveRevision('HEAD', context).catch((error: unknown) => error as VaultError);
  assert.equal(((await head(nowhere)) as { id: Id }).id, IDS[4]);
  const none = (await head({ ...nowhere, refs: new RefStore(new MemoryBackend()) })) as VaultError;
  assert.is(none.code, 'NOT_FOUND');
  assert.match(none.hint!, 'vault snapshot');
  const other = new World();
  await other.set(HEADS, 'desk/b', IDS[0]!);
  await other.set(HEADS, 'desk/a', IDS[0]!);
  const which = (await head({ ...nowhere, refs: other.refs })) as VaultError;
  assert.is(which.code, 'USAGE');
  assert.match(which.message, 'desk/a, desk/b');
  assert.match(
    (await it.fails('NOT_FOUND', 'HEAD', { currentLine: 'new' })).message,
    'line new has no snapshot yet',
  );
});

test('resolve: abbreviations', async () => {
  const it = await world();
  it.objects.plant(idOf('77771'), ObjectType.tree, Buffer.alloc(0));
  it.objects.plant(idOf('aaaa'), ObjectType.tree, Buffer.alloc(0));
  it.objects.plant(idOf('aaaa'), ObjectType.chunk, Buffer.alloc(0));
  assert.is(await it.short('5A5B'), '5a5b2222');
  assert.is(await it.short('7777', { snapshotsOnly: true }), '77770000');
  assert.is(await it.short('7777~1'), '5a5c3333', 'only a snapshot has ancestors');
  assert.is(await it.short('7777:a.txt'), '77770000 a.txt kind 1', 'before a colon only snapshots count');
  assert.is(await it.short('aaaa'), `${ObjectType.tree} aaaa0000`, 'metadata before a chunk of that id');
  await it.fails('NOT_FOUND', '5a5');
  await it.fails('NOT_FOUND', '1234');
  assert.match((await it.fails('NOT_FOUND', 'aaaa', { snapshotsOnly: true })).message, 'only a tree');
  const both = await it.fails('AMBIGUOUS', '5a5a');
  assert.is(
    both.message,
    '"5a5a" abbreviates several ids:\n' +
      '  5a5a000000000000 snapshot 2026-01-01 00:00:00 number 0\n' +
      '  5a5a111100000000 snapshot 2026-01-01 00:01:00 number 1',
  );
  const { candidates } = both.details as { candidates: { id: string; type: string }[] };
  assert.equal(
    candidates.map(({ id }) => id),
    [IDS[0]!.toString('hex'), IDS[1]!.toString('hex')],
  );
  assert.match((await it.fails('AMBIGUOUS', '7777')).message, /77771\w+ tree$/);
  it.objects.plant(idOf('bbbb1'), ObjectType.chunk, Buffer.alloc(0));
  it.objects.plant(idOf('bbbb2'), ObjectType.list, Buffer.alloc(0));
  assert.match((await it.fails('AMBIGUOUS', 'bbbb')).message, /bbbb1\w+ blob\n {2}bbbb2\w+ blob$/);
});

test('resolve: whole ids of every type', async () => {
  const it = await world();
  const tree = await it.objects.tree(TREE);
  assert.equal(await it.resolve(tree.toString('hex')), { kind: 'object', id: tree, type: ObjectType.tree });
  const empty = await it.resolve(EMPTY_CONTENT.toString('hex'));
  assert.equal(empty, { kind: 'object', id: EMPTY_CONTENT, type: ObjectType.chunk });
  it.objects.plant(tree, ObjectType.chunk, Buffer.alloc(1));
  assert.is(((await it.resolve(tree.toString('hex'))) as { type: number }).type, ObjectType.tree);
  assert.is(
    ((await it.resolve(tree.toString('hex'), { contentOnly: true })) as { type: number }).type,
    ObjectType.chunk,
  );
  await it.fails('NOT_FOUND', 'f'.repeat(64));
  await it.fails('NOT_FOUND', IDS[0]!.toString('hex'), { contentOnly: true });
});

test('resolve: tags on trees and contents', async () => {
  const it = await world();
  const tree = await it.objects.tree(TREE);
  const chunk = await it.objects.put(ObjectType.chunk, Buffer.from('a'));
  const list = it.objects.plant(idOf('1157'), ObjectType.list, Buffer.alloc(0));
  // A file was crafted whose chunk id is the list's: the tags say which is meant.
  it.objects.plant(list, ObjectType.chunk, Buffer.alloc(1));
  await it.set(TAGS, 't', tree, ObjectType.tree);
  await it.set(TAGS, 'c', chunk, ObjectType.chunk);
  await it.set(TAGS, 'l', list, ObjectType.list);
  await it.set(TAGS, 'l-chunk', list, ObjectType.chunk);
  assert.is(((await it.resolve('t')) as { type: number }).type, ObjectType.tree);
  assert.is(((await it.resolve('c')) as { type: number }).type, ObjectType.chunk);
  assert.is(((await it.resolve('l')) as { type: number }).type, ObjectType.list);
  assert.is(((await it.resolve('l-chunk')) as { type: number }).type, ObjectType.chunk);
  assert.is(await it.short('t:src'), 'undefined src kind 2');
  await it.fails('WRONG_TYPE', 't~1');
  await it.fails('WRONG_TYPE', 'c:a');
});

test('resolve: paths', async () => {
  const it = await world();
  const here = [Buffer.from('src'), Buffer.from('lib')];
  assert.is(await it.short('HEAD:'), '77770000  kind 2');
  assert.is(await it.short('v1:src/lib/x.ts'), '5a5b2222 src/lib/x.ts kind 1');
  assert.is(await it.short('HEAD:src/'), '77770000 src kind 2');
  assert.is(await it.short('HEAD:./x.ts', { here }), '77770000 src/lib/x.ts kind 1');
  assert.is(await it.short('HEAD:../y.ts', { here }), '77770000 src/y.ts kind 1');
  assert.is(await it.short('HEAD:./', { here }), '77770000 src/lib kind 2');
  assert.is(await it.short(Buffer.from('HEAD:n\xe9\xff', 'latin1')), '77770000 n\xe9\xff kind 1');
  await it.fails('BAD_PATH', 'HEAD:../../../y.ts', { here });
  await it.fails('BAD_PATH', 'HEAD:./x.ts');
  await it.fails('BAD_PATH', 'HEAD:a.txt/');
  await it.fails('BAD_PATH', 'HEAD:a.txt/x');
  assert.match((await it.fails('NOT_FOUND', 'v1~1:src/none')).message, '"src/none" is not in "v1~1"');
});

test('resolve: what matches nothing says what is close', async () => {
  const it = await world();
  await it.set(HEADS, 'laptop/docs', IDS[0]!);
  assert.is((await it.fails('NOT_FOUND', 'mian')).hint, 'did you mean main?');
  assert.is((await it.fails('NOT_FOUND', 'laptop/doc~2')).hint, 'did you mean laptop/docs?');
  assert.is((await it.fails('NOT_FOUND', 'refs/heads/mainn')).hint, 'did you mean main?');
  assert.match((await it.fails('NOT_FOUND', 'something')).hint!, '`vault log` lists');
  assert.match((await it.fails('NOT_FOUND', 'a b')).message, '"a b" names nothing');
});

test('resolve: a damaged ref is no reason to look further', async () => {
  const backend = new MemoryBackend();
  const it = await world();
  await backend.create('refs/tags/5a5b/@9999999999', [Buffer.from('junk')]);
  await it.fails('DAMAGED', '5a5b', { refs: new RefStore(backend) });
});

test('resolve: both sides of a range', async () => {
  const it = await world();
  const range = parseRange('v1..');
  assert.is(range.kind, 'range');
  if (range.kind !== 'range') return;
  assert.equal(((await resolveParsed(range.from, it.context())) as { id: Id }).id, IDS[2]);
  assert.equal(((await resolveParsed(range.to, it.context())) as { id: Id }).id, IDS[4]);
});

test('resolve: the shortest id that is unique', async () => {
  const objects = new MemoryObjects();
  const ids = ['abcdef0123', 'abcdef0124', 'abcdffff'].map(idOf);
  for (const id of ids) objects.plant(id, ObjectType.tree, Buffer.alloc(0));
  objects.plant(ids[2]!, ObjectType.chunk, Buffer.alloc(0));
  assert.is(await shortId(objects, ids[0]!), 'abcdef0123');
  assert.is(await shortId(objects, ids[2]!), 'abcdffff');
  assert.is(await shortId(objects, ids[2]!, 4), 'abcdf');
  assert.is(await shortId(objects, idOf('123'), 1), '1230');
});

test.run();
