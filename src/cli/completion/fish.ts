/** Completion for fish. */
import type { CompletedCommand, CompletedOption, Places } from './model.ts';

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# fish completion for vault: vault completion fish | source
function __vault_globals
    set -l take 0
    for word in (commandline -opc)
        if test $take = 1
            echo -- $word
            set take 0
        else if contains -- $word -C --directory --vault
            echo -- $word
            set take 1
        else if string match -qr -- '^(-C.|--directory=|--vault=)' $word
            echo -- $word
        end
    end
end

function __vault_revisions
    vault (__vault_globals) complete-word -- (commandline -ct) 2>/dev/null
end

complete -c vault -f
complete -c vault -s C -l directory -r -d 'run as if started there'
complete -c vault -l vault -r -d 'use this vault'
complete -c vault -l json -d 'print one JSON document'
complete -c vault -s q -l quiet -d 'print only what was asked for'
complete -c vault -s h -l help -d 'show help'
complete -c vault -n __fish_use_subcommand -l version -d 'show the version'
${commands.flatMap(commandLines).join('\n')}
`;
}

const GLOBAL = new Set(['--directory', '--vault', '--json', '--quiet', '--help']);

function commandLines({ name, summary, options, operands }: CompletedCommand): string[] {
  const here = `complete -c vault -n '__fish_seen_subcommand_from ${name}'`;
  const own = options.filter(({ names }) => !GLOBAL.has(names[0]!));
  return [
    `complete -c vault -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...own.map((option) => `${here} ${optionText(option)}`),
    ...operandTexts(operands).map((text) => `${here} ${text}`),
  ];
}

function optionText({ names: [long, short], summary, value }: CompletedOption): string {
  const letters = short === undefined ? '' : ` -s ${short.slice(1)}`;
  const text = `-l ${long!.slice(2)}${letters} -d ${quoted(summary)}`;
  if (!value) return text;
  const answers = placeAnswers(value);
  return `${text} ${value.files ? '-rF' : '-x'}${answers === '' ? '' : ` -a '${answers}'`}`;
}

function operandTexts(places: Places): string[] {
  const answers = placeAnswers(places);
  return [...(places.files ? ['-F'] : []), ...(answers === '' ? [] : [`-a '${answers}'`])];
}

function placeAnswers({ revisions, words }: Places): string {
  return [...(revisions ? ['(__vault_revisions)'] : []), ...words].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
