import { bashCompletion } from '../cli/completion/bash.ts';
import { fishCompletion } from '../cli/completion/fish.ts';
import { type CompletedCommand, completionModel } from '../cli/completion/model.ts';
import { powershellCompletion } from '../cli/completion/powershell.ts';
import { zshCompletion } from '../cli/completion/zsh.ts';
import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import type { CliConfig } from '../cli/frame/config.ts';

const SCRIPTS: Record<string, (commands: CompletedCommand[]) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};

export default class Completion extends BaseCommand {
  static override summary = 'print a script that completes command lines in a shell';
  static override description =
    `The script completes commands, options and their values, files, the names of lines and tags, and REV:paths. Load it
where the shell starts:

    bash        eval "$(vault completion bash)"
    zsh         source <(vault completion zsh)
    fish        vault completion fish | source
    powershell  vault completion powershell | Out-String | Invoke-Expression`;
  static override examples = [
    { description: 'In ~/.bashrc', command: 'eval "$(vault completion bash)"' },
    {
      description: 'For fish, once',
      command: 'vault completion fish > ~/.config/fish/completions/vault.fish',
    },
  ];
  static override related = ['help'];
  static override args = {
    shell: Args.string({
      description: 'bash, zsh, fish or powershell',
      options: Object.keys(SCRIPTS),
      required: true,
    }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const commands = completionModel(await (this.config as CliConfig).catalogue.describe());
    const script = SCRIPTS[args.shell]!(commands);
    if (this.json) return this.document('completion', { shell: args.shell, script });
    await this.print(script);
  }
}
