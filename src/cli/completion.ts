import type { Command } from "commander";
import { flagsOf, hasValue, type Place, placesOf } from "./command-tree.ts";

/** The shells that there is a completion for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The completion script of a whole program for a shell. It holds all commands and options, so that a press of the tab
 * key starts no program. It completes file names where no command or option fits.
 */
export function completionFor(program: Command, shell: Shell): string {
  const places = placesOf(program);
  switch (shell) {
    case "bash":
      return bash(places);
    case "zsh":
      return zsh(places);
    case "fish":
      return fish(places);
  }
}

/** The places as patterns of a shell's `case`, without the program itself. */
const patterns = (places: readonly Place[]): string =>
  places
    .filter(({ words }) => words !== "")
    .map(({ words }) => `"${words}"`)
    .join("|");

/** The options that are found at a place: its own, those of the program, and the help. */
const optionsAt = (place: Place, places: readonly Place[]) => [
  ...place.options,
  ...(place.words === "" ? [] : (places[0]?.options ?? [])),
];

const flagsAt = (place: Place, places: readonly Place[]): string[] => [
  ...optionsAt(place, places).flatMap(flagsOf),
  ...["-h", "--help"],
];

function bash(places: readonly Place[]): string {
  const valued = [...new Set(places.flatMap(({ options }) => options.filter(hasValue).flatMap(flagsOf)))];
  const cases = places.map((place) => {
    const names = place.children.map(({ name }) => name);
    return `    "${place.words}") names="${names.join(" ")}"; flags="${flagsAt(place, places).join(" ")}" ;;`;
  });
  return `# Completion of rbee-catalog for bash. Load it by:
#   rbee-catalog completion bash > ~/.local/share/bash-completion/completions/rbee-catalog
_rbee_catalog() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} place="" names="" flags="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${place:+$place }\${COMP_WORDS[i]}" in
      ${patterns(places)}) place="\${place:+$place }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$previous" in
    ${valued.join("|")}) return ;;
  esac
  case "$place" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$names" -- "$current")) ;;
  esac
}
complete -o default -F _rbee_catalog rbee-catalog
`;
}

/** A text in single quotes of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A candidate of zsh with its description. */
const described = (name: string, description: string): string =>
  quoted(`${name.replaceAll(":", "\\:")}:${description}`);

function zsh(places: readonly Place[]): string {
  const cases = places.map((place) => {
    const names = place.children.map(({ name, summary }) => described(name, summary));
    const flags = optionsAt(place, places).map((option) =>
      described(option.long ?? option.short ?? "", option.description),
    );
    return `    "${place.words}") names=(${names.join(" ")}); flags=(${[...flags, described("--help", "show the help")].join(" ")}) ;;`;
  });
  return `#compdef rbee-catalog
# Completion of rbee-catalog for zsh. Put it into a folder of $fpath:
#   rbee-catalog completion zsh > ~/.zfunc/_rbee-catalog
_rbee_catalog() {
  local place="" word
  local -a names flags
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${place:+$place }$word" in
      (${patterns(places)}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$place" in
${cases.map((line) => line.replace(/^( *)"/, '$1("')).join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe option flags
  elif (( \${#names} )); then
    _describe command names
  else
    _files
  fi
}
compdef _rbee_catalog rbee-catalog
`;
}

/** A text in single quotes of fish. */
const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function fish(places: readonly Place[]): string {
  const lines = places.flatMap((place) => {
    const at = `-n ${fishQuoted(`test (__rbee_catalog_place) = "${place.words}"`)}`;
    return [
      ...place.children.map(
        ({ name, summary }) => `complete -c rbee-catalog ${at} -f -a ${name} -d ${fishQuoted(summary)}`,
      ),
      ...place.options.map((option) => {
        const short = option.short ? ` -s ${option.short.slice(1)}` : "";
        const long = option.long ? ` -l ${option.long.slice(2)}` : "";
        const where = place.words === "" ? "" : ` ${at}`;
        return `complete -c rbee-catalog${where}${short}${long}${hasValue(option) ? " -r" : ""} -d ${fishQuoted(option.description)}`;
      }),
    ];
  });
  return `# Completion of rbee-catalog for fish. Load it by:
#   rbee-catalog completion fish > ~/.config/fish/completions/rbee-catalog.fish
function __rbee_catalog_place
    set -l place ""
    for word in (commandline -opc)[2..-1]
        switch (string trim "$place $word")
            case ${places
              .filter(({ words }) => words !== "")
              .map(({ words }) => fishQuoted(words))
              .join(" ")}
                set place (string trim "$place $word")
        end
    end
    echo $place
end
complete -c rbee-catalog -s h -l help -d 'show the help'
${lines.join("\n")}
`;
}
