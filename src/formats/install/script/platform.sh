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
  platform=$system-$architecture
  case $platform in
    linux-x86_64 | linux-aarch64 | macos-aarch64 | windows-x86_64) ;;
    *) die "There are no binaries for $platform. You can build free workers from source: $CATALOG/workers/cpu/PKGBUILD" ;;
  esac
  work=$(mktemp -d)
  answer=$work/answer.json
}

choose_worker() {
  worker=cpu
  reason='no GPU that a worker supports'
  if [ "$platform" = macos-aarch64 ]; then
    worker=metal
    reason='Apple silicon'
  elif [ "$architecture" = x86_64 ] && has_nvidia_gpu; then
    worker=cuda
    reason='NVIDIA GPU'
  fi
  say "Chose the $worker worker for $platform: $reason."
}

# In WSL, nvidia-smi is in a folder that is not in the PATH of services, ssh and sudo.
has_nvidia_gpu() {
  [ ! -d /proc/driver/nvidia ] || return 0
  for smi in nvidia-smi /usr/lib/wsl/lib/nvidia-smi; do
    if command -v "$smi" >/dev/null && "$smi" -L 2>/dev/null | grep -q '^GPU '; then return 0; fi
  done
  return 1
}

# Ends if the program $1 needs a loader that this system does not have. A program for glibc cannot start on musl, nor a
# 64-bit program beside 32-bit libraries, whatever the kernel says.
check_loader() {
  loader=$(loader_of "$1")
  if [ -z "$loader" ] || [ -e "$loader" ]; then return 0; fi
  rm -f "$1"
  libc='this system has other libraries than those of the kernel'
  for file in /lib/ld-musl-*; do
    [ ! -e "$file" ] || libc='this system has musl, and the program is for glibc'
  done
  die "$id $version was not installed, because it cannot run here: its loader $loader is missing ($libc)."
}

# Prints the loader that the program $1 names (ELF, PT_INTERP), or nothing.
loader_of() {
  head -c 4096 "$1" | tr '\000' '\n' | tr -d '\001-\010\013-\037\177-\377' | grep '^/[^ ]*/ld[-.0-9A-Za-z_]*$' | head -n 1 || :
}

# Says which libraries of the installed program $1 are missing. The loader lists them without starting the program.
check_libraries() {
  loader=$(loader_of "$1")
  [ -n "$loader" ] || return 0
  "$loader" --list "$1" >"$work/libraries" 2>&1 || :
  missing=$(grep 'not found' "$work/libraries" | tr -s '\t ' ' ' | sed 's/^ //' | head -n 3 | plain)
  [ -z "$missing" ] || say "It cannot start yet, because libraries are missing: $missing"
}
