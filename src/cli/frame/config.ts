/**
 * The part of oclif's Config that a Command and the help ask for. `Config.load` reads package files, looks for plugins
 * and globs for commands on every start; we know all of that when we build.
 */
import { arch, release } from 'node:os';
import type { Config } from '@oclif/core/config';
import type { CommandDescription } from './describe.ts';

/** All commands, as the dispatcher knows them. */
export interface Catalogue {
  names(): string[];
  /** Costs loading every command when we run from the sources. */
  describe(): Promise<CommandDescription[]>;
}

/** What our dispatcher hands to a command as `this.config`. */
export interface CliConfig extends Config {
  catalogue: Catalogue;
}

/** `commands` is only needed to render help. */
export function cliConfig(
  version: string,
  catalogue: Catalogue,
  commands: CommandDescription[] = [],
): CliConfig {
  const known = new Map(commands.map((command) => [command.id, command]));
  const config = {
    catalogue,
    name: 'vault',
    bin: 'vault',
    version,
    get userAgent() {
      return `vault/${version} ${process.platform}-${arch()}-${release()} node-${process.version}`;
    },
    root: '',
    platform: process.platform,
    shell: 'sh',
    topicSeparator: ' ',
    flexibleTaxonomy: false,
    isSingleCommandCLI: false,
    plugins: new Map(),
    topics: [],
    theme: undefined,
    pjson: { name: 'vault', version, description: '', oclif: {} },
    commands,
    commandIDs: [...known.keys()],
    findCommand: (id: string) => known.get(id),
    findTopic: () => undefined,
    scopedEnvVar: () => undefined,
    scopedEnvVarKeys: () => [],
    runHook: async () => ({ successes: [], failures: [] }),
  };
  return config as unknown as CliConfig;
}
