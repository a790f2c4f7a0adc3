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

has_nvidia_gpu() {
  [ -d /proc/driver/nvidia ] || { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU '; }
}
