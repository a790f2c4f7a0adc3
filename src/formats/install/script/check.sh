# Fetches the signature before its link expires.
fetch_signature() {
  signature=$(member signature_url)
  [ -n "$signature" ] || reject 'it is not signed.'
  if command -v minisign >/dev/null; then
    check_link "$signature"
    fetch_into "$work/minisig" -sSf --retry 3 --url "$signature" || unreachable $? "Couldn't fetch the signature."
  else
    say 'minisign is not installed: size and sha256 are checked, the signature is not.'
  fi
}

# Refuses the file $1 unless size, sha256 and signature are those of the published file. The signature needs minisign.
check() {
  [ "$(size_of "$1")" -eq "$size" ] || reject "it has $(size_of "$1") bytes, not $size."
  sum=$(sha256_of "$1")
  [ "$sum" = "$sha256" ] || reject "its sha256 is $sum, not $sha256."
  [ -f "$work/minisig" ] || return 0
  for key in $RELEASE_KEYS; do
    minisign -V -Q -P "$key" -m "$1" -x "$work/minisig" >"$work/comment" 2>/dev/null || continue
    signed_for file "$filename"
    signed_for worker "$id"
    signed_for version "$version"
    return
  done
  reject 'its signature is not by a release signing key of this catalog.'
}

# Refuses a signature if its trusted comment names another $1 than $2, because an old file must not pass for a new one.
# A comment without $1 is refused if this catalog accepts only signatures with it.
signed_for() {
  signed=$(tr '\t' '\n' <"$work/comment" | sed -n "s/^$1://p" | sort -u | plain)
  [ "$signed" != "$2" ] || return 0
  [ -n "$signed$BOUND" ] || return 0
  reject "its signature was made for $1 ${signed:-(not named)}, not $2."
}

reject() {
  rm -f "$part"
  die "$id $version was not installed: $1"
}

sha256_of() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d' ' -f1
  elif command -v shasum >/dev/null; then
    shasum -a 256 <"$1" | cut -d' ' -f1
  else
    openssl dgst -sha256 -r <"$1" | cut -d' ' -f1
  fi
}
