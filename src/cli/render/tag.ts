/** Tags: what the operands of `tag` mean, and how tags are listed. */
import { type LiveRef, VaultError } from '../../index.ts';
import { formatTime } from '../text/format.ts';
import { printableLine } from '../text/quoting.ts';

export type TagAction =
  | { action: 'list'; name: string | undefined; rev: string }
  | { action: 'delete' | 'set'; name: string; rev: string };

/** @throws USAGE for operands that make no sense together */
export function tagAction(
  { name, rev }: { name: string | undefined; rev: string | undefined },
  flags: { list: boolean; delete: boolean; force: boolean; message: string | undefined },
): TagAction {
  const isList =
    flags.list || (name === undefined && !flags.delete && !flags.force && flags.message === undefined);
  if (isList && rev === undefined) return { action: 'list', name, rev: 'HEAD' };
  if (name === undefined) throw usage('NAME is missing');
  if (rev !== undefined && (isList || flags.delete)) throw usage('there is one operand too many');
  return { action: flags.delete ? 'delete' : 'set', name, rev: rev ?? 'HEAD' };
}

function usage(message: string): VaultError {
  return new VaultError('USAGE', message, { hint: 'see "vault help tag"' });
}

/** `v1  3f2a91c4  2026-01-31 10:20:30 +0100  as sent`; with `-q` and with `-z` the name alone. */
export function tagLine(tag: LiveRef, namesOnly: boolean, eol: string): string[] {
  if (eol === '\0') return [tag.name, eol];
  const { target, type, time, message } = tag;
  const name = printableLine(tag.name);
  if (namesOnly) return [name, eol];
  const kind = type === 'snapshot' ? '' : `${type} `;
  const head = `${name}  ${kind}${target.slice(0, 8)}  ${formatTime(Date.parse(time) / 1000)}`;
  return [message === '' ? head : `${head}  ${printableLine(message)}`, eol];
}

export function tagFields({ name, target, type, time, who, host, message }: LiveRef): object {
  return { name, target, type, time, who, host, message };
}
