/**
 * The contract of backend.ts as a test suite that every backend is handed to. Tests skip by ability, not by name.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, VaultError } from '../../src/errors.ts';
import {
  type Backend,
  type BackendEntry,
  isSync,
  type ListOptions,
} from '../../src/store/backend/backend.ts';

export interface Subject {
  backend: Backend;
  /** Writes to the same place: the backend itself unless that is read-only. */
  writer: Backend;
  dispose(): Promise<void>;
}

/** Defines and runs the suite. `make` returns an empty backend. */
export function backendSuite(name: string, make: () => Promise<Subject>): void {
  const test = suite(name);

  const define = (title: string, body: (subject: Subject) => Promise<void>): void => {
    test(title, async () => {
      const subject = await make();
      try {
        await body(subject);
      } finally {
        await subject.backend.close();
        await subject.dispose();
      }
    });
  };
  defineCreate(define);
  defineMove(define);
  defineRead(define);
  defineList(define);
  defineModel(define);
  test.run();
}

type Define = (title: string, body: (subject: Subject) => Promise<void>) => void;

function defineCreate(define: Define): void {
  define('create stores the concatenation of its parts', async ({ backend, writer }) => {
    const parts = [Buffer.from('ab'), new Uint8Array(0), Buffer.from('c'), randomBytes(100_000)];
    assert.is(await writer.create('objects/ab/cd/x', parts), true);
    assert.ok((await backend.read('objects/ab/cd/x')).equals(Buffer.concat(parts)));
    assert.is(await backend.size('objects/ab/cd/x'), 100_003);
  });

  define(
    'create takes no parts, one part and more parts than one system call',
    async ({ backend, writer }) => {
      assert.is(await writer.create('none', []), true);
      assert.is((await backend.read('none')).length, 0);
      const parts = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`));
      assert.is(await writer.create('many', parts), true);
      assert.ok((await backend.read('many')).equals(Buffer.concat(parts)));
    },
  );

  define('create of a name that exists says false and changes nothing', async ({ backend, writer }) => {
    assert.is(await writer.create('config', [Buffer.from('one')]), true);
    assert.is(await writer.create('config', [Buffer.from('two!')]), false);
    assert.is((await backend.read('config')).toString(), 'one');
  });

  define('of many concurrent creators of one name one gets true', async ({ backend, writer }) => {
    const bodies = Array.from({ length: 20 }, (_, i) => Buffer.from(`creator ${i}`));
    const results = await Promise.all(bodies.map((body) => writer.create('refs/heads/main/@1', [body])));
    assert.is(results.filter(Boolean).length, 1);
    assert.ok((await backend.read('refs/heads/main/@1')).equals(bodies[results.indexOf(true)]!));
  });

  define('create refuses what is no key and what is too much', async ({ writer }) => {
    for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', '.a', 'A', 'a b', 'ü', 'a/'.repeat(600)]) {
      await rejects(writer.create(key, []), 'BUG');
    }
    const big = Buffer.alloc(33 * 1024 * 1024);
    await rejects(writer.create('big', [big, big]), 'BUG');
  });

  define('what may not be written is not', async ({ backend, writer }) => {
    if (backend.abilities.writable) return;
    await writer.create('config', [Buffer.from('one')]);
    await rejects(backend.create('other', [Buffer.from('x')]), 'READ_ONLY');
    await rejects(backend.remove('config'), 'READ_ONLY');
    assert.equal(await keys(backend, ''), ['config']);
  });

  define('remove removes, and says nothing of what is not there', async ({ backend, writer }) => {
    await writer.create('txn/a/begin', [Buffer.from('x')]);
    await writer.create('txn/b/begin', [Buffer.from('y')]);
    await writer.remove('txn/a/begin');
    await writer.remove('txn/a/begin');
    await writer.remove('never/was');
    assert.equal(await keys(backend, 'txn/'), ['txn/b/begin']);
    await rejects(backend.read('txn/a/begin'), 'NOT_FOUND');
    assert.is(await writer.create('txn/a/begin', [Buffer.from('again')]), true);
  });
}

function defineMove(define: Define): void {
  define('move takes a key away and gives its bytes another name', async ({ backend, writer }) => {
    if (!backend.move || !writer.move) return;
    const { move } = writer;
    await writer.create('objects/ab/cd/x', [Buffer.from('bytes')]);
    if (!backend.abilities.writable) {
      await rejects(backend.move('objects/ab/cd/x', 'trash/1/x'), 'READ_ONLY');
      return;
    }
    assert.is(await move.call(writer, 'objects/ab/cd/x', 'trash/1/x'), true);
    assert.equal(await keys(backend, ''), ['trash/1/x']);
    assert.is((await backend.read('trash/1/x')).toString(), 'bytes');
    assert.is(await move.call(writer, 'objects/ab/cd/x', 'trash/2/x'), false);
    assert.equal(await keys(backend, ''), ['trash/1/x']);
    assert.is(await writer.create('objects/ab/cd/x', [Buffer.from('again')]), true);
    await rejects(move.call(writer, '../x', 'x'), 'BUG');
    await rejects(move.call(writer, 'objects/ab/cd/x', '/x'), 'BUG');
  });
}

function defineRead(define: Define): void {
  define('read returns any range', async ({ backend, writer }) => {
    await writer.create('objects/00/11/p', [Buffer.from('0123456789')]);
    const cases: [number | undefined, number | undefined, string][] = [
      [undefined, undefined, '0123456789'],
      [3, undefined, '3456789'],
      [3, 4, '3456'],
      [9, 1, '9'],
      [10, 0, ''],
      [10, undefined, ''],
      [0, 10, '0123456789'],
    ];
    for (const [offset, length, expected] of cases) {
      assert.is((await backend.read('objects/00/11/p', offset, length)).toString(), expected);
      if (isSync(backend))
        assert.is(backend.readSync('objects/00/11/p', offset, length).toString(), expected);
    }
  });

  define('a range behind the end is damage', async ({ backend, writer }) => {
    await writer.create('p', [Buffer.from('0123456789')]);
    for (const [offset, length] of [
      [0, 11],
      [10, 1],
      [11, 0],
      [11, undefined],
      [-1, 2],
      [2, -1],
      [5, 2 ** 52],
    ] as const) {
      await rejects(backend.read('p', offset, length), 'DAMAGED');
      if (isSync(backend)) throws(() => backend.readSync('p', offset, length), 'DAMAGED');
    }
  });

  define('an absent key is NOT_FOUND and has no size', async ({ backend, writer }) => {
    await writer.create('a/b', [Buffer.from('x')]);
    for (const key of ['b', 'a', 'a/c', 'a/b/c', 'c/d/e']) {
      await rejects(backend.read(key), 'NOT_FOUND');
      await rejects(backend.read(key, 0, 1), 'NOT_FOUND');
      assert.is(await backend.size(key), undefined);
      if (!isSync(backend)) continue;
      throws(() => backend.readSync(key), 'NOT_FOUND');
      throws(() => backend.readSync(key, 0, 1), 'NOT_FOUND');
      assert.is(backend.sizeSync(key), undefined);
    }
  });

  define('the caller owns the buffer', async ({ backend, writer }) => {
    const part = Buffer.from('mine');
    await writer.create('p', [part]);
    part.fill(0);
    for (const read of isSync(backend)
      ? [await backend.read('p'), backend.readSync('p')]
      : [await backend.read('p')]) {
      assert.is(read.toString(), 'mine');
      assert.is(read.buffer.byteLength, 4);
      read.fill(1);
    }
    assert.is((await backend.read('p')).toString(), 'mine');
  });

  define('ranged reads of many files in turn stay right', async ({ backend, writer }) => {
    if (!isSync(backend)) return;
    const names = Array.from({ length: 40 }, (_, i) => `objects/00/${10 + i}/p`);
    for (const name of names) await writer.create(name, [Buffer.from(name)]);
    for (let round = 0; round < 3; round++) {
      for (const name of names) {
        const tail = backend.readSync(name, 8, name.length - 8).toString();
        assert.is(tail, name.slice(8));
        assert.is(backend.readSync(name, 0, 3).toString(), 'obj');
      }
    }
    await writer.remove(names[39]!);
    throws(() => backend.readSync(names[39]!), 'NOT_FOUND');
  });
}

const LISTED = [
  'a/b/c',
  'a/b/d',
  'a/b-c/x',
  'a/b.txt',
  'a/b0',
  'a/b@/x',
  'a/bb',
  'config',
  'refs/heads/x/@1',
  'refs/heads/x-y/@1',
];

function defineList(define: Define): void {
  define('list is in the byte order of whole keys', async ({ backend, writer }) => {
    for (const key of [...LISTED].reverse()) await writer.create(key, [Buffer.from(key)]);
    const entries = await all(backend, '');
    assert.equal(
      entries.map((entry) => entry.key),
      [...LISTED].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    for (const { key, size } of entries) assert.is(size, key.length);
  });

  define('list takes a prefix, a start and a limit', async ({ backend, writer }) => {
    for (const key of LISTED) await writer.create(key, [Buffer.from(key)]);
    const sorted = [...LISTED].sort();
    const starts = [undefined, '', ...sorted, 'a/b/', 'a/b/cc', 'a/b1', 'a/b~', 'z'];
    for (const prefix of ['', 'a/', 'a/b/', 'refs/heads/x/', 'nothing/']) {
      for (const after of starts) {
        for (const limit of [undefined, 0, 1, 2, 100]) {
          const expected = sorted
            .filter((key) => key.startsWith(prefix) && key > (after ?? ''))
            .slice(0, limit);
          const options = { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) };
          assert.equal(await keys(backend, prefix, options), expected, `${prefix} ${after} ${limit}`);
        }
      }
    }
  });

  define(
    'list shows what was created before it began, and not what was removed',
    async ({ backend, writer }) => {
      for (let i = 0; i < 30; i++) await writer.create(`txn/${i}/begin`, [Buffer.from('x')]);
      for (let i = 0; i < 30; i += 2) await writer.remove(`txn/${i}/begin`);
      assert.is((await keys(backend, 'txn/')).length, 15);
      const seen: string[] = [];
      for await (const { key } of backend.list('txn/')) {
        seen.push(key);
        await writer.remove(key); // a listing that goes on while others change things
        await writer.create(`new/${seen.length}`, []);
      }
      assert.is(seen.length, 15);
    },
  );

  define('list refuses what is no prefix', async ({ backend }) => {
    for (const prefix of ['a', '/', '../', 'a/../', 'A/', 'a//']) await rejects(keys(backend, prefix), 'BUG');
  });
}

/** Random operations, and the same on a Map. */
function defineModel(define: Define): void {
  define('behaves as a map that refuses to overwrite', async ({ backend, writer }) => {
    const key = fc.constantFrom('a/x', 'a/y', 'a/x-/z', 'b', 'c/d/e/f', 'c/d/g', 'a.b/x');
    const operation = fc.record({
      what: fc.constantFrom('create', 'remove', 'read', 'list'),
      key,
      text: fc.string({ maxLength: 8 }),
    });
    const model = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        for (const { what, key, text } of operations) {
          if (what === 'create') {
            assert.is(await writer.create(key, [Buffer.from(text)]), !model.has(key));
            if (!model.has(key)) model.set(key, text);
          } else if (what === 'remove') {
            await writer.remove(key);
            model.delete(key);
          } else if (what === 'list') {
            assert.equal(await keys(backend, ''), [...model.keys()].sort());
          } else {
            const read = await backend.read(key).catch(() => undefined);
            assert.is(read?.toString(), model.get(key));
          }
        }
      }),
      { numRuns: 15 },
    );
  });
}

export async function all(backend: Backend, prefix: string, options?: ListOptions): Promise<BackendEntry[]> {
  const entries: BackendEntry[] = [];
  for await (const entry of backend.list(prefix, options)) entries.push(entry);
  return entries;
}

export async function keys(backend: Backend, prefix: string, options?: ListOptions): Promise<string[]> {
  return (await all(backend, prefix, options)).map((entry) => entry.key);
}

export async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<VaultError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  return assertCode(error, code);
}

export function throws(act: () => unknown, code: ErrorCode): VaultError {
  try {
    act();
  } catch (error) {
    return assertCode(error, code);
  }
  return assertCode(undefined, code);
}

function assertCode(error: unknown, code: ErrorCode): VaultError {
  assert.instance(error, VaultError, `expected ${code}, got ${error}`);
  assert.is((error as VaultError).code, code, (error as VaultError).message);
  return error as VaultError;
}
