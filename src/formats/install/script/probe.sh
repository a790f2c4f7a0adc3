# Sets $facts to the JSON of this machine, as the catalog's resolve operation takes it. A fact that cannot be found is
# left out and said. It is never guessed, and never taken for "there is none". Of another machine, only the platform is
# known.
find_facts() {
  facts="\"platform\":\"$platform\""
  doubts=
  libc=
  bits=
  gpus=
  [ -z "$other" ] || return 0
  if [ "$system" = linux ]; then
    find_user_land
    find_libc
  fi
  find_cpu
  find_gpus
  [ -z "$doubts" ] || say "Not known of this machine: $doubts."
}

# Notes that something could not be found out, and why.
doubt() {
  doubts="$doubts${doubts:+; }$1"
}

# The kernel's architecture says nothing of the programs: Raspberry Pi OS has a 64-bit kernel and 32-bit libraries.
find_user_land() {
  bits=$(getconf LONG_BIT 2>/dev/null) || bits=
  if [ -z "$bits" ]; then
    # The class of the running shell (ELF, EI_CLASS).
    case $(od -An -j4 -N1 -tu1 "/proc/$$/exe" 2>/dev/null | tr -d ' ') in 1) bits=32 ;; 2) bits=64 ;; esac
  fi
  case $bits in
    32 | 64) facts="$facts,\"userland_bits\":$bits" ;;
    *) doubt 'whether its libraries are for 32 or 64 bits' ;;
  esac
}

# glibc is asked first, because distributions with glibc may have musl's loader as well.
find_libc() {
  libc_version=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc \([0-9][0-9.]*\).*/\1/p')
  if [ -n "$libc_version" ]; then
    libc=glibc
  else
    # musl's ldd fails, and prints to the standard error.
    about=$(ldd --version 2>&1 | head -n 3) || :
    for loader in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do
      case $about in *[Mm]usl* | *GLIBC* | *'GNU libc'*) break ;; esac
      [ ! -x "$loader" ] || about=$("$loader" --version 2>&1 | head -n 1) || :
    done
    case $about in
      *[Mm]usl*)
        libc=musl
        libc_version=$(printf '%s\n' "$about" | sed -n 's/^Version \([0-9][0-9.]*\).*/\1/p')
        ;;
      *GLIBC* | *'GNU libc'*)
        libc=glibc
        libc_version=$(printf '%s\n' "$about" | sed -n '1s/.*[^0-9.]\([0-9][0-9]*\.[0-9.]*[0-9]\)\.\{0,1\}$/\1/p')
        ;;
    esac
    for loader in /lib/ld-musl-*; do
      if [ -z "$libc" ] && [ -e "$loader" ]; then libc=musl; fi
    done
  fi
  case $libc in
    '') doubt 'its C library' ;;
    *) facts="$facts,\"libc\":{\"name\":\"$libc\"${libc_version:+,\"version\":\"$libc_version\"}}" ;;
  esac
}

# The features as Linux names them, and the memory: of the container if it has less than the machine.
find_cpu() {
  features=
  memory=
  if [ "$system" = macos ]; then
    for feature in AdvSIMD:asimd FEAT_FP16:asimdhp FEAT_DotProd:asimddp FEAT_I8MM:i8mm FEAT_BF16:bf16; do
      [ "$(sysctl -n "hw.optional.arm.${feature%:*}" 2>/dev/null)" != 1 ] || features="$features ${feature#*:}"
    done
    memory=$(sysctl -n hw.memsize 2>/dev/null) || memory=
  elif [ -r /proc/cpuinfo ]; then
    features=$(sed -n 's/^\(flags\|Features\)[[:space:]]*: *//p' /proc/cpuinfo | head -n 1 | tr -cd 'a-z0-9_. ')
    memory=$(sed -n 's/^MemTotal: *\([0-9][0-9]*\) kB.*/\1/p' /proc/meminfo 2>/dev/null) || memory=
    [ -z "$memory" ] || memory=$((memory * 1024))
    for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
      limit=$(cat "$file" 2>/dev/null) || continue
      case $limit in '' | *[!0-9]*) continue ;; esac
      # A group without a limit has a number of 19 digits.
      if [ ${#limit} -lt 19 ] && [ "$limit" -lt "${memory:-0}" ]; then memory=$limit; fi
    done
  fi
  if [ -n "$features" ]; then
    facts="$facts,\"cpu_features\":[\"$(printf '%s' "$features" | sed 's/^ *//; s/ *$//; s/  */","/g')\"]"
  else
    doubt "its processor's features"
  fi
  case $memory in '' | *[!0-9]*) doubt 'its memory' ;; *) facts="$facts,\"memory_bytes\":$memory" ;; esac
}

# Runs a command for at most six seconds, because a tool of a broken driver may never end. Its output is in
# $work/output. Fails with its status, or 124 if it has been ended.
bounded() {
  rm -f "$work/status"
  : >"$work/output"
  # The subshell's output goes nowhere, because a process that cannot be killed would hold the caller's pipe.
  (
    "$@" >"$work/output" 2>&1 </dev/null &
    echo $! >"$work/pid"
    code=0
    wait $! || code=$?
    echo "$code" >"$work/status"
  ) >/dev/null 2>&1 &
  for pause in 0.1 0.1 0.2 0.3 0.5 1 1 1 1 1; do
    [ ! -s "$work/status" ] || return "$(cat "$work/status")"
    sleep "$pause" 2>/dev/null || sleep 1
  done
  [ ! -s "$work/status" ] || return "$(cat "$work/status")"
  kill -9 "$(cat "$work/pid")" 2>/dev/null || :
  return 124
}
