# Asks the catalog for the link to $worker's $version, or to its file $filename, and sets $answer. Sends the license
# only if the catalog asks for one.
request() {
  place="$CATALOG/v1/workers/$worker/$version/download?platform=$platform"
  [ -z "$filename" ] || place="$place&filename=$(printf '%s' "$filename" | sed 's/+/%2B/g')"
  ask "$place"
  if [ -z "$headers" ] && [ "$(member code)" = CREDENTIAL_REQUIRED ]; then
    authorize
    ask "$place"
  fi
  [ "$status" = 200 ] || refused
}

# Sets $status and $answer to what the catalog answers at $1: to a GET, or to a POST of the JSON $2. Repeats a request
# that fails for a moment.
ask() {
  body=
  [ -z "${2-}" ] || body="
header = \"Content-Type: application/json\"
data = \"$(quoted "$2")\""
  for pause in 1 3 9 0; do
    code=0
    config=$headers$body
    fetch_into "$answer" -sS --max-time 60 -w '\n%{http_code}' --url "$1" || code=$?
    config=
    status=$(sed -n '$p' "$answer" 2>/dev/null) || status=
    case $code/$status in
      0/429 | 0/5?? | 18/* | 28/* | 52/* | 56/*) [ $pause -eq 0 ] || sleep $pause ;;
      *) break ;;
    esac
  done
  [ "$code" -eq 0 ] || unreachable "$code"
}

# The text $1 as curl's configuration takes it between double quotes.
quoted() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

# Ends with the catalog's reason, after the next step.
refused() {
  code=$(member code)
  [ -n "$code" ] || die "$CATALOG answered with HTTP $status and no reason."
  for hint in 'Request id:request_id' 'The newest version you may have:latest_covered_version' 'Buy or renew:purchase_url'; do
    value=$(member "${hint#*:}")
    [ -z "$value" ] || say "${hint%%:*}: $value"
  done
  advise "$code"
  die "$(member detail) ($code)"
}

# Says the remedy for the refusal with the code $1.
advise() {
  case $1 in
    CREDENTIAL_REQUIRED | LICENSE_REQUIRED)
      say 'Set RBEE_LICENSE_TOKEN (or RBEE_LICENSE_KEY) to a license key or token, or run this in a terminal to be asked for one.'
      ;;
    KEY_* | TOKEN_*) say 'Set RBEE_LICENSE_TOKEN (or RBEE_LICENSE_KEY) to the license key as the mail or the account page shows it.' ;;
    WRONG_*) [ -n "$other" ] || say 'To install it for another machine, such as into an image, name its --platform.' ;;
    MACHINE_LIMIT_REACHED)
      say "Free a seat: remove a machine at $CATALOG/account, or run \`rbee-catalog deactivate\` on it."
      ;;
  esac
  # If the catalog asked for no license, the worker is free and can be built from source. A missing version that the
  # user named cannot be built either.
  case $headers/$1/$version/$(member detail "$work/row" 2>/dev/null) in
    /VERSION_NOT_FOUND/latest/* | /NOT_RELEASED/latest/*'from source'* | /ARTIFACT_NOT_FOUND/*)
      say "There is no binary for $platform. If the worker supports this system, build it with your rbee hive, or with makepkg:"
      say "  curl -fsSO $CATALOG/workers/$worker/PKGBUILD && makepkg -si"
      ;;
  esac
}

# Prints the text of the member $1 of the JSON object in the file $2, else in $answer. Prints nothing if it is missing
# or not a text.
member() {
  sed -n 's/.*"'"$1"'":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' "${2:-$answer}" | sed 's/\\\(["\\/]\)/\1/g' | plain
}
