# Sets $worker, $version and $filename to the build for this machine, as the catalog decides: the best of all workers if
# none is named. A named worker that needs a license, or that no license could bring here, is known before it is asked.
choose() {
  filename=
  named=$worker
  # A person who gives a license means the workers that it opens.
  if [ -z "$named" ] && [ -n "$credential" ] && is_private; then
    authorize
  fi
  resolve || return 0
  if [ -n "$named" ] && [ -z "$choice" ] && [ -z "$headers" ] && grep -q '"code":"LICENSE_REQUIRED"' "$work/ruled_out"; then
    # The refusal of the download says where to buy one.
    ask "$CATALOG/v1/workers/$worker/$version/download?platform=$platform"
    authorize
    resolve || return 0
  fi
  [ -n "$choice" ] || nothing_fits
  if [ -z "$named" ]; then tell_first_choice; fi
  if [ -n "$explain" ]; then
    tell_ruled_out
  else
    tell_ruled_out UNTRIED
    # The license was given for something.
    if [ -z "$named" ] && [ -n "$headers" ]; then tell_ruled_out 'LICENSE_*'; fi
  fi
  id=$(member worker_id "$work/choice")
  is_name_of "$id" "${named:-$id}" || die "$CATALOG answered for $id instead of $named."
  worker=$id
  found=$(member version "$work/choice")
  filename=$(member filename "$work/choice")
  case $worker/$found/$filename in
    *[!A-Za-z0-9._+/-]* | */*/*/* | */ | *//*) die "$CATALOG sent an unexpected answer." ;;
  esac
  if [ -z "$named" ] && [ "$version" != latest ]; then
    # The version that the user wants, of the worker that fits.
    choose
    return
  fi
  version=$found
  if [ -z "$named" ] || [ -n "$explain" ]; then say "Chose $worker $version for $platform: $(member why)"; fi
  untried=$(sed -n 's/.*"untried":\[\([^]]*\)\].*/\1/p' "$answer" | tr -d '"' | sed 's/,/, /g' | plain)
  [ -z "$untried" ] || say "It may not run here, because this is not known of the machine: $untried."
}

# Asks the catalog which build fits. Sets $choice, and writes the choice and the list of the others into files. Fails if
# the catalog cannot answer; $worker is then chosen by the GPU alone.
resolve() {
  wanted=
  [ -z "$worker" ] || wanted="\"worker\":\"$worker\","
  if [ -n "$worker" ] && [ "$version" != latest ]; then wanted="$wanted\"version\":\"$version\","; fi
  ask "$CATALOG/v1/workers/resolve" "{$wanted\"machine\":{$facts}}"
  case $status/$(member code) in
    200/*) grep -q '"choice":' "$answer" || die "$CATALOG sent an unexpected answer." ;;
    404/NOT_FOUND | 404/ | 405/* | 5??/*)
      [ -n "$worker" ] || choose_by_gpu
      return 1
      ;;
    *) refused ;;
  esac
  choice=$(sed -n 's/.*"choice":\({[^{}]*}\).*/\1/p' "$answer")
  printf '%s\n' "$choice" >"$work/choice"
  sed -n 's/.*"ruled_out":\[\(.*\)\].*/\1/p' "$answer" | sed 's/,*{"worker_id"/\
{"worker_id"/g' | sed '/^$/d' >"$work/ruled_out"
}

choose_by_gpu() {
  worker=cpu
  reason='no GPU that a worker supports'
  case $platform/$gpus in
    macos-aarch64/*)
      worker=metal
      reason='Apple silicon'
      ;;
    *-x86_64/*'"nvidia"'*)
      worker=cuda
      reason='NVIDIA GPU'
      ;;
  esac
  say "Chose the $worker worker for $platform: $reason."
}

# Says which free worker would use the GPU of this machine in place of the CPU, if it has no release yet.
tell_first_choice() {
  case $choice in '{"worker_id":"'*'-cpu",'*) ;; *) return 0 ;; esac
  grep '"code":"NOT_RELEASED".*from source' "$work/ruled_out" | head -n 1 >"$work/first"
  first=$(member worker_id "$work/first")
  [ -n "$first" ] || return 0
  say "Chose the ${first##*-} worker for $platform, but $first has no binary release yet."
  say "Build it with your rbee hive, or with makepkg: curl -fsSO $CATALOG/workers/$first/PKGBUILD && makepkg -si"
  say 'Until then, the next best one is taken.'
}

# Says what each of the others lacks, or only those whose code fits the pattern $1.
tell_ruled_out() {
  while IFS= read -r row; do
    printf '%s\n' "$row" >"$work/row"
    code=$(member code "$work/row")
    # shellcheck disable=SC2254 # a pattern
    case $code in ${1:-*}) ;; *) continue ;; esac
    name=$(member filename "$work/row")
    [ -n "$name" ] || name=$(member worker_id "$work/row")
    say "  not $name: $(member detail "$work/row") ($code)"
  done <"$work/ruled_out"
}

# Ends with the reason why nothing fits, after the remedy.
nothing_fits() {
  if [ "$(wc -l <"$work/ruled_out")" -gt 1 ]; then tell_ruled_out; fi
  # Several workers have several reasons.
  [ -n "$named" ] || die "$(member why)"
  code=$(head -n 1 "$work/ruled_out" >"$work/row" && member code "$work/row")
  advise "$code"
  case $code in
    LICENSE_* | NOT_ENTITLED | VERSION_NOT_COVERED | MACHINE_*) die "$(member detail "$work/row") ($code)" ;;
    *) die "$(member why) ($code)" ;;
  esac
}

# Whether the id $1 may be that of the worker that the user calls $2: the same, one of the family, or one with the parts
# of the variant in their order (llm-worker-rbee-premium-cuda is premium-cuda).
is_name_of() {
  case $1 in "$2" | "$2"-*) return ;; esac
  # shellcheck disable=SC2254 # a pattern
  case -$1 in *-$(printf '%s' "$2" | sed 's/-/*-/g')) ;; *) return 1 ;; esac
}
