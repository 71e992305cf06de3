/** `cat-object --batch`, `--batch-check`, `--batch-command`: from the options to the last answer. */
import { availableParallelism } from 'node:os';
import {
  allObjects,
  answerObjects,
  type BatchOptions,
  type ObjectRequest,
  type Repository,
  VaultError,
} from '../../index.ts';
import { keepHeapSmall } from '../frame/small-heap.ts';
import { stdinBytes } from '../frame/stdin.ts';
import { hereIn } from '../operands/operands.ts';
import { readRecords } from '../text/records.ts';
import { Template } from '../text/template.ts';
import { checkIds } from './ids.ts';
import { type BatchLine, type BatchMode, batchRequests, nameRequest } from './input.ts';
import {
  BATCH_ATOMS,
  BATCH_FORMAT,
  type BatchOutput,
  type BatchOutputOptions,
  BatchPrinter,
} from './output.ts';

/** More threads wait for the disk and for each other. */
const MOST_THREADS = 4;

export interface BatchFlags {
  batch?: string | undefined;
  'batch-check'?: string | undefined;
  'batch-command'?: string | undefined;
  'batch-all-objects': boolean;
  unordered: boolean;
  buffer: boolean;
  null: boolean;
  'null-output': boolean;
  json: boolean;
  'json-lines': boolean;
  /** has no place: objects are named on standard input */
  operand: string | undefined;
}

const MODES: Record<string, BatchMode> = {
  batch: 'contents',
  'batch-check': 'info',
  'batch-command': 'command',
};

/** What of the options begins a batch, if any does. */
export function batchOption(
  flags: Omit<BatchFlags, 'operand'>,
): 'batch' | 'batch-check' | 'batch-command' | undefined {
  return (['batch', 'batch-check', 'batch-command'] as const).find((name) => flags[name] !== undefined);
}

const OF_BATCHES = {
  'batch-all-objects': '--batch-all-objects',
  buffer: '--buffer',
  null: '-z',
  'null-output': '-Z',
  'json-lines': '--json-lines',
} as const;

/** @throws USAGE for what shapes a batch, where none is asked for */
export function refuseBatchOptions(flags: Record<keyof typeof OF_BATCHES, boolean>): void {
  const names = Object.keys(OF_BATCHES) as (keyof typeof OF_BATCHES)[];
  const given = names.find((name) => flags[name]);
  if (given === undefined) return;
  throw new VaultError(
    'USAGE',
    `${OF_BATCHES[given]} needs a batch: --batch, --batch-check or --batch-command`,
  );
}

/**
 * True unless an object could not be read as it was stored.
 * @throws USAGE for options that do not go together, and for a bad line
 */
export async function runBatch(
  vault: Repository,
  flags: BatchFlags,
  output: BatchOutput & { signal: AbortSignal },
): Promise<boolean> {
  const { signal } = output;
  const option = batchOption(flags)!;
  const mode = MODES[option]!;
  assertTogether(flags, mode);
  if (mode !== 'info') keepHeapSmall();
  const style: BatchOutputOptions = {
    template: new Template(flags[option]!, BATCH_ATOMS, ['rest']),
    end: flags['null-output'] ? '\0' : '\n',
    buffered: flags.buffer || flags['batch-all-objects'],
    json: flags['json-lines'],
  };
  const printer = new BatchPrinter(vault, output, style);
  const here = hereIn(vault);
  const threads = Math.min(availableParallelism(), MOST_THREADS);
  const answering: BatchOptions = { threads, signal, ...(here && { here }) };
  const nul = flags.null || flags['null-output'];
  if (flags['batch-check'] === BATCH_FORMAT && !style.json && !flags['batch-all-objects']) {
    await checkIds(vault, readRecords(stdinBytes(signal), nul), printer, output, { ...style, answering });
    return !printer.sawDamage;
  }
  const { buffer: buffered } = flags;
  const requests = flags['batch-all-objects']
    ? everything(vault, flags.unordered, mode === 'contents')
    : batchRequests(stdinBytes(signal), { mode, nul, splitRest: style.template.has('rest'), buffered });
  for await (const answers of answerObjects(vault, requests, answering)) await printer.print(answers);
  return !printer.sawDamage;
}

function assertTogether(flags: BatchFlags, mode: BatchMode): void {
  if (flags.operand !== undefined) {
    throw new VaultError('USAGE', 'a batch takes no operands', {
      hint: 'name the objects on standard input, a line each',
    });
  }
  if (flags.json) {
    throw new VaultError(
      'USAGE',
      '--json makes no document of a batch; --json-lines goes with --batch-check',
    );
  }
  if (flags['json-lines'] && mode !== 'info') {
    throw new VaultError('USAGE', '--json-lines goes with --batch-check only: contents are bytes');
  }
  if (flags['batch-all-objects'] && mode === 'command') {
    throw new VaultError('USAGE', '--batch-all-objects goes with --batch and --batch-check only');
  }
}

async function* everything(
  vault: Repository,
  unordered: boolean,
  contents: boolean,
): AsyncGenerator<ObjectRequest<BatchLine>[], void, undefined> {
  for await (const objects of allObjects(vault, { unordered })) {
    yield objects.map(({ id }) => {
      return nameRequest(Buffer.from(id.toString('hex')), contents);
    });
  }
}
