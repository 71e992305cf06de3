import { BaseCommand } from '../cli/frame/base-command.ts';

export default class Version extends BaseCommand {
  static override summary = 'show the version of vault and of the Node it runs on';
  static override description = 'Prints the version of vault, that of the Node it runs on, and the system.';
  static override examples = [{ description: 'For a bug report', command: 'vault version --json' }];

  async run(): Promise<void> {
    await this.parse(Version);
    const { version } = this.config;
    const { versions, platform, arch } = process;
    if (this.json) return this.document('version', { version, node: versions.node, platform, arch });
    await this.print(`vault ${version} (node ${versions.node}, ${platform} ${arch})\n`);
  }
}
