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

/**
 * Standard input first, then operands, then what standard input names.
 * @param input standard input, opened when it is needed
 * @throws USAGE where nothing is named
 */
export function contentsAsked(
  names: readonly string[],
  flags: ContentFlags,
  input: () => AsyncIterable<Uint8Array>,
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (names.length === 0 && !flags.stdin && !flags['stdin-paths']) {
    throw new VaultError('USAGE', 'name files, or say --stdin or --stdin-paths');
  }
  return sources(names, flags, input);
}

async function* sources(
  names: readonly string[],
  { stdin, 'stdin-paths': hasNames, null: nul }: ContentFlags,
  input: () => AsyncIterable<Uint8Array>,
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (stdin) yield input();
  for (const name of names) yield fileBytes(bytesOf(name));
  if (!hasNames) return;
  for await (const some of readNames(input(), nul)) {
    for (const name of some) yield fileBytes(name);
  }
}

/** @throws BAD_PATH for what is no file, PERMISSION, IO */
async function* fileBytes(name: Buffer): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(name);
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    throw new VaultError(
      CODES[error.code ?? ''] ?? 'IO',
      `${quote(name)} cannot be read: ${reasonOf(error)}`,
      {
        subject: quote(name),
        hint: 'the ids that were printed before hold',
        cause,
      },
    );
  }
}

/** Its id, or a line for each chunk. */
export function hashedLines({ id, chunks }: HashedContent, ofChunks: boolean): string[] {
  if (!ofChunks) return [`${id.toString('hex')}\n`];
  return chunks.map((chunk) => `${chunk.offset} ${chunk.length} ${chunk.id.toString('hex')}\n`);
}
