/**
 * What oclif's parser throws, in our words. Its own messages repeat values from the command line and its JSON the
 * whole of argv; ours name options and operands only.
 */
import { stripVTControlCharacters } from 'node:util';
import { VaultError } from '../../errors.ts';
import { optionName } from '../paths/argv.ts';

interface ParseError {
  message: string;
  oclif?: object;
  /** of unknown options, as they were given */
  flags?: string[];
  /** of unexpected operands; of missing ones with their definitions */
  args?: unknown[];
}

export function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && 'oclif' in error;
}

/** The parser wraps the message of what an option's own `parse` throws. */
export function withoutParserFrame(error: Error): Error {
  const inner = /^Parsing --\S+ \n\t(.*)\nSee more help with --help$/s.exec(error.message);
  if (inner !== null) error.message = inner[1]!;
  return error;
}

export function usageError(error: ParseError, command: string): VaultError {
  const hint = `see "vault help ${command}"`;
  return new VaultError('USAGE', usageMessage(error, command), { hint, cause: error });
}

function usageMessage(error: ParseError, command: string): string {
  switch (error.constructor.name) {
    case 'NonExistentFlagsError': {
      const names = error.flags?.map(optionName) ?? [];
      return `${names.join(', ')} ${names.length === 1 ? 'is no option' : 'are no options'} of vault ${command}`;
    }
    case 'UnexpectedArgsError':
      return `too many operands: ${error.args?.length} more than vault ${command} takes`;
    case 'RequiredArgsError': {
      const names = (error.args as { name: string }[]).map(({ name }) => name.toUpperCase());
      return `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} missing`;
    }
    default:
      return plainReason(error.message);
  }
}

/** The parser's other messages, without frame, colour and values. */
function plainReason(message: string): string {
  return stripVTControlCharacters(message)
    .replace(/\nSee more help with --help$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/\s*\n\s*/g, '; ')
    .replace(/^Flag (--\S+)/, '$1')
    .replace(/(--[\w-]+)=.*? cannot also be provided when using/g, '$1 cannot be used with')
    .replace(/(?:All|One) of the following must be provided when using (--[\w-]+): /g, '$1 needs ')
    .replace(/^Expected (--[\w-]+)=.* to be one of: /s, '$1 takes one of: ')
    .replace(/^Expected .* to be one of: /s, 'the operand must be one of: ');
}
