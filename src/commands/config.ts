import { Args, Exit } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { printable } from '../cli/text/quoting.ts';
import { CONFIG_MANUAL, type ConfigQuestion, configAction } from '../cli/user-config/action.ts';
import { allSettings, settingsOf, settingText, userSettings } from '../cli/user-config/settings.ts';
import { USER_KEYS, userConfigPath } from '../cli/user-config/user-config.ts';
import { initUserConfig, setUserKey } from '../cli/user-config/user-config-edit.ts';

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
    const request = configAction(args);
    const file = userConfigPath();
    if (request.action === 'set') setUserKey(request.key, request.value);
    else if (request.action === 'init') initUserConfig();
    else return this.#show(request, file);
    if (this.json) return this.document('config', { file, settings: userSettings() });
    this.say(`wrote ${file}`);
  }

  async #show(request: ConfigQuestion, file: string): Promise<void> {
    const ofVault = () => this.openVault();
    const isNamed = this.vaultOption !== undefined;
    const found =
      request.action === 'get' ? await settingsOf(request.key, ofVault) : await allSettings(ofVault, isNamed);
    const settings = await this.list(
      found,
      (row) => row,
      (row) => [request.action === 'get' ? '' : `${row.key}=`, printable(settingText(row)), this.eol],
    );
    if (request.action === 'get' && found.length === 0) this.exitCode = Exit.no;
    if (this.json) await this.document('config', { file, settings });
  }
}
