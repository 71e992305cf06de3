import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import type { CliConfig } from '../cli/frame/config.ts';
import { unknownCommand } from '../cli/frame/unknown-command.ts';
import { commandHelp, rootHelp } from '../cli/help/help.ts';
import { colourOn, columnsOf } from '../cli/text/colour.ts';

export default class HelpCommand extends BaseCommand {
  static override summary = 'show all commands, or the help of one';
  static override description = 'The man pages say the same: man ./man/vault-COMMAND.1 in the checkout.';
  static override related = ['rev-parse', 'completion'];
  static override examples = [{ description: 'How to take a snapshot', command: 'vault help snapshot' }];
  static override args = { command: Args.string({ description: 'the command to explain' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(HelpCommand);
    const config = this.config as CliConfig;
    const commands = await config.catalogue.describe();
    const command = commands.find(({ id }) => id === args.command);
    if (args.command !== undefined && command === undefined) {
      throw unknownCommand(args.command, config.catalogue.names());
    }
    if (this.json) return this.document('help', { commands: command === undefined ? commands : [command] });
    const style = { columns: columnsOf(1), colour: colourOn(1) };
    await this.print(
      command === undefined ? await rootHelp(config, style) : await commandHelp(config, command, style),
    );
  }
}
