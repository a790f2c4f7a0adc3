# Sets $headers to the license's headers, or ends with the next step.
authorize() {
  is_private || die "$worker needs a license, which is not sent to $CATALOG: the connection is not encrypted."
  [ -n "$credential" ] || ask_person
  [ -n "$credential" ] || refused
  clean_credential
  headers="header = \"Authorization: Bearer $credential\""
  case $credential in
    # A token carries its machine.
    *.*) ;;
    *)
      find_machine
      headers="$headers
header = \"Rbee-Machine: $(quoted "$machine")\""
      ;;
  esac
}

# Whether nobody on the way to the catalog can read a license.
is_private() {
  case $CATALOG in
    https://*) ;;
    *) is_local "$CATALOG" ;;
  esac
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

# Ends, after the next step for a key of another shop: the catalog exchanges one of at least 16 letters and digits.
not_a_license() {
  signs=$(
    tr -cd '0-9A-Za-z' <<EOF
$credential
EOF
  )
  [ ${#signs} -lt 16 ] || say "Is it a key of another shop? Sign in with it at $CATALOG/account, or run \`rbee-catalog activate\`: both exchange it for a license key."
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
