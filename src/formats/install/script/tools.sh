# curl without the user's own options, and never from https to anything else.
fetch() {
  case $CATALOG in
    https://*) schemes='=https' ;;
    *) schemes='=https,http' ;;
  esac
  curl -q -g --proto "$schemes" --connect-timeout 20 "$@"
}

say() {
  printf 'rbee: %s\n' "$1" >&2
}

die() {
  say "$1"
  exit 1
}

misuse() {
  say "$1 Run it with --help for the options."
  exit 2
}
