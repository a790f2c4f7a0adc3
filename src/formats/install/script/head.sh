#!/bin/sh
# Installs an rbee worker. `sh install.sh --help` prints the options.

# No command runs before the last line has arrived. The brackets hold all functions together, because a cut could make a
# command of the first letters of a function's name.
{
set -eu
LC_ALL=C
export LC_ALL

# The catalog that serves this script fills these in.
CATALOG=@CATALOG@
RELEASE_KEYS=@RELEASE_KEYS@
# yes: a signature must name its file, worker and version.
BOUND=@BOUND@

# Sets $FOLDER, where hives and `rbee-catalog` keep workers too. Services, containers and start-up scripts have no HOME,
# but their account has one.
find_folder() {
  HOME=${HOME:-$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)}
  HOME=${HOME:-$(eval "printf '%s' ~$(id -un)")}
  FOLDER=$(xdg_folder "${XDG_CACHE_HOME:-}" "$HOME/.cache")/rbee/workers
}

# Prints the folder $1 of the XDG specification, else $2. The specification ignores a relative folder.
xdg_folder() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s' "$2" ;;
  esac
}

usage() {
  cat <<EOF
Installs an rbee worker into $FOLDER.

  curl -fsSL $CATALOG/install.sh | sh -s -- [WORKER] [OPTION]...

  WORKER             its id or variant, such as cpu, cuda, sd-cuda or premium-cuda;
                     default, or with --auto: the best one for this machine
  --version VERSION  install this version instead of the latest
  --platform NAME    install for another machine, such as linux-aarch64
  --explain          also show what is known of this machine, and what the other
                     workers lack for it
  --list             show the workers for this machine
  --uninstall        remove WORKER
  --cli              install the command rbee-catalog, which needs Node.js 20 or newer;
                     with --uninstall: remove it
  --help             show this help

Environment:
  RBEE_LICENSE_TOKEN  license key or token, for premium workers; RBEE_LICENSE_KEY means the same;
                      without either, the script asks on the terminal
  RBEE_MACHINE        the name of this machine; default: a hash of its machine id
  https_proxy         a proxy, as for curl; the script does not read ~/.curlrc

To resume an interrupted download, run the same command again.
EOF
}
