/**
 * The grammar of revisions (pure; `resolve.ts` looks them up):
 *
 *     revision = base [ "@{" selector "}" ] { "~" [n] | "^" [n] } [ ":" path ]
 *     range    = [revision] ".." [revision]           (neither with a path; an empty side is HEAD)
 *
 * `base` is an id, `HEAD`, `refs/…`, a tag, a line or an abbreviated id; which one is not the grammar's business.
 * A selector of digits only counts earlier values of the ref, anything else is a date. Behind the `:` everything is
 * path, as bytes. As in git `X^` is `X^1`, the n-th parent, and `X~2` is `X^^`; `X^0` and `X~0` are X.
 */
import { VaultError } from '../errors.ts';

export type Selector = { kind: 'nth'; n: number } | { kind: 'date'; text: string };

/** `~n`: n steps along first parents. `^n`: one step to the n-th parent. */
export interface Step {
  kind: 'ancestor' | 'parent';
  n: number;
}

/** `relative`: the path began with `./` or `../` and counts from the current folder. Parts are never empty, `.` or `..`,
 *  but for leading `..` of a relative path. `folder`: it ended with `/`, so only a folder will do. */
export interface RevisionPath {
  relative: boolean;
  parts: Buffer[];
  folder: boolean;
}

export interface Revision {
  base: string;
  selector?: Selector;
  steps: Step[];
  path?: RevisionPath;
}

export type RevisionOrRange =
  | { kind: 'revision'; revision: Revision }
  | { kind: 'range'; from: Revision; to: Revision };

const MAX_BYTES = 64 * 1024;
const MAX_STEPS = 1000;
const MAX_NUMBER = 4_294_967_295;

const HEAD: Revision = { base: 'HEAD', steps: [] };

/** @throws USAGE or BAD_PATH that shows the revision and what is wrong with it */
export function parseRevision(text: string | Buffer): Revision {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text);
  // One character a byte: the structure is ASCII, and positions are those of the bytes.
  const chars = bytes.subarray(0, MAX_BYTES + 1).toString('latin1');
  if (chars.length > MAX_BYTES) throw malformed(chars.slice(0, 40), `it is longer than ${MAX_BYTES} bytes`);
  const baseEnd = endOfBase(chars);
  const base = decode(bytes.subarray(0, baseEnd), chars);
  if (base === '') throw malformed(chars, 'it names nothing before its suffix');
  const revision: Revision = { base, steps: [] };
  let at = parseSelector(chars, baseEnd, revision);
  at = parseSteps(chars, at, revision);
  if (at === chars.length) return revision;
  if (chars[at] === ':') revision.path = parsePath(bytes.subarray(at + 1), chars);
  else throw malformed(chars, stray(chars, at));
  return revision;
}

/**
 * A revision, or a range of two. A `..` behind a `:` belongs to a path.
 * @throws as `parseRevision`; USAGE for `A...B`
 */
export function parseRange(text: string | Buffer): RevisionOrRange {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text);
  const chars = bytes.subarray(0, MAX_BYTES + 1).toString('latin1');
  const at = findDots(chars);
  if (at < 0) return { kind: 'revision', revision: parseRevision(bytes) };
  if (chars[at + 2] === '.') throw malformed(chars, '"..." between two revisions has no meaning; use ".."');
  const side = (part: Buffer): Revision => {
    const revision = part.length === 0 ? HEAD : parseRevision(part);
    if (revision.path) throw malformed(chars, 'a range cannot hold a path');
    return revision;
  };
  return { kind: 'range', from: side(bytes.subarray(0, at)), to: side(bytes.subarray(at + 2)) };
}

/** The revision's text; `parseRevision` of it gives an equal revision. */
export function formatRevision(revision: Revision): Buffer {
  const { base, selector, steps, path } = revision;
  let head = base;
  if (selector) head += `@{${selector.kind === 'nth' ? selector.n : selector.text}}`;
  for (const { kind, n } of steps) head += `${kind === 'ancestor' ? '~' : '^'}${n}`;
  if (!path) return Buffer.from(head);
  const parts: Buffer[] = [Buffer.from(`${head}:${path.relative ? './' : ''}`)];
  path.parts.forEach((part, i) => {
    if (i > 0) parts.push(Buffer.from('/'));
    parts.push(part);
  });
  if (path.folder && path.parts.length > 0) parts.push(Buffer.from('/'));
  return Buffer.concat(parts);
}

