/**
 * What every command shares. A command is one file in `src/commands`, named as the command: flags, one call of the
 * library, one render; 60 lines or fewer. It is found by its file name; nothing has to be registered. Template:
 *
 *   import { Args, BaseCommand } from '../cli/base-command.ts';
 *   import { listingFlags } from '../cli/flags.ts';
 *
 *   export default class ListTags extends BaseCommand {
 *     static override summary = 'list tags';                       // one line, no capital, no full stop
 *     static override description = `What it does, in sentences.`; // the man page's DESCRIPTION
 *     static override examples = [{ description: 'All tags of 2026', command: "vault list-tags '2026-*'" }];
 *     static override args = { glob: Args.string({ description: 'only names that match' }) };
 *     static override flags = { ...listingFlags };
 *     static group = 'plumbing';                                   // 'porcelain' when left out
 *
 *     async run(): Promise<void> {
 *       const { args, flags } = await this.parse(ListTags);
 *       const vault = await this.openVault();                      // closed when the command ends
 *       const tags = await vault.tags({ glob: args.glob, signal: this.signal });
 *       if (this.json) return this.document('tags', { tags });     // adds schema and warnings
 *       for (const tag of tags) await this.print(`${tag.name}\n`);
 *       if (tags.length === 0) this.exitCode = Exit.no;            // an answer of "no": never throw, never exit
 *     }
 *   }
 *
 * - Data goes to `this.print` (await it: it waits while a pipe is full), talk to `this.say` (silent with `-q`),
 *   warnings to `this.warn` (they are a field of the JSON document). Nothing else writes.
 * - Names are printed by `this.name(bytes)` (quoted, raw with `-z`) and ended by `this.eol`.
 * - A path operand is a string from the parser; `bytesOf(args.file)` is its bytes.
 * - Operands behind `--` are in `this.afterDashes` (undefined without `--`).
 * - Failures are thrown as VaultError; the exit code follows from its code in one place.
 * - `this.signal` ends long calls: pass it on.
 */
import { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import type { Input, ParserOutput } from '@oclif/core/parser';
import { changeFolder } from './current-folder.ts';
import { Exit, type ExitCode } from './exit-codes.ts';
import { globalFlags, spellOutImplied } from './flags.ts';
import { interrupt, interrupted } from './interrupt.ts';
import { jsonLine } from './json.ts';
import { ClosedPipe, say, stdout } from './output.ts';
import { printable, quote } from './quoting.ts';
import { isParseError, usageError } from './usage-error.ts';

export { Args, Flags } from './flags.ts';
export { Exit };

/** Thrown out of `parse` for `--help`, caught by the dispatcher. */
export class HelpWanted extends Error {}

export abstract class BaseCommand extends Command {
  static override baseFlags = globalFlags;
  /** Where `vault help` lists it. */
  static group: 'porcelain' | 'plumbing' = 'porcelain';

  /** What `run` leaves here is the exit code, unless it throws. */
  exitCode: ExitCode = Exit.ok;
  json = false;
  protected quiet = false;
  /** `--vault`, from the command line only */
  protected vaultOption: string | undefined;
  /** Operands behind `--`; undefined when there was none. */
  protected afterDashes: string[] | undefined;
  protected readonly signal: AbortSignal = interrupted;
  #nullTerminated = false;
  readonly #warnings: string[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Runs the command to its exit code; throws what `run` threw, after everything opened was closed. */
  async execute(): Promise<ExitCode> {
    await this._run();
    return this.exitCode;
  }

  protected override async init(): Promise<void> {}

  protected override async catch(error: Error): Promise<never> {
    throw isParseError(error) ? usageError(error, this.id!) : error;
  }

  protected override async finally(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }

  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options: Input<F, B, A>,
  ): Promise<ParserOutput<F, B, A>> {
    const { args, strict, constraints } = options;
    // A class as `options`: what it inherits would be lost by a spread.
    const flags = { ...options.baseFlags, ...options.flags } as Record<string, object>;
    const input = {
      args: mapValues(args, ignoreStdin),
      flags: mapValues(flags, takeOneWord),
      strict,
      constraints,
    };
    const result = await super.parse(input as unknown as Input<F, B, A>, spellOutImplied(this.argv, flags));
    this.#applyGlobals(result.flags as GlobalValues);
    const dashes = this.argv.indexOf('--');
    if (dashes !== -1) this.afterDashes = this.argv.slice(dashes + 1);
    return result;
  }

  #applyGlobals(flags: GlobalValues): void {
    if (flags.help) throw new HelpWanted();
    for (const folder of flags.directory ?? []) changeFolder(folder);
    this.json = Boolean(flags.json || flags['json-lines']);
    this.quiet = Boolean(flags.quiet);
    this.vaultOption = flags.vault;
    this.#nullTerminated = Boolean(flags.null);
  }

  /** Data for stdout. Await it. */
  protected print(data: string | Uint8Array): Promise<void> | undefined {
    try {
      return stdout.write(data)?.catch(stopAtClosedPipe);
    } catch (error) {
      return stopAtClosedPipe(error);
    }
  }

  /** One object of `--json-lines`. Await it. */
  protected row(value: object): Promise<void> | undefined {
    return this.print(jsonLine(value));
  }

  /** The one `--json` document: `{"schema":"vault/<schema>/1", …, "warnings":[…]}`. */
  protected document(schema: string, body: object, version = 1): void {
    const name = `vault/${schema}/${version}`;
    this.print(jsonLine({ schema: name, ...body, warnings: this.#warnings }));
  }

  /** Talk: what was done, for a person. */
  protected say(line: string): void {
    if (!this.json && !this.quiet) say(`${printable(line)}\n`);
  }

  /** Something the user must know although the command goes on. */
  override warn(input: string | Error): string | Error {
    const text = typeof input === 'string' ? input : input.message;
    this.#warnings.push(text);
    if (!this.json) say(`vault: warning: ${printable(text)}\n`);
    return input;
  }

  /** A name as this run prints names: quoted where needed, raw with `-z`. */
  protected name(bytes: Buffer): string | Buffer {
    return this.#nullTerminated ? bytes : quote(bytes);
  }

  /** What ends a listed name. */
  protected get eol(): '\0' | '\n' {
    return this.#nullTerminated ? '\0' : '\n';
  }

  /** Closes `thing` when the command ends, also by an error; last opened, first closed. */
  protected closing<T extends { close(): Promise<void> | void }>(thing: T): T {
    this.#closers.push(() => thing.close());
    return thing;
  }
}

type Values = Record<string, unknown>;

interface GlobalValues {
  directory?: string[];
  vault?: string;
  json?: boolean;
  'json-lines'?: boolean;
  quiet?: boolean;
  help?: boolean;
  null?: boolean;
}

/** Nobody reads on: ends what produces the data, too. */
function stopAtClosedPipe(error: unknown): never {
  if (error instanceof ClosedPipe) interrupt(error);
  throw error;
}

/** oclif would read a missing operand from stdin, and take all words after a repeatable option as its values. */
const ignoreStdin = (arg: object): object => ({ ...arg, ignoreStdin: true });
const takeOneWord = (flag: object): object => ({ ...flag, multipleNonGreedy: true });

function mapValues(record: object | undefined, change: (value: object) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([key, value]) => [key, change(value)]));
}

export type CommandClass = (new (argv: string[], config: Config) => BaseCommand) & typeof BaseCommand;
