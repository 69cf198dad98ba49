/** Shells there is a completion for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** A dollar before a brace, which would begin an expression of ours. */
const $ = "$";

/**
 * What a shell is to load. All of them hand the words to `bothy complete` and take its lines as they come: a word, a
 * tab, what it is. The line `:files` stands for names of files.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: String.raw`# Completion of bothy for bash. Put this into ~/.bashrc:  source <(bothy completion bash)
_bothy() {
  local IFS=$' \t\n' word about
  local -a words=()
  # Bash splits words at ":" and "=" too, which belong to tags and options here.
  read -ra words <<<"${$}{COMP_LINE:0:COMP_POINT}"
  while (( ${$}{#words[@]} > 1 )) && [[ ${$}{words[0]} != "$1" ]]; do words=("${$}{words[@]:1}"); done
  [[ ${$}{COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  local current=${$}{words[${$}{#words[@]}-1]} said=""
  COMPREPLY=()
  # What bash takes for finished is not to be repeated.
  if [[ $current == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then said=${$}{current%"${$}{current##*[:=]}"}; fi
  while IFS=$'\t' read -r word about; do
    if [[ $word == :files ]]; then compopt -o default 2>/dev/null
    else COMPREPLY+=("${$}{word#"$said"}"); fi
  done < <("$1" complete -- "${$}{words[@]:1}" 2>/dev/null)
}
complete -F _bothy bothy
`,
  zsh: String.raw`#compdef bothy
# Completion of bothy for zsh. Put this into ~/.zshrc, after compinit:  source <(bothy completion zsh)
_bothy() {
  local word about
  local -a answers
  while IFS=$'\t' read -r word about; do
    if [[ $word == :files ]]; then _files
    else answers+=("${$}{word//:/\\:}:$about"); fi
  done < <("${$}{words[1]}" complete -- "${$}{(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)
  (( $#answers )) && _describe -V bothy answers
}
if [[ $funcstack[1] == _bothy ]]; then _bothy "$@"; else compdef _bothy bothy; fi
`,
  fish: String.raw`# Completion of bothy for fish:  bothy completion fish > ~/.config/fish/completions/bothy.fish
function __bothy_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (command $words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c bothy -f -k -a '(__bothy_complete)'
`,
};
