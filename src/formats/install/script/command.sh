# Installs the command: the checked file into a folder of data, and a starter into ~/.local/bin. The starter names the
# Node.js that was found, and this catalog as the default one.
install_command() {
  command -v curl >/dev/null || die 'This script needs curl. Please install it and try again.'
  find_node
  find_command
  work=$(mktemp -d)
  answer=$work/answer.json
  program=$work/rbee-catalog.mjs
  say "Downloading rbee-catalog from $CATALOG."
  fetch_command .sha256
  fetch_command ''
  sum=$(cut -d' ' -f1 <"$program.sha256")
  [ "$(sha256_of "$program")" = "$sum" ] || die "rbee-catalog was not installed: its sha256 is $(sha256_of "$program"), not $sum. Please try again."
  check_command
  found=$("$node" "$program" --version 2>"$work/output") || die "rbee-catalog does not start: $(head -n 3 "$work/output" | plain)"
  mkdir -p "$data" "$bin" || die "The folders $data and $bin cannot be made."
  place_command || die "$data or $bin cannot be written. Is the disk full?"
  printf 'Installed %s: %s\n' "$(printf '%s' "$found" | plain | head -n 1)" "$bin/rbee-catalog"
  case :${PATH:-}: in
    *":$bin:"*) say 'Next: rbee-catalog --help' ;;
    *)
      say "$bin is not in PATH. Add this line to ~/.profile, or to the file that your shell reads:"
      say "  export PATH=\"$bin:\$PATH\""
      ;;
  esac
}

# Puts both files in place. Each is written beside its place, so that the last step is one rename.
place_command() {
  cp "$program" "$data/.rbee-catalog.$$" &&
    mv -f "$data/.rbee-catalog.$$" "$data/rbee-catalog.mjs" &&
    starter >"$bin/.rbee-catalog.$$" &&
    chmod 755 "$bin/.rbee-catalog.$$" &&
    mv -f "$bin/.rbee-catalog.$$" "$bin/rbee-catalog"
}

uninstall_command() {
  find_command
  [ -e "$bin/rbee-catalog" ] || [ -e "$data/rbee-catalog.mjs" ] || die "There is no rbee-catalog in $bin."
  rm -f "$bin/rbee-catalog" "$data/rbee-catalog.mjs"
  printf 'Removed %s\n' "$bin/rbee-catalog"
}

# Sets $data and $bin, the folders of the command. XDG has no variable for the folder of programs.
find_command() {
  data=$(xdg_folder "${XDG_DATA_HOME:-}" "$HOME/.local/share")/rbee
  bin=$HOME/.local/bin
}

# Sets $node to the first Node.js of 20 or newer, also one that only an interactive shell has in its PATH.
find_node() {
  older=
  for node in node nodejs /usr/local/bin/node /opt/homebrew/bin/node "$HOME/.volta/bin/node" \
    "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node; do
    node=$(command -v "$node" 2>/dev/null) || continue
    found=$("$node" -p process.versions.node 2>/dev/null) || continue
    case ${found%%.*} in '' | *[!0-9]*) continue ;; esac
    [ "${found%%.*}" -lt 20 ] || return 0
    older=$found
  done
  [ -z "$older" ] || say "The Node.js here is too old: $older."
  say 'The rbee-catalog command needs Node.js 20 or newer: https://nodejs.org/en/download'
  say 'Debian, Ubuntu: sudo apt install nodejs. Fedora: sudo dnf install nodejs. Arch: sudo pacman -S nodejs. macOS: brew install node.'
  die 'Install Node.js, then run this again. To install workers, this script needs no Node.js.'
}

# Downloads the command's file with the suffix $1.
fetch_command() {
  fetch_into "$program$1" -sSf --retry 3 --url "$CATALOG/cli/rbee-catalog.mjs$1" || unreachable $? "Couldn't download the command."
}

# Refuses the command unless a release key of this catalog signed it as rbee-catalog. Says what it cannot check.
check_command() {
  if ! command -v minisign >/dev/null; then
    say 'minisign is not installed: the sha256 is checked, the signature is not.'
    return
  fi
  ask "$CATALOG/cli/rbee-catalog.mjs.minisig"
  if [ "$status" = 404 ]; then
    say 'This catalog has not signed its command: the sha256 is checked, a signature is not.'
    return
  fi
  [ "$status" = 200 ] || refused
  # Behind the four lines of a signature is the status that curl wrote.
  head -n 4 "$answer" >"$program.minisig"
  for key in $RELEASE_KEYS; do
    minisign -V -Q -P "$key" -m "$program" -x "$program.minisig" >"$work/comment" 2>/dev/null || continue
    tr '\t' '\n' <"$work/comment" | grep -qx 'file:rbee-catalog.mjs' && return
  done
  die 'rbee-catalog was not installed: its signature is not by a release signing key of this catalog.'
}

# Prints the program that starts the command.
starter() {
  cat <<EOF
#!/bin/sh
# Starts rbee-catalog. $CATALOG/install.sh wrote this file, and writes it again.
node=$(shell_word "$(command -v "$node")")
[ -x "\$node" ] || node=node
RBEE_CATALOG_DEFAULT_URL=\${RBEE_CATALOG_DEFAULT_URL:-$(shell_word "$CATALOG")}
export RBEE_CATALOG_DEFAULT_URL
exec "\$node" $(shell_word "$data/rbee-catalog.mjs") "\$@"
EOF
}

# Prints the text $1 as one literal word of a shell.
shell_word() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}
