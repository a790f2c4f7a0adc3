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
                     default: the free worker for this machine
  --version VERSION  install this version instead of the latest
  --list             show the workers for this machine
  --uninstall        remove WORKER
  --help             show this help

Environment:
  RBEE_LICENSE_TOKEN  license key or token, for premium workers; without it, the script asks on the terminal
  RBEE_MACHINE        the name of this machine; default: a hash of its machine id

To resume an interrupted download, run the same command again.
EOF
}
