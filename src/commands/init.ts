import { Args, BaseCommand, Flags } from '../cli/frame/base-command.ts';
import { initVaultAt, othersMayOpen } from '../cli/vault/init-vault.ts';

export default class Init extends BaseCommand {
  static override summary = 'make a vault for a folder';
  static override description =
    `Makes the vault in DIR/.vault (DIR is the current folder unless given; it is made
where it does not exist). With --store the vault goes there instead, or the one that is there is joined, and DIR/.vault
becomes a small file that points to it.

The store needs hard links, or a rename that replaces nothing: ext4, xfs, btrfs and NTFS have them, and sshfs where the
server has; where there is neither, as with exFAT and FAT through FUSE, the command refuses.

Running it again does no harm. Whatever else is in the way is left alone, and the command refuses.`;
  static override examples = [
    {
      description: 'Keep the versions of a folder in the folder itself',
      command: 'cd ~/thesis && vault init',
    },
    {
      description: 'Keep them on another disk, several folders in one store',
      command: 'vault init ~/photos --store /mnt/backup/vault',
    },
  ];
  static override related = ['snapshot'];
  static override exits = { 8: 'something else is there, or the file system cannot hold a store' };
  static override args = {
    dir: Args.string({ description: 'the folder to keep; the current one unless given', default: '.' }),
  };
  static override flags = {
    store: Flags.string({ summary: 'keep the data in this folder', helpValue: '<folder>' }),
    line: Flags.string({
      summary: "name the folder's line in the store; <host>/<folder> unless given",
      helpValue: '<name>',
      dependsOn: ['store'],
    }),
    shared: Flags.boolean({ summary: 'let the group of the store read and write it' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init);
    const { store, folder, line, created, vaultId, exposed } = await initVaultAt({
      folder: args.dir,
      ...flags,
    });
    if (exposed) this.warn(othersMayOpen(store));
    if (this.json) return this.document('init', { store, folder, line, created, vault_id: vaultId });
    this.say(`${created ? 'made a vault in' : 'the vault was there already:'} ${store}`);
    if (flags.store !== undefined) this.say(`${folder} is kept in it as line ${line}`);
    const where = folder === process.cwd() ? '' : `-C ${folder} `;
    this.say(`next: vault ${where}snapshot -m "first"`);
  }
}
