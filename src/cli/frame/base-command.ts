/**
 * What every command shares. A command is one file in `src/commands`, named as the command: flags, one call of the
 * library, one render; 60 lines or fewer. It is found by its file name; nothing has to be registered. Template:
 *
 *   import { Args, BaseCommand } from '../cli/frame/base-command.ts';
 *   import { listingFlags } from '../cli/frame/flags.ts';
 *   import { listTags } from '../index.ts';
 *
 *   export default class ListTags extends BaseCommand {
 *     static override summary = 'list tags';                       // one line, no capital, no full stop
 *     static override description = `What it does, in sentences.`; // the man page's DESCRIPTION
 *     static override examples = [{ description: 'All tags of 2026', command: "vault list-tags '2026-*'" }];
 *     static override args = { glob: Args.string({ description: 'only names that match' }) };
 *     static override flags = { ...listingFlags };
 *     static override group = 'plumbing' as const;                 // 'porcelain' when left out
 *     static override related = ['tag'];                           // SEE ALSO of the man page
 *     static override exits = { 1: 'no tag matches' };             // EXIT STATUS, beyond the common table
 *
 *     async run(): Promise<void> {
 *       const { args, flags } = await this.parse(ListTags);
 *       const vault = await this.openVault();                      // closed when the command ends
 *       const tags = await listTags(vault, { glob: args.glob, signal: this.signal });
 *       if (this.json) return this.document('tags', { tags });     // adds schema and warnings
 *       for (const tag of tags) await this.print(`${tag.name}\n`);
 *       if (tags.length === 0) this.exitCode = Exit.no;            // an answer of "no": never throw, never exit
 *     }
 *   }
 *
 * - Lines of a description are joined to paragraphs; an empty line parts them, lines that begin with a space stay.
 * - `static override usage` is what follows the name where options and operands alone do not say it.
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
import { isVaultError } from '../../errors.ts';
import type { Repository } from '../../index.ts';
import { changeFolder } from '../paths/current-folder.ts';
import { jsonLine } from '../text/json.ts';
import { printable, quote } from '../text/quoting.ts';
import { Exit, type ExitCode } from './exit-codes.ts';
import { globalFlags, refuseValues, spellOutImplied } from './flags.ts';
import { interrupt, interrupted, unlessInterrupted } from './interrupt.ts';
import { ClosedPipe, say, stdout } from './output.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';
import { isParseError, usageError, withoutParserFrame } from './usage-error.ts';

export { Args, Flags } from './flags.ts';
export { Exit };

export abstract class BaseCommand extends Command {
  static override baseFlags = globalFlags;
  /** Where `vault help` lists it. */
  static group: 'porcelain' | 'plumbing' = 'porcelain';
  /** Commands that its man page points to. */
  static related: string[] = [];
  /** What exit codes mean for this command, beyond the common table: `{ 1: 'they differ' }`. */
  static exits: Record<number, string> = {};

  /** What `run` leaves here is the exit code, unless it throws. */
  exitCode: ExitCode = Exit.ok;
  /** `--json`: one document on stdout, by `document` */
  protected json = false;
  /** `--json-lines` of `listingFlags`: one object a line, by `row` */
  protected jsonLines = false;
  protected quiet = false;
  /** `--vault`, from the command line only */
  protected vaultOption: string | undefined;
  /** Operands behind `--`; undefined when there was none. */
  protected afterDashes: string[] | undefined;
  protected readonly signal: AbortSignal = interrupted;
  #vault: Repository | undefined;
  #nullTerminated = false;
  #progressHow: 'auto' | 'json' | 'none' = 'auto';
  #progress: ProgressDisplay | undefined;
  readonly #warnings: string[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Runs the command to its exit code; throws what `run` threw, after everything opened was closed. */
  async execute(): Promise<ExitCode> {
    await this._run();
    return this.exitCode;
  }

  /** Whether a failure is told as a JSON document. */
  get speaksJson(): boolean {
    return this.json || this.jsonLines;
  }

  protected override async init(): Promise<void> {}

  protected override async catch(error: Error): Promise<never> {
    if (isParseError(error)) throw usageError(error, this.id!);
    throw await this.#explained(withoutParserFrame(error));
  }

  /** What a forgotten snapshot no longer has is "no", not damage. The vault is still open. */
  async #explained(error: Error): Promise<unknown> {
    if (!this.#vault || !isVaultError(error, 'MISSING_OBJECT')) return error;
    const { explainMissing } = await import('../vault/explain-missing.ts');
    return explainMissing(this.#vault, error, { signal: this.signal });
  }

  protected override async finally(failure: Error | undefined): Promise<void> {
    const failures: unknown[] = failure === undefined ? [] : [failure];
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    // What went wrong first says most; `run`'s own failure is thrown by `catch`.
    if (failure === undefined && failures.length > 0) throw failures[0];
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
    const dashes = this.argv.indexOf('--');
    refuseValues(dashes === -1 ? this.argv : this.argv.slice(0, dashes), flags, this.id!);
    const result = await super.parse(input as unknown as Input<F, B, A>, spellOutImplied(this.argv, flags));
    this.#applyGlobals(result.flags as GlobalValues);
    if (dashes !== -1) this.afterDashes = this.argv.slice(dashes + 1);
    return { ...result, argv: operandsOf(result) };
  }

  #applyGlobals(flags: GlobalValues): void {
    for (const folder of flags.directory ?? []) changeFolder(folder);
    this.json = Boolean(flags.json);
    this.jsonLines = Boolean(flags['json-lines']);
    this.quiet = Boolean(flags.quiet);
    this.vaultOption = flags.vault;
    this.#nullTerminated = Boolean(flags.null);
    this.#progressHow = flags.progress ?? 'auto';
  }

  /**
   * Finds and opens the vault that is meant; it is closed when the command ends.
   * @param paths operands that name files of its folder
   */
  protected async openVault(paths: readonly string[] = []): Promise<Repository> {
    const { openFoundVault } = await import('../vault/open-vault.ts');
    const { vaultOption: vault, progress, signal } = this;
    this.#vault = this.closing(await openFoundVault({ vault, paths, progress, signal }));
    return this.#vault;
  }

  /** Where this run shows how far it is; `--progress` of `progressFlags` says how. */
  protected get progress(): ProgressDisplay {
    const { quiet } = this;
    const onWarning = (message: string): void => void this.warn(message);
    this.#progress ??= this.closing(createProgress({ how: this.#progressHow, quiet, onWarning }));
    return this.#progress;
  }

  /** Data for stdout. Await it. */
  protected print(data: string | Uint8Array): Promise<void> | undefined {
    try {
      const full = stdout.write(data);
      return full && unlessInterrupted(full).catch(stopAtClosedPipe);
    } catch (error) {
      return stopAtClosedPipe(error);
    }
  }

  /** What was printed so far is written when it resolves: for a reader that waits for it. */
  protected async flush(): Promise<void> {
    try {
      await unlessInterrupted(stdout.end());
    } catch (error) {
      stopAtClosedPipe(error);
    }
  }

  /** One object of `--json-lines`. Await it. */
  protected row(value: object): Promise<void> | undefined {
    return this.print(jsonLine(value));
  }

  /** The one `--json` document: `{"schema":"vault/<schema>/1", …, "warnings":[…]}`. */
  protected document(schema: string, body: object, version = 1): Promise<void> | undefined {
    const name = `vault/${schema}/${version}`;
    return this.print(jsonLine({ schema: name, ...body, warnings: this.#warnings }));
  }

  /** Talk: what was done, for a person. */
  protected say(line: string): void {
    if (this.speaksJson || this.quiet) return;
    this.#progress?.clear();
    say(`${printable(line)}\n`);
  }

  /** Something the user must know although the command goes on. */
  override warn(input: string | Error): string | Error {
    const text = typeof input === 'string' ? input : input.message;
    this.#warnings.push(text);
    this.#progress?.clear();
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
  null?: boolean;
  progress?: 'auto' | 'json' | 'none';
}

/** As they were given: the parser's `argv` has each word where it first stands, be it as the value of an option. */
function operandsOf({ raw }: Pick<ParserOutput, 'raw'>): string[] {
  return raw.filter(({ type }) => type === 'arg').map(({ input }) => input);
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
