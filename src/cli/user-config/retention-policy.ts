/** A retention policy in words: the options of `forget`, as they are typed or as the user's config has them. */
import { VaultError } from '../../errors.ts';
import {
  GROUPINGS,
  type Grouping,
  MOST_KEPT,
  PERIODS,
  parseSpan,
  type RetentionPolicy,
} from '../../index.ts';

export const POLICY_OPTIONS = [
  'keep-last',
  'keep-hourly',
  'keep-daily',
  'keep-weekly',
  'keep-monthly',
  'keep-quarterly',
  'keep-yearly',
  'keep-within',
  'keep-tag',
  'min-count',
  'max-age',
  'group-by',
] as const;

type PolicyName = (typeof POLICY_OPTIONS)[number];
export type PolicyWords = { [name in PolicyName]?: string | string[] | undefined };

export interface ForgetPolicy {
  policy: RetentionPolicy;
  groupBy: Grouping[];
  /** `by policy: --keep-daily 7`, for the log */
  message: string;
}

/** The options as a policy; those of the config when none is given. @throws USAGE */
export function policyOf(words: PolicyWords, settled: string | undefined): ForgetPolicy {
  const given = POLICY_OPTIONS.filter((name) => words[name] !== undefined);
  if (given.length === 0 && settled !== undefined) return policyOf(splitPolicy(settled), undefined);
  const text = given.flatMap((name) => [words[name]!].flat().map((value) => `--${name} ${value}`));
  const numbers = Object.fromEntries(
    (['last', ...PERIODS] as const).map((name) => [name, numberOf(`keep-${name}`, words)]),
  );
  const minimum = numberOf('min-count', words);
  const within = spanOf('keep-within', words);
  const maximumAge = spanOf('max-age', words);
  const policy: RetentionPolicy = {
    ...numbers,
    ...(minimum !== undefined && { minimum }),
    ...(within && { within }),
    ...(maximumAge && { maximumAge }),
    tags: [words['keep-tag'] ?? []].flat(),
  };
  return {
    policy,
    groupBy: groupingOf(words['group-by'] as string | undefined),
    message: `by policy: ${text.join(' ')}`,
  };
}

/** What is wrong with a policy as the config has it, or undefined. */
export function policyFault(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return 'must be options of "vault forget" in quotes';
  try {
    policyOf(splitPolicy(value), undefined);
    return undefined;
  } catch (error) {
    if (error instanceof VaultError) return `is no policy: ${error.message}`;
    throw error;
  }
}

/** `keep-daily=7,keep-tag=v*`: between them commas or spaces, before them perhaps dashes. @throws USAGE for anything else */
function splitPolicy(text: string): PolicyWords {
  const words: { [name in PolicyName]?: string | string[] } = {};
  for (const part of text.trim().split(/[,\s]+(?=(?:--)?(?:keep|min|max|group)-)/)) {
    const [, option = '', value = ''] = /^(?:--)?([a-z-]+)[=\s]+(.+)$/.exec(part) ?? [];
    const name = POLICY_OPTIONS.find((known) => known === option);
    if (!name) throw new VaultError('USAGE', `"${part}" is no option of a policy with a value`);
    if (words[name] && name !== 'keep-tag') throw new VaultError('USAGE', `${name} stands there twice`);
    words[name] = name === 'keep-tag' ? [words[name] ?? [], value].flat() : value;
  }
  return words;
}

function numberOf(name: string, words: PolicyWords): number | undefined {
  const text = words[name as PolicyName];
  if (text === undefined) return undefined;
  if (/^\d{1,7}$/.test(text as string) && Number(text) <= MOST_KEPT) return Number(text);
  throw new VaultError('USAGE', `--${name} takes a whole number from 0 to ${MOST_KEPT}`);
}

function spanOf(name: PolicyName, words: PolicyWords): RetentionPolicy['within'] {
  const text = words[name];
  return text === undefined ? undefined : parseSpan(text as string);
}

function groupingOf(text: string | undefined): Grouping[] {
  if (text === undefined) return ['line'];
  if (text === 'none') return [];
  const names = text.split(',');
  if (names.every((name) => GROUPINGS.includes(name as Grouping))) return names as Grouping[];
  throw new VaultError('USAGE', `--group-by takes ${GROUPINGS.join(', ')}, several with commas, or none`);
}