function endOfBase(chars: string): number {
  const end = chars.search(/[~^:]|@\{/);
  return end < 0 ? chars.length : end;
}

function decode(bytes: Buffer, chars: string): string {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw malformed(chars, 'a name in it is not valid UTF-8');
  return text;
}

function parseSelector(chars: string, at: number, revision: Revision): number {
  if (!chars.startsWith('@{', at)) return at;
  const end = chars.indexOf('}', at);
  if (end < 0) throw malformed(chars, 'its "@{" is not closed');
  const text = chars.slice(at + 2, end);
  if (text.trim() === '') throw malformed(chars, 'its "@{}" is empty');
  revision.selector = /^\d+$/.test(text)
    ? { kind: 'nth', n: numberOf(text, chars) }
    : { kind: 'date', text: decode(Buffer.from(text, 'latin1'), chars) };
  return end + 1;
}

function parseSteps(chars: string, start: number, revision: Revision): number {
  let at = start;
  while (chars[at] === '~' || chars[at] === '^') {
    const digits = /^\d*/.exec(chars.slice(at + 1, at + 16))![0];
    const n = digits === '' ? 1 : numberOf(digits, chars);
    if (revision.steps.length === MAX_STEPS) throw malformed(chars, `it has more than ${MAX_STEPS} steps`);
    revision.steps.push({ kind: chars[at] === '~' ? 'ancestor' : 'parent', n });
    at += 1 + digits.length;
  }
  return at;
}

function stray(chars: string, at: number): string {
  if (chars.startsWith('^{', at - 1)) return '"^{…}" is not known here; "X:" is the root tree of X';
  if (chars.startsWith('@{', at)) return '"@{…}" must follow the name of a ref directly';
  return `"${shown(chars.slice(at, at + 20))}" makes no sense there`;
}

function numberOf(digits: string, chars: string): number {
  const n = Number(digits);
  if (n > MAX_NUMBER) throw malformed(chars, `${shown(digits.slice(0, 20))} is too large`);
  return n;
}

function parsePath(bytes: Buffer, chars: string): RevisionPath {
  if (bytes.includes(0)) throw malformed(chars, 'its path holds a NUL', 'BAD_PATH');
  const names = split(bytes);
  const relative = isDot(names[0]!) || isDotDot(names[0]!);
  const parts: Buffer[] = [];
  for (const name of names) {
    if (name.length === 0 || isDot(name)) continue;
    const last = parts.at(-1);
    if (!isDotDot(name)) parts.push(name);
    else if (last && !isDotDot(last)) parts.pop();
    else if (relative) parts.push(name);
    else throw malformed(chars, 'its path leaves the root', 'BAD_PATH');
  }
  const tail = names.at(-1)!;
  return { relative, parts, folder: tail.length === 0 || isDot(tail) || isDotDot(tail) };
}

function split(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  let start = 0;
  for (let end = path.indexOf(0x2f); end >= 0; end = path.indexOf(0x2f, start)) {
    names.push(path.subarray(start, end));
    start = end + 1;
  }
  names.push(path.subarray(start));
  return names;
}

function isDot(name: Buffer): boolean {
  return name.length === 1 && name[0] === 0x2e;
}

function isDotDot(name: Buffer): boolean {
  return name.length === 2 && name[0] === 0x2e && name[1] === 0x2e;
}

/** Where the `..` of a range begins: before any `:`, outside of `@{…}`; −1 where there is none. */
function findDots(chars: string): number {
  let at = 0;
  while (at < chars.length) {
    if (chars[at] === ':') return -1;
    if (chars.startsWith('..', at)) return at;
    const close = chars.startsWith('@{', at) ? chars.indexOf('}', at) : -1;
    at = close < 0 ? at + 1 : close + 1;
  }
  return -1;
}

function malformed(chars: string, problem: string, code: 'USAGE' | 'BAD_PATH' = 'USAGE'): VaultError {
  const text = shown(chars);
  return new VaultError(code, `${text} is no revision: ${problem}`, {
    hint: 'a revision is a name or an id, then @{…}, ~n or ^, then :path',
    subject: text,
  });
}

/** Text for a message: UTF-8 again, nothing that moves a terminal's cursor, cut at 200 characters. */
function shown(chars: string): string {
  const text = Buffer.from(chars, 'latin1').toString('utf8').replace(/\p{C}/gu, '\uFFFD');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
