/** The verbs of `update-ref --stdin`, read as git's update-ref reads them. */
import { VaultError } from '../../index.ts';
import { unquoteBytes } from '../text/quoting.ts';
import { readRecords } from '../text/records.ts';

const VERBS = ['update', 'create', 'delete', 'verify'] as const;
type Verb = (typeof VERBS)[number];

const CONTROLS = ['start', 'prepare', 'commit', 'abort'] as const;
/** What stands alone: it begins or ends a transaction. */
export type Control = (typeof CONTROLS)[number];

/** An update as it is written. */
export interface AskedUpdate {
  verb: Verb;
  ref: Buffer;
  /** revisions; 64 zeros, and an empty `old`, mean that the ref is not there */
  value?: Buffer;
  old?: Buffer;
}

export interface AskedRecord {
  /** how messages call it */
  where: string;
  /** as messages show it */
  record: Buffer;
  /** @throws USAGE */
  asked(): AskedUpdate | Control;
}

/** A line each. @throws USAGE for a last line without its end */
export async function* askedInLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<AskedRecord> {
  let number = 0;
  for await (const records of readRecords(input, false, { allEnd: true })) {
    for (const record of records) yield { where: `line ${++number}`, record, asked: () => fromLine(record) };
  }
}

function fromLine(line: Buffer): AskedUpdate | Control {
  const [verb, ...words] = wordsOf(line);
  const [ref, ...values] = words;
  return checked(verb, ref, values, values.length);
}

/** Parted by single blanks; a word in double quotes is unquoted. */
function wordsOf(line: Buffer): Buffer[] {
  const words: Buffer[] = [];
  const text = line.toString('latin1');
  for (const match of text.matchAll(/(?:^| )("(?:[^"\\]|\\.)*"(?= |$)|[^ ]*)/gs)) {
    words.push(unquoteBytes(Buffer.from(match[1]!, 'latin1')));
  }
  return words;
}

/** `<verb> SP <ref> NUL`, then for each verb always the same parts, which may be empty. @throws USAGE for an update that is cut off */
export async function* askedInParts(input: AsyncIterable<Uint8Array>): AsyncGenerator<AskedRecord> {
  let number = 0;
  let parts: Buffer[] = [];
  for await (const records of readRecords(input, true)) {
    for (const record of records) {
      parts.push(record);
      if (parts.length <= valuesAfter(parts[0]!)) continue;
      const [head, ...values] = parts;
      parts = [];
      yield { where: `update ${++number}`, record: head!, asked: () => fromParts(head!, values) };
    }
  }
  if (parts.length === 0) return;
  const asked = () => {
    throw new VaultError('USAGE', 'the input ends before its last value');
  };
  yield { where: `update ${number + 1}`, record: parts[0]!, asked };
}

function valuesAfter(head: Buffer): number {
  const verb = head.toString('latin1', 0, Math.max(0, head.indexOf(0x20)));
  return { update: 2, create: 1, delete: 1, verify: 1 }[verb] ?? 0;
}

function fromParts(head: Buffer, values: Buffer[]): AskedUpdate | Control {
  const blank = head.indexOf(0x20);
  const verb = blank < 0 ? head : head.subarray(0, blank);
  // Here an empty value is one that was left out.
  const given = values.at(-1)?.length === 0 ? values.slice(0, -1) : values;
  return checked(verb, blank < 0 ? undefined : head.subarray(blank + 1), given, values.length);
}

function checked(
  verb: Buffer | undefined,
  ref: Buffer | undefined,
  values: Buffer[],
  count: number,
): AskedUpdate | Control {
  const word = verb?.toString('latin1');
  const control = CONTROLS.find((known) => known === word);
  if (control !== undefined) {
    if (ref !== undefined) throw new VaultError('USAGE', 'there is more on it than it takes');
    return control;
  }
  const name = VERBS.find((known) => known === word);
  if (name === undefined) {
    throw new VaultError('USAGE', `it begins with none of ${[...VERBS, ...CONTROLS].join(', ')}`);
  }
  if (ref === undefined || ref.length === 0) throw new VaultError('USAGE', 'the ref is missing');
  const takesValue = name === 'update' || name === 'create';
  const most = name === 'update' ? 2 : 1;
  if (count > most) throw new VaultError('USAGE', 'there is more on it than it takes');
  const value = takesValue ? values[0] : undefined;
  const old = takesValue ? values[1] : values[0];
  if (takesValue && (value === undefined || value.length === 0))
    throw new VaultError('USAGE', 'the new value is missing');
  return { verb: name, ref, ...(value && { value }), ...(old && { old }) };
}
