/** What stands on the standard input of `cat-object --batch` and its like. */
import { VaultError } from '../../errors.ts';
import type { ObjectRequest } from '../../index.ts';
import { printable } from '../text/quoting.ts';
import { readRecords } from '../text/records.ts';

/** `contents`, `info`: every line names an object. `command`: every line is a command, as with git. */
export type BatchMode = 'contents' | 'info' | 'command';

export interface BatchInputOptions {
  mode: BatchMode;
  /** NUL-terminated */
  nul: boolean;
  /** what follows the first blank is no part of the name: `%(rest)` is printed */
  splitRest: boolean;
  /** `flush` makes sense */
  buffered: boolean;
}

/** A line, which comes back with its answer. */
export interface BatchLine {
  /** as it was asked */
  name: Buffer;
  rest: Buffer;
  contents: boolean;
  flush: boolean;
}

const NOTHING = Buffer.alloc(0);

/** @throws USAGE for a line that is no command, behind what was asked before it */
export async function* batchRequests(
  input: AsyncIterable<Uint8Array>,
  options: BatchInputOptions,
): AsyncGenerator<ObjectRequest<BatchLine>[], void, undefined> {
  let number = 0;
  for await (const records of readRecords(input, options.nul)) {
    const requests: ObjectRequest<BatchLine>[] = [];
    for (const record of records) {
      number++;
      const request = options.mode === 'command' ? readCommand(record, options) : undefined;
      if (typeof request === 'string') {
        yield requests;
        throw badLine(number, record, request);
      }
      requests.push(request ?? readName(record, options.mode === 'contents', options.splitRest));
    }
    yield requests;
  }
}

function readName(record: Buffer, contents: boolean, splitRest: boolean): ObjectRequest<BatchLine> {
  const blank = splitRest ? /[ \t]+/.exec(record.toString('latin1')) : null;
  if (!blank) return nameRequest(record, contents);
  const name = record.subarray(0, blank.index);
  const rest = record.subarray(blank.index + blank[0].length);
  return { text: name, contents, tag: { name, rest, contents, flush: false } };
}

/** Asks for the object of that name. */
export function nameRequest(name: Buffer, contents: boolean): ObjectRequest<BatchLine> {
  return { text: name, contents, tag: { name, rest: NOTHING, contents, flush: false } };
}

/** The request, or what is wrong with the line. */
function readCommand(
  record: Buffer,
  { splitRest, buffered }: BatchInputOptions,
): ObjectRequest<BatchLine> | string {
  if (record.length === 0) return 'it is empty';
  const blank = record.indexOf(0x20);
  if (blank === 0) return 'a blank stands before the command';
  const command = record.toString('latin1', 0, blank < 0 ? record.length : blank);
  const operand = blank < 0 ? NOTHING : record.subarray(blank + 1);
  switch (command) {
    case 'contents':
    case 'info':
      if (operand.length === 0) return `${command} takes an object`;
      return readName(operand, command === 'contents', splitRest);
    case 'flush':
      if (blank >= 0) return 'flush takes nothing';
      if (!buffered) return 'flush makes sense with --buffer only';
      return { tag: { name: NOTHING, rest: NOTHING, contents: false, flush: true } };
    default:
      return 'the commands are contents, info and flush';
  }
}

function badLine(number: number, record: Buffer, problem: string): VaultError {
  const text = printable(record.toString('utf8', 0, 200));
  return new VaultError('USAGE', `line ${number} of standard input, ${JSON.stringify(text)}: ${problem}`, {
    hint: 'what was asked before it was answered',
  });
}
