/** What `cat-object` asks about one object: `(-t | -s | -e | -p | TYPE) OBJECT`. */
import { infoOf, type ObjectInfo, type Repository, resolve, VaultError } from '../index.ts';
import { bytesOf } from './argv.ts';
import type { ObjectForm } from './object-output.ts';
import { hereIn } from './operands.ts';

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
  const here = hereIn(vault);
  const options = { contentOnly: type === 'blob', ...(here && { here }) };
  const info = infoOf(await resolve(vault, bytesOf(text), options));
  if (type === undefined || info.type === type) return info;
  throw new VaultError('WRONG_TYPE', `${text} is a ${info.type}, not a ${type}`, { subject: text });
}
