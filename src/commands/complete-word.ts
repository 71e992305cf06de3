import { wordsFor } from '../cli/completion/complete-word.ts';
import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import { hereIn } from '../cli/operands/operands.ts';

export default class CompleteWord extends BaseCommand {
  static override hidden = true;
  static override summary = 'list what a word may become, for the completion of shells';
  static override description =
    'Prints names of lines and tags, or REV:paths, that begin with WORD, a line each.';
  static override examples = [
    { description: 'What begins like this?', command: 'vault complete-word HEAD:src/' },
  ];
  static override group = 'plumbing' as const;
  static override args = { word: Args.string({ description: 'what has been typed' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(CompleteWord);
    const vault = await this.openVault();
    const words = await wordsFor(vault, args.word ?? '', hereIn(vault));
    if (this.json) return this.document('complete-word', { words });
    for (const word of words) await this.print(`${word}\n`);
  }
}
