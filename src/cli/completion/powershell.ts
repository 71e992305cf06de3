/** Completion for PowerShell, from 5 on. */
import type { CompletedCommand, Places } from './model.ts';

export function powershellCompletion(commands: readonly CompletedCommand[]): string {
  return `# PowerShell completion for vault: vault completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName vault -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = @{
${commands.map(({ name, summary, options, operands }) => `        ${quoted(name)} = @{ Summary = ${quoted(summary)}; Operands = ${list(placeWords(operands))}; Options = @{ ${options.flatMap(({ names, summary: text }) => names.filter((one) => one.startsWith('--')).map((one) => `${quoted(one)} = ${quoted(text)}`)).join('; ')} }; Values = @{ ${options.flatMap(({ names, value }) => (value ? names.filter((one) => one.startsWith('--')).map((one) => `${quoted(one)} = ${list(placeWords(value))}`) : [])).join('; ')} } }`).join('\n')}
    }
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    $command = $null
    $globals = @()
    for ($i = 1; $i -lt $words.Count; $i++) {
        if ($words[$i] -cin '-C', '--directory', '--vault') {
            if ($i + 1 -lt $words.Count) { $globals += $words[$i], $words[$i + 1] }
            $i++
        } elseif ($words[$i] -cmatch '^(-C.|--directory=|--vault=)') {
            $globals += $words[$i]
        } elseif (-not $words[$i].StartsWith('-') -and $null -eq $command) {
            $command = $words[$i]
        }
    }
    function Answer([string] $text, [string] $kind, [string] $tip) {
        [System.Management.Automation.CompletionResult]::new($text, $text, $kind, $(if ($tip) { $tip } else { $text }))
    }
    if ($null -eq $command) {
        $commands.GetEnumerator() | Where-Object { $_.Key.StartsWith($wordToComplete) } | Sort-Object Key |
            ForEach-Object { Answer $_.Key 'Command' $_.Value.Summary }
        return
    }
    $known = $commands[$command]
    if ($null -eq $known) { return }
    $before = $words[$words.Count - 1]
    if ($known.Values.ContainsKey($before)) {
        $places = $known.Values[$before]
    } elseif ($wordToComplete.StartsWith('-')) {
        $known.Options.GetEnumerator() | Where-Object { $_.Key.StartsWith($wordToComplete) } | Sort-Object Key |
            ForEach-Object { Answer $_.Key 'ParameterName' $_.Value }
        return
    } else {
        $places = $known.Operands
    }
    foreach ($place in $places) {
        switch ($place) {
            'revisions' {
                vault @globals complete-word -- $wordToComplete 2> $null | ForEach-Object { Answer $_ 'ParameterValue' $_ }
            }
            'files' {
                Get-ChildItem -Path "$wordToComplete*" -ErrorAction SilentlyContinue |
                    ForEach-Object { Answer (Resolve-Path -Relative $_.FullName) 'ProviderItem' $_.FullName }
            }
            default { if ($place.StartsWith($wordToComplete)) { Answer $place 'ParameterValue' $place } }
        }
    }
}
`;
}

function placeWords({ revisions, files, words }: Places): string[] {
  return [...(revisions ? ['revisions'] : []), ...(files ? ['files'] : []), ...words];
}

function list(words: readonly string[]): string {
  return `@(${words.map(quoted).join(', ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
