/**
 * Arguments as the shell gave them, and the global options in front of a command's name.
 *
 * Node decodes argv as UTF-8, which destroys other bytes. Where that happened (U+FFFD shows it) the raw bytes are read
 * again from /proc, and each byte that is not UTF-8 travels through the string world as one lone surrogate
 * U+DC80…U+DCFF (the scheme of Python's PEP 383): the parser passes it on untouched and `bytesOf` turns it back.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { VaultError } from '../../errors.ts';
import { unquote } from '../text/quoting.ts';

/** Set by `bin/vault.js` when it handed over to another Node: the pid whose command line is the user's. */
const HANDED_OVER = 'VAULT_HANDED_OVER_BY';

/** The arguments after the program's name, with stray bytes kept as lone surrogates. */
export function processArguments(): string[] {
  const decoded = process.argv.slice(2);
  const parent = process.env[HANDED_OVER];
  delete process.env[HANDED_OVER];
  if (!decoded.some((word) => word.includes('\uFFFD'))) return decoded;
  const raw = rawArguments(parent === String(process.ppid) ? parent : 'self', decoded.length);
  return raw === undefined ? decoded : raw.map(decodeKeeping);
}

function rawArguments(pid: string, count: number): Buffer[] | undefined {
  if (count === 0) return [];
  try {
    const words = splitAtNul(readFileSync(`/proc/${pid}/cmdline`));
    return words.length >= count ? words.slice(-count) : undefined;
  } catch {
    return undefined; // no /proc: names that are not UTF-8 can still be given in git's quoted form
  }
}

/** Each word ends with a NUL, the last one too. */
function splitAtNul(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    if (end === -1) break;
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}

/** UTF-8 as text; every byte of an invalid sequence as U+DC00 + byte. */
export function decodeKeeping(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length === 0) out += String.fromCharCode(0xdc00 + bytes[i++]!);
    else {
      out += bytes.toString('utf8', i, i + length);
      i += length;
    }
  }
  return out;
}

/** Bytes of the valid UTF-8 sequence at `start`, or 0. */
function sequenceLength(bytes: Buffer, start: number): number {
  for (let length = 1; length <= 4 && start + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(start, start + length))) return length;
  }
  return 0;
}

/** The bytes of an argument that names a file. Where argv is not raw (no /proc), git's quoted form is understood. */
export function bytesOf(argument: string): Buffer {
  if (argument.isWellFormed())
    return process.platform === 'linux' ? Buffer.from(argument) : unquote(argument);
  const parts = argument.split(/([\uDC80-\uDCFF])/u);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
  );
}

export interface Invocation {
  /** undefined: only global options were given */
  command: string | undefined;
  /** the command's own arguments, with the global options that stood before its name in front */
  argv: string[];
  help: boolean;
  version: boolean;
}

const GLOBAL_WITH_VALUE = new Set(['-C', '--directory', '--vault']);
const GLOBAL_PLAIN = new Set(['--json', '-q', '--quiet']);

/** oclif wants the command first: moves the global options behind its name. */
export function splitInvocation(words: readonly string[]): Invocation {
  const globals: string[] = [];
  let help = false;
  let version = false;
  let i = 0;
  for (; i < words.length && words[i]!.startsWith('-'); i++) {
    const word = words[i]!;
    if (word === '--help' || word === '-h') help = true;
    else if (word === '--version') version = true;
    else if (GLOBAL_PLAIN.has(word) || word.startsWith('--vault=') || /^-C./.test(word)) globals.push(word);
    else if (GLOBAL_WITH_VALUE.has(word)) globals.push(word, valueAfter(words, i++));
    else if (word === '--')
      return { command: words[i + 1], argv: [...globals, ...words.slice(i + 2)], help, version };
    else
      throw new VaultError('USAGE', `${optionName(word)} is no option of vault`, {
        hint: 'see "vault help"',
      });
  }
  return { command: words[i], argv: [...globals, ...words.slice(i + 1)], help, version };
}

function valueAfter(words: readonly string[], i: number): string {
  const value = words[i + 1];
  if (value === undefined) throw new VaultError('USAGE', `${words[i]} needs a value`);
  return value;
}

/** An unknown option without the value that may be attached to it: values are never repeated in messages. */
export function optionName(word: string): string {
  return word.startsWith('--') ? word.split('=', 1)[0]! : word.slice(0, 2);
}

/** Whether a JSON error is due before the options are parsed. */
export function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  return options.includes('--json') || options.includes('--json-lines');
}
