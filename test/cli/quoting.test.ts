import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readNames } from '../../src/cli/operands/read-names.ts';
import {
  pathQuoter,
  printable,
  printableLine,
  quote,
  unquote,
  unquoteBytes,
} from '../../src/cli/text/quoting.ts';
import { joinPath } from '../../src/objects/names.ts';
import { anyText } from '../support/any-text.ts';

test('a plain name stays as it is', () => {
  for (const name of ['a.txt', 'with space', "it's", 'größe', '日本語', '👍🏽', '-n', '']) {
    assert.is(quote(Buffer.from(name)), name);
  }
});

test('anything else is quoted as git quotes it', () => {
  assert.is(quote(Buffer.from('a\tb')), '"a\\tb"');
  assert.is(quote(Buffer.from('a\nb')), '"a\\nb"');
  assert.is(quote(Buffer.from('say "hi"')), '"say \\"hi\\""');
  assert.is(quote(Buffer.from('back\\slash')), '"back\\\\slash"');
  assert.is(quote(Buffer.from('\u001b[31m')), '"\\033[31m"');
  assert.is(quote(Buffer.from([0x63, 0xe9])), '"c\\351"');
});

test('what a terminal would act on or hide is escaped', () => {
  assert.is(quote(Buffer.from('a\u202eb')), '"a\\342\\200\\256b"', 'right-to-left override');
  assert.is(quote(Buffer.from('a\u200bb')), '"a\\342\\200\\213b"', 'zero-width space');
  assert.is(quote(Buffer.from('a\u0085b')), '"a\\302\\205b"', 'C1 control');
  assert.is(quote(Buffer.from('a\u2028b')), '"a\\342\\200\\250b"', 'line separator');
});

test('git quotes the same, with core.quotePath off', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vault-quoting-'));
  const git = (...args: string[]) => spawnSync('git', ['-C', folder, ...args]);
  try {
    git('init', '-q');
    const names = ['plain', 'größe', 'a\tb', 'q"q', 'b\\b', '\u0001', 'a\nb', 'bell\u0007'].map((name) =>
      Buffer.from(name),
    );
    names.push(Buffer.from([0x66, 0xff, 0x66]));
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), '');
    const listed = git('-c', 'core.quotePath=false', 'ls-files', '--others').stdout;
    // Our one difference: git leaves bytes that are not UTF-8 as they are when quotePath is off.
    const lines = listed
      .toString('latin1')
      .trimEnd()
      .split('\n')
      .map((line) => Buffer.from(line, 'latin1').toString());
    const ours = names.map(quote).map((name) => (name === '"f\\377f"' ? 'f\ufffdf' : name));
    assert.equal([...lines].sort(), [...ours].sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('unquote takes back what quote did', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const name = Buffer.from(bytes);
      const text = quote(name);
      // A name that itself begins and ends with a quote is always quoted, so the forms cannot be mixed up.
      assert.ok(unquote(text).equals(name));
      assert.not.match(text, /\p{Cc}/u);
    }),
  );
  fc.assert(
    fc.property(anyText(), (text) => {
      assert.is(unquote(quote(Buffer.from(text))).toString(), text);
    }),
  );
});

test('a path is quoted as a whole, whichever part needs it', () => {
  const parts = [Buffer.alloc(0), ...['a', 'ü', 'a b', 'a"b', '\n'].map((text) => Buffer.from(text))];
  const quotePath = pathQuoter();
  for (const folder of [...parts, Buffer.from([0xe9]), Buffer.from('a/b')]) {
    for (const name of [...parts.slice(1), Buffer.from([0xff])]) {
      assert.is(
        quotePath(folder, { name, latin1Name: name.toString('latin1') }),
        quote(joinPath(folder, name)),
        `${folder}/${name}`,
      );
    }
  }
});

test('what quote does not write is refused', () => {
  for (const text of ['"a\\xb"', '"a\\"', '"a"b"', '"\\400"'])
    assert.throws(() => unquote(text), /not a quoted name/);
  for (const text of ['"', '"a']) {
    assert.equal(unquote(text), Buffer.from(text), 'an operand may begin with a quote');
    assert.throws(() => unquoteBytes(Buffer.from(text)), /not a quoted name/);
  }
});

test('quoted bytes that are not UTF-8 stay as they are, as git prints them with core.quotePath off', async () => {
  const printed = Buffer.from('"a\\"\xff\\303\xa4"', 'latin1');
  const name = Buffer.from('a"\xff\xc3\xa4', 'latin1');
  assert.equal(unquoteBytes(printed), name);
  const input = Readable.from([Buffer.concat([printed, Buffer.from('\nb')])]);
  const names: Buffer[] = [];
  for await (const some of readNames(input, false)) names.push(...some);
  assert.equal(names, [name, Buffer.from('b')]);
});

test('text from elsewhere keeps lines and loses escape sequences', () => {
  assert.is(printable('a\nb\tc\r\nd\u001b[2Je'), 'a\nb\tc\nd\\033[2Je');
  assert.is(printableLine('a\nb\n\nc'), 'a b c');
});

test.run();
