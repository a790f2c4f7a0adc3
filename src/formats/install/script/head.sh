#!/bin/sh
# Installs an rbee worker. `sh install.sh --help` prints the options. No command runs before the last line has arrived.
set -eu
LC_ALL=C
export LC_ALL

# The catalog that serves this script fills these in.
CATALOG=@CATALOG@
RELEASE_KEYS=@RELEASE_KEYS@

# Hives and `rbee-catalog` keep workers here too.
FOLDER=${XDG_CACHE_HOME:-${HOME:?}/.cache}/rbee/workers

usage() {
  cat <<EOF
Installs an rbee worker into $FOLDER.

  curl -fsSL $CATALOG/install.sh | sh -s -- [WORKER] [OPTION]...

  WORKER             its id or variant, such as cpu, cuda, metal or premium-cuda;
                     without it, the free one that suits this machine
  --version VERSION  this one instead of the latest
  --list             show the workers for this machine
  --uninstall        remove WORKER
  --help             show this

Environment:
  RBEE_LICENSE_TOKEN  license key or token, for workers that are sold; without it, you are asked on the terminal
  RBEE_MACHINE        what this machine is known by, instead of a hash of its machine id

A download that broke off goes on where it was when this is run again.
EOF
}
