# Sets $machine to the name that `rbee-catalog` uses for this machine, so that both take the same seat. It is
# RBEE_MACHINE, or a hash of the system's machine id, because machine-id(5) asks not to send the id itself. Without a
# machine id, it is a hash of a random id that is made once and kept.
find_machine() {
  machine=${RBEE_MACHINE:-}
  case $machine in *[[:cntrl:]]*) die 'RBEE_MACHINE must be one line without control characters.' ;; esac
  [ -z "$machine" ] || return 0
  own=$(xdg_folder "${XDG_CONFIG_HOME:-}" "$HOME/.config")/rbee/machine-id
  for file in /etc/machine-id /var/lib/dbus/machine-id "$own"; do
    if read_machine_id "$file"; then break; fi
  done
  [ -n "$machine_id" ] || make_machine_id "$own"
  printf 'rbee-hive:%s' "$machine_id" >"$work/machine"
  machine=$(sha256_of "$work/machine")
}

# Sets $machine_id to the id in the file $1. Fails and leaves it empty if the file has none.
read_machine_id() {
  machine_id=
  [ -r "$1" ] || return 1
  machine_id=$(tr -d '[:space:]' <"$1")
  case $machine_id in *[!0-9a-f]*) machine_id= ;; esac
  [ ${#machine_id} -eq 32 ] || machine_id=
  [ -n "$machine_id" ]
}

# Makes the file $1. Of several runs at once, one makes it and all read it, because a link fails if its name exists.
make_machine_id() {
  # Process numbers repeat in containers with one home, the scratch folder's name does not.
  new=$1.$$.${work##*[./]}
  (
    umask 077
    mkdir -p "${1%/*}"
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$new"
    ln "$new" "$1" || (set -C && cat "$new" >"$1") || repair_machine_id "$1"
  ) 2>/dev/null || :
  rm -f "$new"
  read_machine_id "$1" || die "Cannot create an id for this machine in $1. Set RBEE_MACHINE to a name of your choice."
}

# Replaces the file $1 by $new if it has no id after a moment: another run may be writing it. Of several runs, the one
# that holds the lock replaces it. The file exists all the time, so no run makes another one meanwhile.
repair_machine_id() {
  for pause in 0 1 1; do
    sleep $pause
    if read_machine_id "$1"; then return; fi
  done
  if mkdir "$1.lock"; then
    read_machine_id "$1" || mv -f "$new" "$1"
    rmdir "$1.lock"
  else
    sleep 1
  fi
}
