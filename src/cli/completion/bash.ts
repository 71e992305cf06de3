/** Completion for bash, from 3.2 on. */
import type { CompletedCommand, Places } from './model.ts';

/**
 * bash cuts words at `:` and `=` and wants only what follows the cut: words are read from the line itself, and what bash has
 * already is cut off the answers.
 */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return `# bash completion for vault: eval "$(vault completion bash)"
_vault_options() {
  case $1 in
${commands.map(({ name, options }) => `    ${name}) echo '${options.flatMap(({ names }) => names).join(' ')}' ;;`).join('\n')}
    *) echo '-C --vault --json -q --help --version' ;;
  esac
}

# what follows an option (nothing: it takes no value)
_vault_value() {
  case "$1 $2" in
${commands.flatMap(valueCases).join('\n')}
    *' -C' | *' --directory' | *' --vault') echo files ;;
  esac
}

_vault_operands() {
  case $1 in
${commands.map(({ name, operands }) => `    ${name}) echo '${placeWords(operands)}' ;;`).join('\n')}
    '') echo '${commands.map(({ name }) => name).join(' ')}' ;;
  esac
}

_vault() {
  local line=\${COMP_LINE:0:COMP_POINT} command= dashes= globals= i word places value= head= answer
  local words=() named=()
  # without -r: a blank behind a backslash is part of its word
  IFS=$' \\t\\n' read -a words <<< "$line"
  [[ $line == *[[:space:]] && $line != *'\\ ' ]] && words+=('')
  local last=$((\${#words[@]} - 1))
  local cur=\${words[last]}
  for ((i = 1; i < last; i++)); do
    word=\${words[i]}
    case $word in
      --) dashes=1 ;;
      -C | --directory | --vault)
        ((i + 1 < last)) && named+=("$word" "\${words[i + 1]}")
        ((i++)) ;;
      -C?* | --directory=* | --vault=*) named+=("$word") ;;
      -*) ;;
      *) [[ -z $command ]] && command=$word ;;
    esac
  done
  if [[ -n $dashes ]]; then
    places=files
  elif [[ $cur == --*=* ]]; then
    places=$(_vault_value "$command" "\${cur%%=*}") head=\${cur%%=*}= cur=\${cur#*=}
  else
    value=$(_vault_value "$command" "\${words[last - 1]}")
    if [[ -n $value ]]; then
      places=$value
    elif [[ $cur == -* ]]; then
      places=$(_vault_options "$command")
    else
      places=$(_vault_operands "$command")
    fi
  fi
  COMPREPLY=()
  for word in $places; do
    case $word in
      none) ;;
      files)
        compopt -o filenames 2> /dev/null
        while IFS= read -r answer; do COMPREPLY+=("$answer"); done < <(compgen -f -- "$cur") ;;
      revisions)
        # readline then puts backslashes before the blanks of a path
        [[ $cur == *:* ]] && compopt -o filenames 2> /dev/null
        while IFS= read -r answer; do
          [[ $answer == */ ]] && compopt -o nospace 2> /dev/null
          COMPREPLY+=("$answer")
        done < <(vault "\${named[@]}" complete-word -- "$cur" 2> /dev/null) ;;
      "$cur"*) COMPREPLY+=("$word") ;;
    esac
  done
  # what bash has cut off already
  local cut=
  [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]] && cut=\${cur%"\${cur##*:}"}
  for i in "\${!COMPREPLY[@]}"; do
    COMPREPLY[i]=\${COMPREPLY[i]#"$cut"}
    [[ -n $head && $COMP_WORDBREAKS != *=* ]] && COMPREPLY[i]=$head\${COMPREPLY[i]}
  done
}

complete -F _vault vault
`;
}

function valueCases({ name, options }: CompletedCommand): string[] {
  return options
    .filter(({ value, names }) => value && !['--directory', '--vault'].includes(names[0]!))
    .map(({ names, value }) => {
      const patterns = names.map((one) => `'${name} ${one}'`).join(' | ');
      return `    ${patterns}) echo '${placeWords(value!) || 'none'}' ;;`;
    });
}

function placeWords({ revisions, files, words }: Places): string {
  return [...(revisions ? ['revisions'] : []), ...(files ? ['files'] : []), ...words].join(' ');
}
