/** File types of `st_mode` (inode(7)) and kinds of entries. */
import { Kind } from '../objects/model.ts';
import { codeError } from './errno.ts';

/** Indexed by `(mode & S_IFMT) >> 12`. */
const KINDS: (Kind | undefined)[] = [];
KINDS[0o01] = Kind.fifo;
KINDS[0o02] = Kind.char;
KINDS[0o04] = Kind.dir;
KINDS[0o06] = Kind.block;
KINDS[0o10] = Kind.file;
KINDS[0o12] = Kind.symlink;
KINDS[0o14] = Kind.socket;

export function kindOfMode(mode: number): Kind {
  const kind = KINDS[(mode >>> 12) & 0o17];
  if (kind === undefined) throw codeError('EINVAL', 'stat'); // what only a broken file system answers
  return kind;
}

/** The S_IFMT bits of a kind. */
export function modeOfKind(kind: Kind): number {
  return KINDS.indexOf(kind) << 12;
}
