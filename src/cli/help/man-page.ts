/** Man pages in the man(7) macros, from the descriptions of the commands. */
import type { CommandDescription, OptionDescription } from '../frame/describe.ts';
import { optionLabel, paragraphs, type UsagePart, usageParts } from '../frame/usage.ts';

const EXIT_TABLE: [codes: string, meaning: string][] = [
  ['0', 'success'],
  ['1', 'an answer of "no": it differs, nothing was found, or several match'],
  ['2', 'the command line makes no sense'],
  ['3', 'done, but something could not be read'],
  ['4', 'damage was found'],
  ['5', 'the disk failed, is full or read-only, or permission was denied'],
  ['6', 'remote storage failed (vaults are local so far)'],
  ['7', 'another writer was first; trying again may help'],
  ['8', 'refused for safety'],
  ['9', 'a newer or unknown format'],
  ['10', 'there is no vault here'],
  ['11', 'another process holds what is needed'],
  ['12', 'wrong passphrase or key (nothing is encrypted so far)'],
  ['70', 'an unexpected failure: a bug in vault'],
  ['130', 'interrupted'],
];

const ENVIRONMENT: [name: string, meaning: string][] = [
  ['VAULT_DIR', 'the vault to use where --vault is not given'],
  ['XDG_CONFIG_HOME', "where the user's config is: vault/config.toml in it; ~/.config unless set"],
  ['XDG_CACHE_HOME', 'where what can be made again is kept: vault in it; ~/.cache unless set'],
  ['XDG_STATE_HOME', 'where restores leave their records: vault in it; ~/.local/state unless set'],
  ['NO_COLOR', 'no colour on terminals when set to anything'],
  ['DEBUG', 'shows where in the program a failure came from when set to anything'],
];

/** File name → content, `vault.1` first. */
export function renderManPages(commands: CommandDescription[], version: string): Map<string, string> {
  const sorted = commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
  const pages = new Map([['vault.1', overview(sorted, version)]]);
  for (const command of sorted) pages.set(`vault-${command.id}.1`, commandPage(command, version));
  return pages;
}

function commandPage(command: CommandDescription, version: string): string {
  const { id, summary, description, args, flags, examples, exits, related } = command;
  const operands = Object.values(args).filter((arg) => arg.description && !arg.hidden);
  const options = Object.values(flags).filter((flag) => !flag.hidden && flag.helpGroup !== 'GLOBAL');
  return page(`vault-${id}`, version, [
    ['NAME', [`${roff(`vault-${id}`)} \\- ${roff(summary)}`]],
    ['SYNOPSIS', synopsis(command)],
    ['DESCRIPTION', prose(description === '' ? `${summary}.` : description)],
    [
      'OPERANDS',
      operands.flatMap((arg) => item(`\\fI${roff(arg.name.toUpperCase())}\\fR`, arg.description!)),
    ],
    [
      'OPTIONS',
      [...options.flatMap(optionItem), ...closing('The options that every command has are in vault(1).')],
    ],
    ['EXAMPLES', examples.flatMap(exampleItem)],
    ['EXIT STATUS', [...exitItems(Object.entries(exits)), ...closing('All exit codes are in vault(1).')]],
    ['SEE ALSO', [seeAlso(['vault', ...related.map((name) => `vault-${name}`)])]],
  ]);
}

