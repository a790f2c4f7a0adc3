# Sets $platform to the name that releases use, and makes the folder for scratch files.
prepare() {
  command -v curl >/dev/null || die 'This script needs curl. Please install it and try again.'
  system=$(uname -s)
  architecture=$(uname -m)
  case $system in
    Linux) system=linux ;;
    Darwin) system=macos ;;
    MINGW* | MSYS* | CYGWIN*) system=windows ;;
  esac
  case $architecture in
    amd64) architecture=x86_64 ;;
    arm64) architecture=aarch64 ;;
  esac
  # Rosetta reports x86_64 on Apple silicon.
  if [ "$system" = macos ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then architecture=aarch64; fi
  platform=${other:-$system-$architecture}
  case $platform in
    linux-x86_64 | linux-aarch64 | macos-aarch64 | windows-x86_64) ;;
    *) die "There are no binaries for $platform. You can build free workers from source: $CATALOG/workers/${worker:-cpu}/PKGBUILD" ;;
  esac
  work=$(mktemp -d)
  answer=$work/answer.json
}

# Ends if the program that begins like the file $1 needs a loader that this system does not have. A program for glibc
# cannot start on musl, nor a 64-bit program beside 32-bit libraries, whatever the kernel says.
check_loader() {
  [ -z "$other" ] || return 0
  loader=$(loader_of "$1")
  if [ -z "$loader" ] || [ -e "$loader" ]; then return 0; fi
  rm -f "$part"
  case $libc/$bits in
    musl/*) cause='this system has musl, and the program is for glibc' ;;
    */32) cause='this system has 32-bit libraries, and the program needs 64-bit ones' ;;
    *) cause='this system has other libraries than those of the program' ;;
  esac
  die "$id $version was not installed, because it cannot run here: its loader $loader is missing ($cause)."
}

# Prints the loader that the program $1 names (ELF, PT_INTERP), or nothing.
loader_of() {
  head -c 4096 "$1" | tr '\000' '\n' | tr -d '\001-\010\013-\037\177-\377' | grep '^/[^ ]*/ld[-.0-9A-Za-z_]*$' | head -n 1 || :
}

# Starts the installed program $1 once with --version, so that nobody finds out later that it does not run here. The
# beginning of the file is looked at first, because a shell would run the lines of any other file.
try_out() {
  if [ -n "$other" ]; then
    say 'It was not tried out, because it may be for another machine.'
    return
  fi
  case $system/$(head -c 4 "$1" | od -An -tx1 | tr -d ' \n') in
    linux/7f454c46 | macos/cffaedfe | macos/cafebabe | windows/4d5a* | */2321*) ;;
    *)
      say 'It was not tried out: it is no program that this system can start.'
      return
      ;;
  esac
  code=0
  bounded "$1" --version || code=$?
  words=$(grep -v '^[[:space:]]*$' "$work/output" | head -n 3 | plain | cut -c 1-200) || words=
  case $code in
    0) say "It starts here: $words" ;;
    124) say 'It was started, and did not end within some seconds of being asked for its version.' ;;
    126 | 127)
      say "It cannot start yet: $words"
      missing=$(missing_libraries "$1")
      [ -z "$missing" ] || say "These libraries are missing: $missing"
      ;;
    132) say "It does not run here: this processor lacks an instruction that it needs. $words" ;;
    *) say "It was started with --version, and ended with status $code. $words" ;;
  esac
}

# Prints the libraries that the program $1 lacks. Its loader lists them without starting the program.
missing_libraries() {
  loader=$(loader_of "$1")
  [ -n "$loader" ] || return 0
  bounded "$loader" --list "$1" || :
  sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' "$work/output" | head -n 9 | plain | tr '\n' ' '
}
