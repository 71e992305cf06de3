/** `cat-object --batch`, `--batch-check`, `--batch-command`: from the options to the last answer. */
import { availableParallelism } from 'node:os';
import { allObjects, answerObjects, type ObjectRequest, type Repository, VaultError } from '../index.ts';
import { checkIds } from './batch-ids.ts';
import { type BatchLine, type BatchMode, batchRequests, nameRequest } from './batch-input.ts';
import { BATCH_ATOMS, BATCH_FORMAT, type BatchOutput, BatchPrinter } from './batch-output.ts';
import { readRecords } from './records.ts';
import { keepHeapSmall } from './small-heap.ts';
import { stdinBytes } from './stdin.ts';
import { Template } from './template.ts';

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
  'json-lines': boolean;
}

const MODES: Record<string, BatchMode> = {
  batch: 'contents',
  'batch-check': 'info',
  'batch-command': 'command',
};

/** What of the options begins a batch, if any does. */
export function batchOption(flags: BatchFlags): 'batch' | 'batch-check' | 'batch-command' | undefined {
  return (['batch', 'batch-check', 'batch-command'] as const).find((name) => flags[name] !== undefined);
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
  if (mode !== 'info') keepHeapSmall();
  if (flags['json-lines'] && mode !== 'info') {
    throw new VaultError('USAGE', '--json-lines goes with --batch-check only: contents are bytes');
  }
  if (flags['batch-all-objects'] && mode === 'command') {
    throw new VaultError('USAGE', '--batch-all-objects goes with --batch and --batch-check only');
  }
  const template = new Template(flags[option]!, BATCH_ATOMS, ['rest']);
  const style = {
    template,
    end: flags['null-output'] ? '\0' : '\n',
    buffered: flags.buffer || flags['batch-all-objects'],
    json: flags['json-lines'],
  } as const;
  const printer = new BatchPrinter(vault, output, style);
  const threads = Math.min(availableParallelism(), MOST_THREADS);
  const nul = flags.null || flags['null-output'];
  if (flags['batch-check'] === BATCH_FORMAT && !flags['json-lines'] && !flags['batch-all-objects']) {
    const { end, buffered } = style;
    await checkIds(vault, readRecords(stdinBytes(signal), nul), printer, output, {
      end,
      buffered,
      threads,
      signal,
    });
    return !printer.sawDamage;
  }
  const requests = flags['batch-all-objects']
    ? everything(vault, flags.unordered, mode === 'contents')
    : batchRequests(stdinBytes(signal), {
        mode,
        nul,
        splitRest: template.has('rest'),
        buffered: flags.buffer,
      });
  for await (const answers of answerObjects(vault, requests, { threads, signal }))
    await printer.print(answers);
  return !printer.sawDamage;
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
