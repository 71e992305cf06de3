import { Args, Exit } from '../cli/base-command.ts';
import { CONFIG_MANUAL, configAction } from '../cli/config-wishes.ts';
import { listingFlags } from '../cli/flags.ts';
import { ListingCommand } from '../cli/listing-command.ts';
import { printable } from '../cli/quoting.ts';
import {
  isVaultKey,
  type Setting,
  settingText,
  unknownKey,
  userSettings,
  vaultSettings,
} from '../cli/settings.ts';
import { isUserKey, USER_KEYS, userConfigPath } from '../cli/user-config.ts';
import { initUserConfig, setUserKey } from '../cli/user-config-edit.ts';
import { isVaultError } from '../index.ts';

export default class ConfigCommand extends ListingCommand {
  static override summary = "show and set what the user has settled, and show the vault's own settings";
  static override description = CONFIG_MANUAL.description;
  static override examples = CONFIG_MANUAL.examples;
  static override related = ['init'];
  static override exits = { 1: 'get: the key is not set', 8: 'init: there is a file already' };
  static override usage = 'get KEY | set KEY VALUE | list | init';
  static override args = {
    action: Args.string({
      description: 'get, set, list or init',
      options: ['get', 'set', 'list', 'init'],
      required: true,
    }),
    key: Args.string({ description: `${Object.keys(USER_KEYS).join(', ')}, or vault.<name> to get` }),
    value: Args.string({ description: 'what it shall be' }),
  };
  static override flags = { ...listingFlags };

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigCommand);
    const wish = configAction(args);
    const file = userConfigPath();
    if (wish.action === 'list') {
      const settings = await this.list(
        [...userSettings(), ...(await this.#ofVault())],
        (row) => row,
        (row) => [`${row.key}=${printable(settingText(row))}${this.eol}`],
      );
      return this.json ? this.document('config', { file, settings }) : undefined;
    }
    if (wish.action === 'get') return this.#get(wish.key);
    if (wish.action === 'set') setUserKey(wish.key, wish.value);
    else initUserConfig();
    if (this.json) return this.document('config', { file, settings: userSettings() });
    this.say(`wrote ${file}`);
  }

  async #get(key: string): Promise<void> {
    if (!isUserKey(key) && !isVaultKey(key)) throw unknownKey(key, Object.keys(USER_KEYS));
    const settings = isUserKey(key) ? userSettings() : vaultSettings(await this.openVault());
    const found = settings.find((one) => one.key === key);
    if (!found && !isUserKey(key))
      throw unknownKey(
        key,
        settings.map((one) => one.key),
      );
    if (!found) this.exitCode = Exit.no;
    else if (!this.speaksJson) await this.print(`${printable(settingText(found))}${this.eol}`);
    if (this.jsonLines && found) return this.row(found);
    if (this.json) return this.document('config', { file: userConfigPath(), settings: found ? [found] : [] });
  }

  /** None where there is no vault, unless one was named. */
  async #ofVault(): Promise<Setting[]> {
    try {
      return vaultSettings(await this.openVault());
    } catch (error) {
      if (isVaultError(error, 'NO_VAULT') && this.vaultOption === undefined) return [];
      throw error;
    }
  }
}
