/** Completion for zsh. */
import type { CompletedCommand, CompletedOption, Places } from './model.ts';

export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef vault
# zsh completion for vault: source <(vault completion zsh), or save it as _vault in a folder of $fpath
_vault_commands() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  _describe -t commands 'vault command' commands
}

_vault_revisions() {
  local -a found folders
  local answer
  for answer in \${(f)"$(vault "\${vault_globals[@]}" complete-word -- "\${(Q)PREFIX}" 2> /dev/null)"}; do
    if [[ $answer == */ ]]; then folders+=("$answer"); else found+=("$answer"); fi
  done
  compadd -- "\${found[@]}"
  compadd -S '' -- "\${folders[@]}"
}

_vault_places() {
  local place
  for place in "$@"; do
    case $place in
      revisions) _vault_revisions ;;
      files) _files ;;
      none) _message 'value' ;;
      *) compadd -- "$place" ;;
    esac
  done
}

_vault() {
  local curcontext=$curcontext state line
  local -a vault_globals
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      -C | --directory | --vault) vault_globals+=("$words[i]" "\${(Q)words[i + 1]}") ;;
      -C?* | --directory=* | --vault=*) vault_globals+=("\${(Q)words[i]}") ;;
    esac
  done
  _arguments -C \\
    '*'{-C+,--directory=}'[run as if started there]:folder:_files -/' \\
    '--vault=[use this vault]:vault:_files' \\
    '--json[print one JSON document]' \\
    {-q,--quiet}'[print only what was asked for]' \\
    {-h,--help}'[show help]' \\
    '--version[show the version]' \\
    '1: :_vault_commands' \\
    '*:: :->operands'
  [[ $state == operands ]] || return
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}

if [[ $funcstack[1] == _vault ]]; then _vault "$@"; else compdef _vault vault; fi
`;
}

function commandCase({ name, options, operands }: CompletedCommand): string {
  const lines = options.flatMap(optionSpecs).map((spec) => `        ${spec} \\\n`);
  return `    ${name})
      _arguments -s -S \\
${lines.join('')}        '*: : _vault_places ${placeWords(operands)}' ;;`;
}

/** One spec for each spelling: `'*--message=[say what]: : _vault_places none'`. The space before the action keeps its arguments as they are. */
function optionSpecs({ names, summary, value }: CompletedOption): string[] {
  return names.map((name) => {
    const attached = value ? (name.startsWith('--') ? '=' : '+') : '';
    const what = `[${summary.replace(/[[\]\\:]/g, '\\$&')}]`;
    return quoted(`*${name}${attached}${what}${value ? `: : _vault_places ${placeWords(value)}` : ''}`);
  });
}

function placeWords({ revisions, files, words }: Places): string {
  const all = [...(revisions ? ['revisions'] : []), ...(files ? ['files'] : []), ...words];
  return all.length === 0 ? 'none' : all.join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
