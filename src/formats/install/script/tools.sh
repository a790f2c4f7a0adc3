# curl without the user's own options. It never goes from https to anything else, and asks no proxy for this machine.
# $config is its configuration. It comes by standard input, because every user of the machine can see a command line,
# and curl before 7.55 reads no headers there.
fetch() {
  case $CATALOG in
    https://*) schemes='=https' ;;
    *) schemes='=https,http' ;;
  esac
  direct=${no_proxy:-}
  ! is_local "$CATALOG" || direct='*'
  no_proxy=$direct curl -q -g -K - --proto "$schemes" --connect-timeout 20 "$@" <<EOF
$config
EOF
}

# Whether $1 is a plain http address of this machine. No user name is allowed, because the host comes after it.
is_local() {
  printf '%s\n' "$1" |
    grep -qxE 'http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?(/[^[:space:]]*)?'
}

# Refuses the link $1 unless it is encrypted, or both it and the catalog are on this machine. A catalog that is asked
# by plain http for a free worker may link to plain http, because no license is sent and the file is checked.
check_link() {
  case $1/$CATALOG in
    https://*) return ;;
    http://*/http://*)
      if is_local "$CATALOG"; then is_local "$1" && return; else [ -n "$headers" ] || return 0; fi
      ;;
  esac
  die "$CATALOG sent a link that is not encrypted. It is not followed."
}

# Writes an answer into the file $1. The shell opens it, because a curl from snap has a /tmp of its own. `--retry` needs
# `-f` here, because the bodies of all attempts are written.
fetch_into() {
  file=$1
  shift
  fetch "$@" >"$file"
}

# Ends with the cause of curl's status $1, after the next step. $2: what has failed.
unreachable() {
  for file in "$HOME/.curlrc" "$HOME/.config/curlrc" "${CURL_HOME:-$HOME}/.curlrc"; do
    [ ! -f "$file" ] || curlrc=$file
  done
  [ -z "${curlrc:-}" ] || say "$curlrc is not read here. If it names a proxy, set https_proxy (and http_proxy) to it."
  proxy=${https_proxy:-${HTTPS_PROXY:-${ALL_PROXY:-${all_proxy:-${http_proxy:-}}}}}
  [ -z "$proxy" ] || say "curl uses the proxy ${proxy##*@}."
  case $1 in
    5) cause='The name of the proxy is not known.' ;;
    6) cause='Its name is not known. Is this machine online?' ;;
    7) cause='Nothing accepts a connection there.' ;;
    22) cause='The server, or a proxy on the way, refused.' ;;
    23) die "curl cannot write into $work. Is the disk full, or is curl confined, such as one from snap?" ;;
    28) cause='It took too long.' ;;
    35 | 51 | 58 | 59 | 60 | 77 | 80 | 83 | 90 | 91)
      cause="Its certificate is not accepted. Is this machine's clock right, or does a proxy replace it?"
      ;;
    *) cause="curl ended with status $1." ;;
  esac
  die "${2:-$CATALOG cannot be reached.} $cause"
}

# The standard input with a question mark for each byte that is not of a printable ASCII character.
plain() {
  tr -c '\040-\176\n' '?'
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
