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

ask() {
  # Headers go through standard input, because every user of the machine can see a command line.
  status=$(
    fetch -sS --retry 3 --retry-max-time 90 --max-time 60 -H @- -o "$answer" -w '%{http_code}' \
      --url "$CATALOG/v1/workers/$worker/$version/download?platform=$platform" <<EOF
$headers
EOF
  ) || die "$CATALOG cannot be reached."
}

# Sets $headers to the license's headers, or ends with the next step.
authorize() {
  case $CATALOG in
    https://* | http://localhost | http://localhost:* | http://127.0.0.1 | http://127.0.0.1:*) ;;
    'http://[::1]' | 'http://[::1]:'*) ;;
    *) die "$worker needs a license, which is not sent to $CATALOG: the connection is not encrypted." ;;
  esac
  [ -n "$credential" ] || ask_person
  if [ -z "$credential" ]; then
    say 'Set RBEE_LICENSE_TOKEN to a license key or token, or run this in a terminal to be asked for one.'
    refused
  fi
  headers="Authorization: Bearer $credential"
  case $credential in
    *[!A-Za-z0-9._-]*) die 'Your input is neither a license key nor a license token.' ;;
    # A token carries its machine.
    *.*) ;;
    *)
      find_machine
      headers="$headers
Rbee-Machine: $machine"
      ;;
  esac
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

# Ends with the catalog's reason.
refused() {
  code=$(member code)
  [ -n "$code" ] || die "$CATALOG answered with HTTP $status and no reason."
  say "$(member detail) ($code)"
  for hint in 'The newest version you may have:latest_covered_version' 'Buy or renew:purchase_url' 'Request id:request_id'; do
    value=$(member "${hint#*:}")
    [ -z "$value" ] || say "${hint%%:*}: $value"
  done
  # If the catalog asked for no license, the worker is free and can be built from source. A missing version that the
  # user named cannot be built either.
  case $headers/$code/$version in
    /VERSION_NOT_FOUND/latest | /ARTIFACT_NOT_FOUND/*)
      say "There is no binary for $platform. If the worker supports this system, build it with your rbee hive, or with makepkg:"
      say "  curl -fsSO $CATALOG/workers/$worker/PKGBUILD && makepkg -si"
      ;;
  esac
  exit 1
}

# Prints the text of a member of the JSON object in $answer, or nothing if it is missing or not a text.
member() {
  sed -n 's/.*"'"$1"'":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' "$answer" | sed 's/\\\(["\\/]\)/\1/g'
}
