/** Operands that name entries of a tree, wherever the current folder is. */
import { VaultError } from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { liesIn, resolveBytes } from '../paths/path-bytes.ts';
import { quote } from '../text/quoting.ts';

/** Stands for the tree while `.` and `..` are taken out: no operand holds a NUL, so none comes back into it. */
const TREE = Buffer.from('/\0');
const SLASH = Buffer.from('/');

/**
 * From the tree's root, without `.` and `..`; with a slash at the end where what is in the folder is meant.
 * @throws BAD_PATH for one that leaves the tree, USAGE for an empty one
 */
export function treePath(operand: string): Buffer {
  const given = bytesOf(operand);
  const path = resolveBytes(TREE, given);
  if (!liesIn(path, TREE)) {
    throw new VaultError('BAD_PATH', `${quote(given)} lies outside the tree`, {
      hint: 'paths count from the top of the tree',
      subject: quote(given),
    });
  }
  const inside = /(^|\/)\.{0,2}$/.test(given.toString('latin1'));
  return Buffer.concat([path.subarray(TREE.length + 1), inside ? SLASH : Buffer.alloc(0)]);
}
