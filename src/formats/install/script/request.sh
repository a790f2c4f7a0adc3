# Asks the catalog for the link to $worker's $version, and sets $answer. Sends the license only if the catalog asks for
# one.
request() {
  ask
  if [ -z "$headers" ] && [ "$(member code)" = CREDENTIAL_REQUIRED ]; then
    authorize
    ask
  fi
  [ "$status" = 200 ] || refused
}

# Sets $status and $answer. Repeats a request that fails for a moment.
ask() {
  place="$CATALOG/v1/workers/$worker/$version/download?platform=$platform"
  for pause in 1 3 9 0; do
    code=0
    config=$headers
    fetch_into "$answer" -sS --max-time 60 -w '\n%{http_code}' --url "$place" || code=$?
    config=
    status=$(sed -n '$p' "$answer" 2>/dev/null) || status=
    case $code/$status in
      0/429 | 0/5?? | 28/* | 52/* | 56/*) [ $pause -eq 0 ] || sleep $pause ;;
      *) break ;;
    esac
  done
  [ "$code" -eq 0 ] || unreachable "$code"
}

# Sets $headers to the license's headers, or ends with the next step.
authorize() {
  case $CATALOG in
    https://*) ;;
    *) is_local "$CATALOG" || die "$worker needs a license, which is not sent to $CATALOG: the connection is not encrypted." ;;
  esac
  require_release
  [ -n "$credential" ] || ask_person
  [ -n "$credential" ] || refused
  clean_credential
  headers="header = \"Authorization: Bearer $credential\""
  case $credential in
    # A token carries its machine.
    *.*) ;;
    *)
      find_machine
      quoted=$(printf '%s' "$machine" | sed 's/[\\"]/\\&/g')
      headers="$headers
header = \"Rbee-Machine: $quoted\""
      ;;
  esac
}

# Ends if $worker has no release, or none for this system, before anybody is asked for a license. The list is public.
require_release() {
  list=$work/versions
  fetch_into "$list" -sSf --retry 3 --max-time 60 --url "$CATALOG/v1/workers/$worker/versions?include_yanked=true" || return 0
  wanted=$version
  if [ "$version" = latest ]; then
    wanted=$(sed -n 's/.*"latest":"\([^"]*\)".*/\1/p' "$list")
    [ -n "$wanted" ] || die "$worker has no release yet."
  fi
  sed 's/{"version":/\
&/g' "$list" | grep -F "{\"version\":\"$wanted\"," >"$work/wanted" || die "$worker has no version $wanted."
  grep -qF "\"platform\":\"$platform\"" "$work/wanted" || die "$worker $wanted has no binary for $platform."
}

# Removes from $credential what a copy has gained: blanks, line ends, quotes and bytes beyond ASCII, such as zero-width
# blanks; and the hyphens of a key. Ends if the rest is no license.
clean_credential() {
  credential=$(
    tr -d '\001-\040\042\047\140\177-\377' <<EOF
$credential
EOF
  )
  case $credential in
    [Rr][Bb][Ee][Ee]_[Ll][Ii][Cc]_*)
      credential=$(
        tr -d '\055' <<EOF
$credential
EOF
      )
      symbols=${credential#?????????}
      case $symbols in *[!0-9A-Za-z]*) not_a_license ;; esac
      [ ${#symbols} -eq 55 ] || die "Your license key is not whole: ${#symbols} of 55 characters follow rbee_lic_. Please copy it again. (KEY_INVALID)"
      ;;
    *[!A-Za-z0-9._-]*) not_a_license ;;
    *.*.*) ;;
    rbee_adm_*) die 'Your input is an admin token. A license key (rbee_lic_...) is needed. (KEY_INVALID)' ;;
    *) not_a_license ;;
  esac
}

not_a_license() {
  die 'Your input is neither a license key nor a license token. (KEY_INVALID)'
}

ask_person() {
  (: </dev/tty) 2>/dev/null || return 0
  terminal=$(stty -g </dev/tty)
  stty -echo </dev/tty
  printf '%s needs a license (%s).\nLicense key or token, not shown: ' "$worker" "$(member purchase_url)" >/dev/tty
  read -r credential </dev/tty || :
  stty "$terminal" </dev/tty
  terminal=
  echo >/dev/tty
}

# Ends with the catalog's reason, after the next step.
refused() {
  code=$(member code)
  [ -n "$code" ] || die "$CATALOG answered with HTTP $status and no reason."
  for hint in 'Request id:request_id' 'The newest version you may have:latest_covered_version' 'Buy or renew:purchase_url'; do
    value=$(member "${hint#*:}")
    [ -z "$value" ] || say "${hint%%:*}: $value"
  done
  case $code in
    CREDENTIAL_REQUIRED)
      say 'Set RBEE_LICENSE_TOKEN (or RBEE_LICENSE_KEY) to a license key or token, or run this in a terminal to be asked for one.'
      ;;
    KEY_* | TOKEN_*) say 'Set RBEE_LICENSE_TOKEN (or RBEE_LICENSE_KEY) to the license key as the mail or the account page shows it.' ;;
    MACHINE_LIMIT_REACHED)
      say "Free a seat: remove a machine at $CATALOG/account, or run \`rbee-catalog deactivate\` on it."
      ;;
  esac
  # If the catalog asked for no license, the worker is free and can be built from source. A missing version that the
  # user named cannot be built either.
  case $headers/$code/$version in
    /VERSION_NOT_FOUND/latest | /ARTIFACT_NOT_FOUND/*)
      say "There is no binary for $platform. If the worker supports this system, build it with your rbee hive, or with makepkg:"
      say "  curl -fsSO $CATALOG/workers/$worker/PKGBUILD && makepkg -si"
      ;;
  esac
  die "$(member detail) ($code)"
}

# Prints the text of a member of the JSON object in $answer, or nothing if it is missing or not a text.
member() {
  sed -n 's/.*"'"$1"'":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' "$answer" | sed 's/\\\(["\\/]\)/\1/g' | plain
}
