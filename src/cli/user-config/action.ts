/** What `config` is asked for. */
import { VaultError } from '../../errors.ts';
import { settableKey } from './settings.ts';
import { USER_KEYS, type UserKey } from './user-config.ts';

export const CONFIG_MANUAL = {
  description: `The user's config is vault/config.toml in $XDG_CONFIG_HOME (~/.config unless set). Its keys:

${Object.entries(USER_KEYS)
  .map(([key, { summary }]) => `    ${key}  ${summary}`)
  .join('\n')}

get prints the value of a key, list all that are set, a line each: <key>=<value>. Both also know vault.<name>: what was
settled when the vault at hand was made and never changes (its id, format, chunk and pack sizes, compression).

set changes a key in the file and leaves all else in it, comments included, as it was. init writes a file in
which every key is explained and none is set.`,
  examples: [
    {
      description: 'A vault for wherever there is none',
      command: 'vault config set store /mnt/backup/vault',
    },
    { description: 'What is settled here', command: 'vault config list' },
    {
      description: 'How large chunks are on average, in bytes',
      command: 'vault config get vault.chunker.avg',
    },
  ],
};

export type ConfigQuestion = { action: 'get'; key: string } | { action: 'list' };

export type ConfigRequest =
  | ConfigQuestion
  | { action: 'set'; key: UserKey; value: string }
  | { action: 'init' };

const OPERANDS = { get: 1, set: 2, list: 0, init: 0 };

/** @throws USAGE */
export function configAction({ action, key, value }: Record<string, string | undefined>): ConfigRequest {
  const given = [key, value].filter((one) => one !== undefined).length;
  switch (action) {
    case 'get':
    case 'set':
    case 'list':
    case 'init':
      if (given !== OPERANDS[action]) throw wrongCount(action);
      break;
    default:
      throw new VaultError('USAGE', `the operand must be one of: ${Object.keys(OPERANDS).join(', ')}`, {
        hint: HINT,
      });
  }
  if (action === 'get') return { action, key: key! };
  return action === 'set' ? { action, key: settableKey(key!), value: value! } : { action };
}

const HINT = 'see "vault help config"';

function wrongCount(action: keyof typeof OPERANDS): VaultError {
  const takes = ['no operand', 'a KEY', 'a KEY and a VALUE'][OPERANDS[action]];
  return new VaultError('USAGE', `vault config ${action} takes ${takes}`, { hint: HINT });
}
