# Adds the GPUs to $facts: an empty list if there is none, and no list if that cannot be found out.
find_gpus() {
  gpus=
  sure=yes
  if [ "$system" = macos ]; then
    add_gpu apple "$(sysctl -n machdep.cpu.brand_string 2>/dev/null)"
  else
    find_nvidia
    find_amd
    find_idle_cards
  fi
  if [ -n "$gpus$sure" ]; then facts="$facts,\"gpus\":[$gpus]"; fi
}

# Adds a GPU: its vendor, name, driver, CUDA, ROCm, architecture, and memory in bytes. An empty one is not known.
add_gpu() {
  gpu=
  for fact in "vendor:$1" "name:${2-}" "driver:${3-}" "cuda:${4-}" "rocm:${5-}" "architecture:${6-}"; do
    value=$(printf '%s' "${fact#*:}" | tr -d '"\134\n' | plain)
    [ -z "$value" ] || gpu="$gpu${gpu:+,}\"${fact%%:*}\":\"$value\""
  done
  gpus="$gpus${gpus:+,}{$gpu${7:+,\"memory_bytes\":$7}}"
}

# Notes that there may be a GPU which is not in the list.
doubt_gpu() {
  sure=
  doubt "$1"
}

# In WSL, nvidia-smi is in a folder that is not in the PATH of services, ssh and sudo.
find_nvidia() {
  for smi in nvidia-smi /usr/lib/wsl/lib/nvidia-smi; do
    command -v "$smi" >/dev/null || continue
    ask_nvidia_smi
    return
  done
  board=$(tr -d '\000' 2>/dev/null </proc/device-tree/model) || board=
  if [ -e /etc/nv_tegra_release ]; then
    add_gpu nvidia "${board:-Jetson}" '' "$(jetson_cuda)"
  elif [ -e /dev/nvidiactl ]; then
    doubt_gpu 'its NVIDIA GPU, because there is no nvidia-smi'
  fi
}

ask_nvidia_smi() {
  # A driver before 510 does not know compute_cap.
  for third in compute_cap index; do
    code=0
    bounded "$smi" "--query-gpu=name,driver_version,$third,memory.total" --format=csv,noheader || code=$?
    if tr -d '\r' <"$work/output" | grep '^[^,]*, [0-9][0-9.]*, [^,]*, [^,]*$' >"$work/gpus" || [ "$code" -eq 124 ]; then
      break
    fi
  done
  if [ ! -s "$work/gpus" ] && [ "$code" -ne 124 ]; then
    code=0
    bounded "$smi" -L || code=$?
    sed -n 's/^GPU [0-9]*: \(.*\) (UUID.*/\1, , , /p' "$work/output" >"$work/gpus"
  fi
  if [ "$code" -eq 124 ]; then
    doubt_gpu "its NVIDIA GPU, because $smi does not end"
  elif [ ! -s "$work/gpus" ]; then
    grep -q 'No devices were found' "$work/output" ||
      doubt_gpu "its NVIDIA GPU, because $smi failed: $(head -n 1 "$work/output" | plain | cut -c 1-200)"
  else
    cuda=
    # Drivers from 610 on write "CUDA UMD Version". A Jetson's nvidia-smi has no version.
    if bounded "$smi"; then
      cuda=$(sed -n 's/.*CUDA \(UMD \)*Version *: *\([0-9][0-9.]*\).*/\2/p' "$work/output" | head -n 1)
    fi
    while IFS=, read -r name driver capability memory; do
      driver=${driver# }
      # The number of a Jetson's driver is of another series.
      if [ -e /etc/nv_tegra_release ]; then driver='' cuda=$(jetson_cuda); fi
      architecture=$(printf '%s' "$capability" | sed -n 's/^ \([0-9][0-9]*\)\.\([0-9]\)$/sm_\1\2/p')
      # A GPU that shares the machine's memory has [N/A].
      mebibytes=$(printf '%s' "$memory" | sed -n 's/^ \([0-9][0-9]*\) MiB$/\1/p')
      add_gpu nvidia "$name" "$driver" "$cuda" '' "$architecture" "${mebibytes:+$((mebibytes * 1048576))}"
    done <"$work/gpus"
  fi
}

# Prints the CUDA version of a Jetson's system, which comes with it (NVIDIA's JetPack release notes).
jetson_cuda() {
  case $(sed -n '1s/^# R\([0-9]*\) (release), REVISION: \([0-9]*\).*/\1.\2/p' /etc/nv_tegra_release) in
    32.*) echo 10.2 ;;
    35.*) echo 11.4 ;;
    36.2 | 36.3) echo 12.2 ;;
    36.4 | 36.5) echo 12.6 ;;
    38.*) echo 13.0 ;;
  esac
}

# AMD's kernel driver lists its GPUs as nodes (kfd_topology.c in Linux). A node without a target is a processor.
find_amd() {
  rocm=$(sed -n '1s/^\([0-9][0-9]*\.[0-9.]*[0-9]\).*/\1/p' /opt/rocm/.info/version 2>/dev/null) || rocm=
  for node in /sys/class/kfd/kfd/topology/nodes/*; do
    target=$(sed -n 's/^gfx_target_version \([0-9][0-9]*\)$/\1/p' "$node/properties" 2>/dev/null) || continue
    [ "${target:-0}" -gt 0 ] || continue
    if [ ! -e /dev/kfd ]; then
      doubt_gpu 'its AMD GPU, because /dev/kfd is not here (in a container, pass it in)'
      return
    fi
    memory=0
    for bank in "$node"/mem_banks/*/properties; do
      grep -q '^heap_type [12]$' "$bank" 2>/dev/null || continue
      memory=$((memory + $(sed -n 's/^size_in_bytes \([0-9][0-9]*\)$/\1/p' "$bank")))
    done
    [ "$memory" -gt 0 ] || memory=
    architecture=$(printf 'gfx%d%x%x' $((target / 10000)) $((target / 100 % 100)) $((target % 100)))
    add_gpu amd '' '' '' "$rocm" "$architecture" "$memory"
    [ -w /dev/kfd ] || say 'This user may not open /dev/kfd. Workers for AMD GPUs need that: see the groups render and video.'
  done
  case $gpus in *'"amd"'*) return ;; esac
  # WSL has no /dev/kfd.
  for tool in rocminfo /opt/rocm/bin/rocminfo; do
    command -v "$tool" >/dev/null || continue
    if bounded "$tool"; then
      sed -n 's/^  Name: *\(gfx[0-9a-f]*\).*/\1/p' "$work/output" >"$work/gpus"
      while read -r architecture; do add_gpu amd '' '' '' "$rocm" "$architecture"; done <"$work/gpus"
    else
      doubt_gpu "its AMD GPU, because $tool failed"
    fi
    return
  done
}

# Names the display controllers (class 03) on the bus whose driver has told nothing.
find_idle_cards() {
  grep -l '^0x03' /sys/bus/pci/devices/*/class >"$work/cards" 2>/dev/null || :
  while read -r class; do
    case $(cat "${class%/*}/vendor")/$gpus$doubts in
      0x10de/*'"nvidia"'* | 0x10de/*NVIDIA* | 0x1002/*'"amd"'* | 0x1002/*AMD*) ;;
      0x10de/*) doubt_gpu 'its NVIDIA card, which has no driver' ;;
      0x1002/*) doubt_gpu 'its AMD card, which has no ROCm driver' ;;
    esac
  done <"$work/cards"
}
