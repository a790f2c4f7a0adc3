# Reads the file to install from $answer, and sets its destination. The answer must be about the wanted worker, version
# and file, because the signature of another one is valid as well.
read_answer() {
  asked=$version
  id=$(member worker_id)
  version=$(member version)
  sha256=$(member sha256)
  chosen=$filename
  filename=$(member filename)
  size=$(sed -n 's/.*"size":\([0-9][0-9]*\).*/\1/p' "$answer")
  case $id/$sha256 in
    [!A-Za-z0-9]* | *[!A-Za-z0-9._/-]* | */*/* | */*[!0-9a-f]*) die "$CATALOG sent an unexpected answer." ;;
  esac
  is_name_of "$id" "$worker" || die "$CATALOG answered for $id instead of $worker."
  [ "$asked" = latest ] || [ "$asked" = "$version" ] || die "$CATALOG answered with version $version instead of $asked."
  [ "${chosen:-$filename}" = "$filename" ] || die "$CATALOG answered with $filename instead of $chosen."
  target=$FOLDER/$id
  # The scratch folder's name is unique. Process numbers repeat, even at the same time in containers with one home.
  part=$target-$sha256.$$.${work##*[./]}.part
  [ ! -d "$target" ] || die "$target is a folder."
}

# Removes the files that earlier runs left for $target, and takes the largest part of the wanted file over as $part.
take_over() {
  largest=
  for old in "$target"-*.*.*.part; do
    sum=${old#"$target-"}
    pid=${sum#*.}
    pid=${pid%%.*}
    sum=${sum%%.*}
    if [ ! -f "$old" ] || [ ${#sum} -ne 64 ]; then continue; fi
    if [ "$pid" != $$ ] && kill -0 "$pid" 2>/dev/null; then continue; fi
    if [ "$sum" = "$sha256" ] && [ "$(size_of "$old")" -gt "$(size_of "$largest")" ]; then
      [ -z "$largest" ] || rm -f "$largest"
      largest=$old
    else
      rm -f "$old"
    fi
  done
  [ -n "$largest" ] || return 0
  # A copy is safer, because a curl that outlived its run may still write to the old file. A full disk has no room
  # for it.
  if cp "$largest" "$part" 2>/dev/null; then rm -f "$largest"; else mv -f "$largest" "$part"; fi
}

make_folder() {
  mkdir -p "$FOLDER" 2>/dev/null || die "The folder $FOLDER cannot be made. Set XDG_CACHE_HOME to another one."
}

# Downloads the rest of $part. Gives up after five attempts in a row without progress. The shell opens the file, because
# a curl from snap may not write into hidden folders.
download() {
  meter=-s
  [ ! -t 2 ] || meter=--progress-bar
  say "Downloading $id $version, $size bytes."
  fruitless=0
  code=0
  most=$(size_of "$part")
  while present=$(size_of "$part") && [ "$present" -lt "$size" ]; do
    [ "$fruitless" -lt 5 ] || unreachable "$code" 'The download keeps failing. The downloaded part is kept. Please try again later.'
    if [ "$fruitless" -gt 0 ]; then
      sleep "$fruitless"
      # The link may have expired, or the license may have ended. Ask the catalog again.
      request
    fi
    link=$(member download_url)
    check_link "$link"
    resume=
    [ "$present" -eq 0 ] || resume="-C $present"
    code=0
    # shellcheck disable=SC2086 # two words, or none
    fetch -Sf "$meter" $resume --speed-limit 1 --speed-time 60 --url "$link" >>"$part" || code=$?
    case $code in
      23) die "$part cannot be written: is the disk full? The downloaded part is kept." ;;
      33)
        say 'The server, or a proxy on the way, does not resume. The download starts over.'
        : >"$part"
        ;;
    esac
    if [ "$(size_of "$part")" -gt "$most" ]; then
      fruitless=0
      most=$(size_of "$part")
    else
      fruitless=$((fruitless + 1))
    fi
  done
}

size_of() {
  if [ -f "$1" ]; then echo $(($(wc -c <"$1"))); else echo 0; fi
}
