/**
 * Names as people and pipelines see them.
 *
 * `quote` is git's `core.quotePath` style with one difference that git has as an option: printable UTF-8 is left as it
 * is. A name with anything else (control characters, a double quote, a backslash, bytes that are not UTF-8) is put
 * in double quotes with C escapes and three-digit octal bytes, so that one line stays one name and no name can send
 * escape sequences to a terminal. `unquote` is its inverse.
 */
import { isUtf8 } from 'node:buffer';
import { VaultError } from '../../errors.ts';

const ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

const BYTE_OF_ESCAPE: Record<string, number> = Object.fromEntries(
  Object.entries(ESCAPES).map(([raw, escaped]) => [escaped[1]!, raw.charCodeAt(0)]),
);

/**
 * What a terminal might act on or not show: controls (C0, DEL, C1), format characters (bidirectional overrides,
 * zero-width), line and paragraph separators, lone surrogates, private use and unassigned.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const NEEDS_QUOTES = /[\p{C}\p{Zl}\p{Zp}"\\]/u;
/** The common case, told apart by a cheaper test: plain ASCII without `"` and `\`. */
const PLAIN = /^[ !#-[\]-~]*$/;

const SLASH = Buffer.from('/');

/** The name as it is printed: unchanged when it is plain printable UTF-8, else quoted. */
export function quote(name: Uint8Array): string {
  const bytes = asBuffer(name);
  const latin1 = bytes.toString('latin1');
  if (PLAIN.test(latin1)) return latin1;
  if (!isUtf8(bytes)) return `"${escapeBytes(bytes)}"`;
  const text = bytes.toString('utf8');
  return NEEDS_QUOTES.test(text) ? `"${escapeText(text)}"` : text;
}

/** A name, and a character for each of its bytes, which is at hand where many are printed. */
export interface PrintedName {
  readonly name: Buffer;
  readonly latin1Name: string;
}

/** `folder/name`. */
export function rawPath(folder: Buffer, { name }: PrintedName): Buffer {
  return folder.length === 0 ? name : Buffer.concat([folder, SLASH, name]);
}

/** `quote` of it for many names of one folder after the other, which is looked at once. */
export function pathQuoter(): (folder: Buffer, entry: PrintedName) => string {
  let last: Buffer | undefined;
  let prefix = '';
  let isPlain = false;
  return (folder, entry) => {
    if (folder !== last) {
      last = folder;
      prefix = folder.length === 0 ? '' : `${quote(folder)}/`;
      isPlain = !prefix.startsWith('"');
    }
    const { latin1Name } = entry;
    if (isPlain && PLAIN.test(latin1Name)) return prefix + latin1Name;
    const text = quote(entry.name);
    const isWhole = prefix === '' || (isPlain && !text.startsWith('"'));
    return isWhole ? prefix + text : quote(rawPath(folder, entry));
  };
}

/** Text from a user or a vault (a message, a host name) made safe for a terminal; keeps line breaks and tabs. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(/\r\n/g, '\n')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => (char === '\n' || char === '\t' ? char : escapeText(char)));
}

/** As `printable`, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]+/g, ' ');
}

function escapeText(text: string): string {
  let out = '';
  for (const char of text) {
    out += ESCAPES[char] ?? (UNPRINTABLE.test(char) ? octal(Buffer.from(char)) : char);
  }
  return out;
}

function escapeBytes(bytes: Buffer): string {
  let out = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    out += ESCAPES[char] ?? (byte >= 0x20 && byte < 0x7f ? char : octal([byte]));
  }
  return out;
}

function octal(bytes: Iterable<number>): string {
  let out = '';
  for (const byte of bytes) out += `\\${byte.toString(8).padStart(3, '0')}`;
  return out;
}

const QUOTE = 0x22;

/**
 * The name behind a printed one: text in double quotes is unescaped, anything else is taken as it is.
 * @throws USAGE for what `quote` does not write: another escape, a double quote inside
 */
export function unquote(text: string): Buffer {
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  return isQuoted ? unquoteBytes(Buffer.from(text)) : Buffer.from(text);
}

/**
 * The same for bytes. They need not be UTF-8: git leaves such bytes as they are with `core.quotePath` off.
 * @throws USAGE also for a quote that is not closed
 */
export function unquoteBytes(bytes: Buffer): Buffer {
  if (bytes[0] !== QUOTE) return Buffer.from(bytes);
  if (bytes.length < 2 || bytes.at(-1) !== QUOTE) throw badlyQuoted(bytes);
  const body = bytes.toString('latin1', 1, bytes.length - 1);
  const parts: Buffer[] = [];
  for (const [piece, code] of body.matchAll(/\\([0-3][0-7]{2}|.|$)|[^\\"]+|"/gs)) {
    if (code === undefined && piece !== '"') parts.push(Buffer.from(piece, 'latin1'));
    else if (code?.length === 3) parts.push(Buffer.of(Number.parseInt(code, 8)));
    else if (code !== undefined && code in BYTE_OF_ESCAPE) parts.push(Buffer.of(BYTE_OF_ESCAPE[code]!));
    else throw badlyQuoted(bytes);
  }
  return Buffer.concat(parts);
}

/** Bytes of a name that the message shows. */
const SHOWN = 200;

function badlyQuoted(bytes: Buffer): VaultError {
  const text = printable(bytes.toString('utf8', 0, SHOWN));
  return new VaultError('USAGE', `${text} is not a quoted name`, { hint: 'quote names as git does' });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
