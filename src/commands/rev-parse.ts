import { Args, BaseCommand, Flags } from '../cli/frame/base-command.ts';
import { integer, optionalValue } from '../cli/frame/flags.ts';
import { REVISION_MANUAL } from '../cli/help/revision-manual.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { infoOf, isVaultError, listRefs, shortId, VaultError } from '../index.ts';

export default class RevParse extends BaseCommand {
  static override summary = 'turn revisions into ids';
  static override description = `Prints the id that each REV names, one a line, in order.

${REVISION_MANUAL}`;
  static override related = ['log', 'show', 'rev-list', 'show-ref', 'reflog'];
  static override exits = { 1: 'a revision names nothing, or several', 2: 'it is no revision' };
  static override examples = [
    { description: 'The current snapshot', command: 'vault rev-parse HEAD' },
    {
      description: 'What yesterday ended with, abbreviated',
      command: "vault rev-parse --short 'main@{yesterday}'",
    },
  ];
  static override group = 'plumbing' as const;
  static override strict = false;
  static override args = { rev: Args.string({ description: 'a revision or REV:path', multiple: true }) };
  static override flags = {
    verify: Flags.boolean({ summary: 'take exactly one REV' }),
    short: optionalValue(
      integer({
        summary: 'print a unique abbreviation of at least <n> digits',
        min: 4,
        max: 64,
        helpValue: '<n>',
      }),
      '8',
    ),
    all: Flags.boolean({ summary: 'print the ids of all refs, too' }),
    'vault-dir': Flags.boolean({ summary: 'print where the store is' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(RevParse);
    const revisions = argv as string[];
    if (flags.verify && revisions.length !== 1) {
      throw new VaultError('USAGE', '--verify takes exactly one revision');
    }
    const vault = await this.openVault();
    const store = flags['vault-dir'] ? vault.backend.location : undefined;
    if (store !== undefined && !this.json) await this.print(`${store}\n`);
    const ids: Buffer[] = [];
    try {
      for (const text of revisions) ids.push(infoOf(await resolveHere(vault, text)).id);
    } catch (error) {
      // As with git, `-q --verify` asks: the exit status is the answer.
      if (!(flags.verify && this.quiet && isVaultError(error, 'NOT_FOUND'))) throw error;
      this.exitCode = 1;
    }
    if (flags.all) {
      for await (const { record } of listRefs(vault)) ids.push(Buffer.from(record.target, 'hex'));
    }
    if (this.json)
      return this.document('rev-parse', { ...(store !== undefined && { vault_dir: store }), ids });
    for (const id of ids) {
      const text =
        flags.short === undefined ? id.toString('hex') : await shortId(vault.store, id, flags.short);
      await this.print(`${text}\n`);
    }
  }
}
