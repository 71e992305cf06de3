import { Args, Exit, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { stdinBytes } from '../cli/frame/stdin.ts';
import { askedPath, ignorePaths } from '../cli/operands/ignore-paths.ts';
import { excludePatterns, exclusionFlags } from '../cli/options/exclude-patterns.ts';
import { CHECK_IGNORE_MANUAL, ignoreFields, ignoreText, isMatch } from '../cli/render/ignore.ts';
import { IgnoreChecker } from '../index.ts';

export default class CheckIgnore extends ListingCommand {
  static override summary = 'say which rule leaves a path out of snapshots';
  static override description = CHECK_IGNORE_MANUAL.description;
  static override examples = CHECK_IGNORE_MANUAL.examples;
  static override related = ['status', 'snapshot'];
  static override exits = { 0: 'one of the PATHs at least is left out', 1: 'none is' };
  static override usage = '[<options>] PATH… | --stdin';
  static override strict = false;
  static override args = { path: Args.string({ description: 'what to judge', multiple: true }) };
  static override flags = {
    ...listingFlags,
    verbose: Flags.boolean({ char: 'v', summary: 'print the rule that decides, too' }),
    'non-matching': Flags.boolean({
      char: 'n',
      summary: 'with -v, print also what no rule speaks of',
      dependsOn: ['verbose'],
    }),
    stdin: Flags.boolean({ summary: 'read the paths from standard input, a line each (-z: NUL)' }),
    ...exclusionFlags,
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(CheckIgnore);
    const { verbose, 'non-matching': all } = flags;
    const paths = ignorePaths(argv as string[], flags, () => stdinBytes(this.signal));
    const excluded = excludePatterns(flags);
    const exclude = excluded.map(({ pattern }) => pattern);
    const vault = await this.openVault(argv as string[]);
    const checker = new IgnoreChecker(vault, { exclude, oneFileSystem: flags['one-file-system'] });
    this.exitCode = Exit.no;
    const answers: object[] = [];
    for await (const group of paths) {
      const asked = group.map((given) => ({ given, answer: checker.check(askedPath(vault, given)) }));
      const matching = asked.filter((one) => isMatch(one, verbose));
      if (matching.length > 0) this.exitCode = Exit.ok;
      const shown = all || this.speaksJson ? asked : this.quiet ? [] : matching;
      const fields = await this.list(
        shown,
        (one) => ignoreFields(one, excluded),
        (one) => ignoreText(one, verbose, excluded, this.names),
      );
      answers.push(...fields);
      if (flags.stdin && !this.json) await this.flush();
    }
    if (this.json) await this.document('check-ignore', { paths: answers });
  }
}
