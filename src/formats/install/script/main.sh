main() {
  find_folder
  worker=
  version=latest
  action=install
  explain=
  other=
  cli=
  # A name becomes part of a URL, and messages repeat an argument.
  for given in "$@"; do
    case $given in
      *[Rr][Bb][Ee][Ee]_[LlAa]* | *eyJ*.*)
        misuse 'Give a license by RBEE_LICENSE_TOKEN only, because others can see a command line.'
        ;;
    esac
  done
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) action=usage ;;
      --auto) ;;
      --explain) explain=yes ;;
      --platform)
        [ $# -gt 1 ] || misuse '--platform needs a platform, such as linux-x86_64.'
        shift
        other=$1
        ;;
      --list) action=list ;;
      --uninstall) action=uninstall ;;
      --cli) cli=yes ;;
      --version)
        [ $# -gt 1 ] || misuse '--version needs a version.'
        shift
        version=$1
        ;;
      -*) misuse "There is no option $1." ;;
      *)
        [ -z "$worker" ] || misuse 'Name one worker only.'
        worker=$1
        ;;
    esac
    shift
  done
  case $worker in .* | *[!A-Za-z0-9._-]*) misuse "\"$worker\" is not a worker." ;; esac
  case $other in *[!a-z0-9_-]*) misuse "\"$other\" is not a platform." ;; esac
  case $version in .* | *[!A-Za-z0-9._-]*) misuse "\"$version\" is not a version." ;; esac

  case $cli/$action in
    yes/install | yes/uninstall)
      [ "$worker/$version/$other" = /latest/ ] || misuse '--cli takes no worker, no --version and no --platform.'
      action=${action}_command
      ;;
    yes/list) misuse '--cli and --list do not go together.' ;;
  esac

  # Keep the license out of traces and out of the environment of child processes. A variable that was exported when this
  # shell started stays exported, so unset it first.
  set +ax
  unset credential headers
  credential=${RBEE_LICENSE_KEY:-${RBEE_LICENSE_TOKEN:-}}
  unset RBEE_LICENSE_KEY RBEE_LICENSE_TOKEN
  headers=
  config=
  work=
  terminal=
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  "$action"
}

clean_up() {
  [ -z "$terminal" ] || stty "$terminal" </dev/tty
  [ -z "$work" ] || rm -rf "$work"
}

install() {
  prepare
  find_facts
  [ -z "$explain" ] || say "This machine: {$(printf '%s' "$facts" | sed 's/"cpu_features":\[[^]]*\]/"cpu_features":[...]/')}"
  choose
  request
  read_answer
  fetch_signature
  if [ -f "$target" ] && [ "$(sha256_of "$target")" = "$sha256" ]; then
    check "$target"
  else
    make_folder
    take_over
    download
    check "$part"
    check_loader "$part"
    chmod 755 "$part"
    mv -f "$part" "$target"
  fi
  printf 'Installed %s %s: %s\n' "$id" "$version" "$target"
  try_out "$target"
}

uninstall() {
  [ -n "$worker" ] || misuse 'Name the worker to uninstall.'
  sha256=
  target=$FOLDER/$worker
  if [ ! -f "$target" ]; then
    # The catalog knows the id of a variant.
    prepare
    ask "$CATALOG/workers/$worker"
    tr '{' '\n' <"$answer" | grep '"id":' | head -n 1 >"$work/entry"
    id=$(member id "$work/entry")
    case $status/$id in 200/[A-Za-z0-9]*) ;; *) die "There is no $worker in $FOLDER." ;; esac
    is_name_of "$id" "$worker" || die "$CATALOG answered for $id instead of $worker."
    target=$FOLDER/$id
  fi
  take_over
  [ -f "$target" ] || die "There is no ${target##*/} in $FOLDER."
  rm -f "$target"
  printf 'Removed %s\n' "$target"
}

list() {
  prepare
  fetch_into "$answer" -sSf --retry 3 --url "$CATALOG/v1/workers?platform=$platform" || unreachable $?
  tr '{' '\n' <"$answer" | grep '"id":' | while IFS= read -r entry; do
    answer=$work/entry.json
    printf '%s\n' "$entry" >"$answer"
    found=$(member version)
    case $entry in *'"released":false'*) found='-' ;; esac
    printf '%-32s %-10s %-8s %s\n' "$(member id)" "$found" "$(member tier)" "$(member description)"
  done
}
}

# This line is complete only with its last character, so a truncated script runs no command.
{ main "$@"; }
