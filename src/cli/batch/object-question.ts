/** What `cat-object` asks about one object: `(-t | -s | -e | -p | TYPE) OBJECT`. */
import {
  type Id,
  infoOf,
  isVaultError,
  type ObjectInfo,
  objectSize,
  type Repository,
  VaultError,
} from '../../index.ts';
import { Flags } from '../frame/flags.ts';
import { resolveHere } from '../operands/operands.ts';
import type { ObjectForm } from '../render/object-output.ts';

export const CAT_OBJECT_MANUAL = {
  description: `OBJECT is an id, a revision or REV:path. A blob's content is the file's bytes; any other
object is printed as its encoding, or readably with -p. A bare id is looked up among trees and snapshots first; \`cat-object blob ID\`
takes it for a content. With -e nothing is printed: the exit status tells whether it is there,
and with --json also "exists".

With --batch and its like, objects are named on standard input. Each is answered by a line in <format> (default:
%(objectname) %(objecttype) %(objectsize)), and by its contents and a line end where they are asked for. An object that is not there gives
"<asked> missing", an abbreviation of several "<asked> ambiguous", one that cannot be read as it was stored "<asked> damaged", and the
batch goes on. Formats know %(objectname) %(objecttype) %(objectsize) %(objectsize:disk) %(sha256) %(pack) %(offset) %(rest);
with %(rest), what follows the first blank of a line is no part of the name. %(pack) and %(offset) are those of the block that the object lies in;
what does not apply is "-".

A content over 16 MiB is written while it is read. Its pieces are looked up first; should one of them turn out to be damaged, the batch ends there
with status 4, and less is out than the size that was announced.

Answers are written out as soon as nothing else is asked, so that a program may wait for each; with --buffer not before there are
many, or "flush" is said. Objects that other processes store meanwhile are found.`,
  examples: [
    { description: 'A file of the last snapshot but one', command: 'vault cat-object blob HEAD~1:notes.txt' },
    {
      description: 'All contents',
      command: 'vault ls-tree -r --object-only HEAD | vault cat-object --batch',
    },
  ],
};

export const questionFlags = {
  type: Flags.boolean({ char: 't', summary: 'print the type', exclusive: ['size', 'exists', 'pretty'] }),
  size: Flags.boolean({ char: 's', summary: 'print the size in bytes', exclusive: ['exists', 'pretty'] }),
  exists: Flags.boolean({
    char: 'e',
    summary: 'exit with 0 if it is there, else 1',
    exclusive: ['pretty'],
  }),
  pretty: Flags.boolean({ char: 'p', summary: 'print it readably' }),
};

const TYPES = ['blob', 'tree', 'snapshot', 'changes'];
const QUESTIONS = ['type', 'size', 'exists', 'pretty'] as const;

export interface Question {
  form: ObjectForm | 'exists';
  /** the type that it must have */
  type: string | undefined;
  /** an id, a revision or REV:path */
  text: string;
}

/** @throws USAGE */
export function readQuestion(
  { first, second }: { first?: string | undefined; second?: string | undefined },
  flags: Record<(typeof QUESTIONS)[number] | 'json', boolean>,
): Question {
  const form =
    QUESTIONS.find((name) => flags[name]) ?? (flags.json && second === undefined ? 'pretty' : undefined);
  const [type, text] = form ? [undefined, first] : [first, second];
  const isOdd = (form && second !== undefined) || (type !== undefined && !TYPES.includes(type));
  if (text !== undefined && !isOdd) return { form: form ?? 'raw', type, text };
  throw new VaultError(
    'USAGE',
    'say one of -t -s -e -p or a type (blob, tree, snapshot, changes), then the object',
    { hint: 'see "vault help cat-object"' },
  );
}

/** @throws NOT_FOUND, AMBIGUOUS, BAD_PATH, WRONG_TYPE when it is of another type, and as `resolve` */
export async function objectAsked(vault: Repository, { text, type }: Question): Promise<ObjectInfo> {
  const info = infoOf(await resolveHere(vault, text, { contentOnly: type === 'blob' }));
  if (type === undefined || info.type === type) return info;
  throw new VaultError('WRONG_TYPE', `${text} is a ${info.type}, not a ${type}`, { subject: text });
}

/** Id, type and size in bytes; undefined where it is not there, or not all of it. @throws AMBIGUOUS, and as `objectAsked` */
export async function objectIfThere(
  vault: Repository,
  question: Question,
): Promise<{ id: Id; type: string; size: number } | undefined> {
  try {
    const info = await objectAsked(vault, question);
    return { id: info.id, type: info.type, size: await objectSize(vault.store, info) };
  } catch (error) {
    if (isVaultError(error, 'NOT_FOUND', 'MISSING_OBJECT')) return undefined;
    throw error;
  }
}
