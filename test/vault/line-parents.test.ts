/** Which snapshots the next one of a line descends from. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Forgotten } from '../../src/refs/forgotten.ts';
import type { RefBody } from '../../src/refs/ref-record.ts';
import { RefStore } from '../../src/refs/ref-store.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import type { Id } from '../../src/store/id.ts';
import { readLineHead } from '../../src/vault/snapshot/line-parents.ts';
import { MemoryObjects } from '../refs/memory-objects.ts';

const KEPT = new Forgotten([]);

/** A line whose records are appended by hand; snapshots are called by letters. */
class Line {
  readonly objects = new MemoryObjects();
  readonly refs = new RefStore(new MemoryBackend());
  readonly ids = new Map<string, Id>();

  /** Appends snapshot `name` with its parents, as a writer that had seen those. */
  async append(name: string, parents = '', txn: string | null = 'ab'.repeat(16)): Promise<void> {
    const id = await this.objects.snapshot({
      parents: [...parents].map((parent) => this.ids.get(parent)!),
      generation: parents === '' ? 0 : this.ids.size,
      timeS: 1_767_225_600 + this.ids.size,
    });
    this.ids.set(name, id);
    const body: RefBody = {
      target: id.toString('hex'),
      type: 'snapshot',
      time: '2026-01-01T00:00:00.000000000Z',
      who: 'me',
      host: 'here',
      message: '',
      ...(txn !== null && { txn }),
    };
    const current = await this.refs.current('heads', 'main');
    await this.refs.append('heads', 'main', body, { expectedSeq: current?.seq });
  }

  async parents(): Promise<string> {
    const { parents } = await readLineHead(this.refs, this.objects, 'main', KEPT);
    const names = [...this.ids];
    return parents.map(({ id }) => names.find(([, other]) => other.equals(id))![0]).join('');
  }
}

async function lineOf(...records: [name: string, parents: string][]): Promise<Line> {
  const line = new Line();
  for (const [name, parents] of records) await line.append(name, parents);
  return line;
}

test('a new line has none', async () => {
  const line = new Line();
  assert.is(await line.parents(), '');
  assert.is((await readLineHead(line.refs, line.objects, 'main', KEPT)).seq, undefined);
});

test('without a race it is the newest', async () => {
  const line = await lineOf(['a', ''], ['b', 'a'], ['c', 'b']);
  assert.is(await line.parents(), 'c');
});

test('those that lost a race, the newest first', async () => {
  const line = await lineOf(['a', ''], ['b', 'a'], ['c', 'a'], ['d', 'a']);
  assert.is(await line.parents(), 'dcb');
  await line.append('e', 'dcb');
  assert.is(await line.parents(), 'e');
});

test('first snapshots that were taken at once', async () => {
  const line = await lineOf(['a', ''], ['b', ''], ['c', '']);
  assert.is(await line.parents(), 'cba');
  await line.append('d', 'cba');
  assert.is(await line.parents(), 'd');
});

test('one that lost to several that came after each other', async () => {
  assert.is(await (await lineOf(['a', ''], ['b', 'a'], ['c', 'b'], ['x', 'a'])).parents(), 'xc');
  assert.is(await (await lineOf(['a', ''], ['b', 'a'], ['x', 'a'], ['c', 'b'])).parents(), 'cx');
  assert.is(await (await lineOf(['a', ''], ['b', 'a'], ['x', 'a'], ['c', 'bx'], ['y', 'b'])).parents(), 'yc');
});

test('a line that was moved by hand, or removed and made anew', async () => {
  const line = await lineOf(['a', ''], ['b', 'a']);
  await line.append('h', '', null);
  assert.is(await line.parents(), 'h');
  const { seq } = (await line.refs.current('heads', 'main'))!;
  const body = { time: '2026-01-01T00:00:00.000000000Z', who: 'me', host: 'here', message: 'deleted' };
  await line.refs.remove('heads', 'main', body, { expectedSeq: seq });
  assert.is(await line.parents(), '');
  await line.append('n');
  assert.is(await line.parents(), 'n');
});

test('a race of more than anybody can look at is cut off', async () => {
  const line = await lineOf(['a', '']);
  for (let i = 0; i < 70; i++) await line.append(String.fromCharCode(0x100 + i), 'a');
  const { parents } = await readLineHead(line.refs, line.objects, 'main', KEPT);
  assert.is(parents.length, 64);
});

test.run();
