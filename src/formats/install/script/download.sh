# Reads the file to install from $answer, and prints its destination.
read_answer() {
  id=$(member worker_id)
  version=$(member version)
  sha256=$(member sha256)
  size=$(sed -n 's/.*"size":\([0-9][0-9]*\).*/\1/p' "$answer")
  case $id/$sha256 in
    [!A-Za-z0-9]* | *[!A-Za-z0-9._/-]* | */*/* | */*[!0-9a-f]*) die "$CATALOG sent an unexpected answer." ;;
  esac
  target=$FOLDER/$id
  # The scratch folder's name is unique. Process numbers repeat, even at the same time in containers with one home.
  part=$target-$sha256.$$.${work##*[./]}.part
  [ ! -d "$target" ] || die "$target is a folder."
}

# Removes the files that earlier runs left for $target. If one is part of the wanted file, copies it to $part first. A
# copy is safe, because a curl that outlived its run may still write to the old file.
take_over() {
  for old in "$target"-*.*.*.part; do
    sum=${old#"$target-"}
    pid=${sum#*.}
    pid=${pid%%.*}
    sum=${sum%%.*}
    if [ ! -f "$old" ] || [ ${#sum} -ne 64 ]; then continue; fi
    if [ "$pid" != $$ ] && kill -0 "$pid" 2>/dev/null; then continue; fi
    if [ "$sum" = "$sha256" ] && [ ! -e "$part" ]; then cp "$old" "$part" || :; fi
    rm -f "$old"
  done
}

# Downloads the rest of $part. Gives up after five attempts in a row without progress.
download() {
  meter=-s
  [ ! -t 2 ] || meter=--progress-bar
  say "Downloading $id $version, $size bytes."
  fruitless=0
  while present=$(size_of "$part") && [ "$present" -lt "$size" ]; do
    [ "$fruitless" -lt 5 ] || die 'The download keeps failing. The downloaded part is kept. Please try again later.'
    if [ "$fruitless" -gt 0 ]; then
      sleep "$fruitless"
      # The link may have expired, or the license may have ended. Ask the catalog again.
      request
    fi
    fetch -Sf "$meter" -C - --speed-limit 1 --speed-time 60 -o "$part" --url "$(member download_url)" ||
      [ $? -ne 23 ] || die "$part cannot be written: is the disk full?"
    if [ "$(size_of "$part")" -gt "$present" ]; then fruitless=0; else fruitless=$((fruitless + 1)); fi
  done
}

size_of() {
  if [ -f "$1" ]; then echo $(($(wc -c <"$1"))); else echo 0; fi
}
