/** The contents that `hash-object` is asked about, and what it says of each. */
import { createReadStream } from 'node:fs';
import { type ErrorCode, type HashedContent, VaultError } from '../../index.ts';
import { reasonOf } from '../frame/system-error.ts';
import { bytesOf } from '../paths/argv.ts';
import { quote } from '../text/quoting.ts';
import { readNames } from './read-names.ts';

const CODES: Record<string, ErrorCode> = {
  ENOENT: 'BAD_PATH',
  ENOTDIR: 'BAD_PATH',
  EISDIR: 'BAD_PATH',
  ELOOP: 'BAD_PATH',
  ENAMETOOLONG: 'BAD_PATH',
  EACCES: 'PERMISSION',
};

export interface ContentFlags {
  stdin: boolean;
  'stdin-paths': boolean;
  /** names on standard input end with NUL */
  null: boolean;
}

interface Sources {
  /** standard input, opened when it is needed */
  input: () => AsyncIterable<Uint8Array>;
  /** what to say beside a file that cannot be read */
  hint: () => string | undefined;
}

/**
 * Standard input first, then operands, then what standard input names.
 * @throws USAGE where nothing is named
 */
export function contentsAsked(
  names: readonly string[],
  flags: ContentFlags,
  from: Sources,
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (names.length === 0 && !flags.stdin && !flags['stdin-paths']) {
    throw new VaultError('USAGE', 'name files, or say --stdin or --stdin-paths');
  }
  return sources(names, flags, from);
}

async function* sources(
  names: readonly string[],
  { stdin, 'stdin-paths': hasNames, null: nul }: ContentFlags,
  { input, hint }: Sources,
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (stdin) yield input();
  for (const name of names) yield fileBytes(bytesOf(name), hint);
  if (!hasNames) return;
  for await (const some of readNames(input(), nul)) {
    for (const name of some) yield fileBytes(name, hint);
  }
}

/** @throws BAD_PATH for what is no file, PERMISSION, IO */
async function* fileBytes(name: Buffer, hintNow: Sources['hint']): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(name);
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    const hint = hintNow();
    throw new VaultError(
      CODES[error.code ?? ''] ?? 'IO',
      `${quote(name)} cannot be read: ${reasonOf(error)}`,
      { subject: quote(name), ...(hint !== undefined && { hint }), cause },
    );
  }
}

/** What holds of the contents before a file that cannot be read. They are stored many at a time, and their ids given then. */
export function hintBehind(known: number, isWriting: boolean, isOneDocument: boolean): string | undefined {
  if (known === 0) return isWriting ? 'nothing was stored' : undefined;
  return isOneDocument ? undefined : 'the ids that were printed before hold';
}

/** Its id, or a line for each chunk. */
export function hashedLines({ id, chunks }: HashedContent, ofChunks: boolean): string[] {
  if (!ofChunks) return [`${id.toString('hex')}\n`];
  return chunks.map((chunk) => `${chunk.offset} ${chunk.length} ${chunk.id.toString('hex')}\n`);
}
