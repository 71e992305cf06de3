/** The list of mounts as the kernel writes it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseMounts } from '../../src/platform/linux/mounts.ts';

const paths = (...lines: string[]) =>
  parseMounts(`${lines.join('\n')}\n`).map((path) => path.toString('latin1'));
const mount = (id: number, on: number, path: string) =>
  `${id} ${on} 0:${id} / ${path} rw,relatime shared:${id} - tmpfs tmpfs rw,size=4k`;

test('names with blanks, backslashes and any bytes', () => {
  const lines = [mount(20, 1, '/'), mount(21, 20, '/a\\040b\\011c\\012d\\134040'), mount(22, 20, '/caf\xe9')];
  assert.equal(paths(...lines), ['/', '/a b\tc\nd\\040', '/caf\xe9']);
});

test('what something else was mounted over is not there', () => {
  const lines = [
    mount(20, 1, '/'),
    mount(21, 20, '/a/b'),
    mount(22, 21, '/a/b/c'),
    mount(23, 20, '/a'),
    mount(24, 23, '/a/d'),
    mount(25, 24, '/a/d'),
    mount(26, 24, '/a/d/e'),
    mount(27, 20, '/ab'),
  ];
  assert.equal(paths(...lines), ['/', '/a', '/a/d', '/a/d', '/ab']);
});

test('a root that is mounted on itself, and lines that say nothing', () => {
  assert.equal(paths(mount(1, 1, '/'), mount(2, 1, '/a'), '', 'x', '3 1 0:3 /'), ['/', '/a']);
  assert.equal(parseMounts(''), []);
});

test.run();