function overview(commands: CommandDescription[], version: string): string {
  const globals = Object.values(commands[0]!.flags).filter(({ helpGroup }) => helpGroup === 'GLOBAL');
  const list = (group: string): string[] =>
    commands
      .filter((command) => command.group === group)
      .flatMap(({ id, summary }) => item(`\\fBvault\\-${roff(id)}\\fR(1)`, summary));
  return page('vault', version, [
    ['NAME', ['vault \\- keeps every version of a folder, once']],
    [
      'SYNOPSIS',
      [
        '.SY vault',
        '.RB [ \\-C',
        '.IR <dir> ]',
        '.RB [ \\-\\-vault =\\c',
        '.IR <vault> ]',
        '.RB [ \\-\\-json ]',
        '.RB [ \\-q ]',
        '.I command',
        '[...]',
        '.YS',
      ],
    ],
    [
      'DESCRIPTION',
      prose(`vault is a content-addressed store for files. It cuts them by content, stores each piece once, compressed,
and keeps every version of a folder as a snapshot; snapshots follow each other on a line, and tags name them.

The vault that a command works on is the one of --vault, else of the environment variable VAULT_DIR, else the nearest
.vault upward from the first path given or from the current folder (a folder is the vault itself, a file is a link to
one), else the one that the user's config names as store.

How snapshots, folders and files in them (REV, REV:PATH) and times are written is in vault-rev-parse(1).`),
    ],
    ['COMMANDS', list('porcelain')],
    ['PLUMBING COMMANDS', list('plumbing')],
    [
      'OPTIONS',
      [
        ...prose('Every command has these, before or after its name. -- ends the options.'),
        ...globals.flatMap(optionItem),
      ],
    ],
    ['EXIT STATUS', exitItems(EXIT_TABLE)],
    ['ENVIRONMENT', ENVIRONMENT.flatMap(([name, meaning]) => item(`\\fB${roff(name)}\\fR`, meaning))],
    ['SEE ALSO', [seeAlso(commands.map(({ id }) => `vault-${id}`))]],
  ]);
}

function page(name: string, version: string, sections: [title: string, lines: string[]][]): string {
  const head = [
    '.\\" made by scripts/make-man.ts: do not edit',
    `.TH "${name.toUpperCase()}" 1 "" "vault ${version}" "vault"`,
    // Justified and hyphenated text is hard to read in a terminal.
    '.nh',
    '.ad l',
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines]) => [`.SH ${title}`, ...lines]);
  return `${[...head, ...body].join('\n')}\n`;
}

/** A paragraph behind a list. */
function closing(text: string): string[] {
  return ['.PP', ...prose(text)];
}

/** `.SY` keeps each option with its value on one line and indents what follows the first. */
function synopsis(command: CommandDescription): string[] {
  const parts = usageParts(command).map((group) => group.map(usageText).join(''));
  return [`.SY "vault ${roff(command.id)}"`, ...parts.map((text) => `${text.replaceAll(' ', '\\ ')}`), '.YS'];
}

function usageText({ type, text }: UsagePart): string {
  if (type === 'plain') return roff(text);
  return type === 'word' ? `\\fB${roff(text)}\\fR` : `\\fI${roff(text)}\\fR`;
}

function optionItem(option: OptionDescription): string[] {
  const { names, value, valueIsOptional } = optionLabel(option);
  const label = names.map((name) => `\\fB${roff(name)}\\fR`).join(', ');
  const shown = value === undefined ? '' : `=\\fI${roff(value)}\\fR`;
  const text = [option.summary ?? '', option.description ?? ''].filter((part) => part !== '').join('\n\n');
  const preset = option.default === undefined ? '' : ` (${option.default} unless given)`;
  return item(label + (valueIsOptional ? `[${shown}]` : shown), text + preset);
}

function exampleItem({ description, command }: CommandDescription['examples'][number]): string[] {
  return ['.PP', roffLine(description), '.PP', '.in +4n', '.EX', roffLine(command), '.EE', '.in'];
}

function exitItems(rows: [codes: string, meaning: string][]): string[] {
  return rows.flatMap(([codes, meaning]) => item(`\\fB${roff(codes)}\\fR`, meaning));
}

function item(label: string, text: string): string[] {
  const [first = [], ...rest] = paragraphs(text).map(paragraphLines);
  return ['.TP', label, ...first, ...rest.flatMap((lines) => ['.IP', ...lines])];
}

function prose(text: string): string[] {
  return paragraphs(text).flatMap((block, i) => [...(i === 0 ? [] : ['.PP']), ...paragraphLines(block)]);
}

function paragraphLines({ preformatted, text }: { preformatted: boolean; text: string }): string[] {
  if (!preformatted) return [roffLine(text)];
  return ['.in +4n', '.EX', ...text.split('\n').map((line) => roffLine(line.trim())), '.EE', '.in'];
}

function seeAlso(names: string[]): string {
  return names.map((name) => `\\fB${roff(name)}\\fR(1)`).join(',\n');
}

/** roff's own characters, and `-` as the ASCII hyphen that people copy. */
function roff(text: string): string {
  return text.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/'/g, '\\(aq').replace(/`/g, '\\(ga');
}

/** A line of text that begins with a dot is not a request. */
function roffLine(text: string): string {
  return roff(text).replace(/^\./, '\\&.');
}
