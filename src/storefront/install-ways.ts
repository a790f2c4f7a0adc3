import type { Worker } from "../catalog/workers.ts";

/** One tool's way to a worker. `commands` are what is typed; `setup` is what a file must hold before. */
export type InstallWay = {
  /** Unique among the ways; what the page links to. */
  id: string;
  name: string;
  /** When to choose it, and what it asks for. */
  about: string;
  setup?: { file: string; text: string };
  commands: string;
};

/**
 * The ways that a worker can be installed by, the most general first, from the catalog whose origin is `url`. A license key is
 * never put on a command line: tools take it from the environment, or ask.
 */
export function installWays(worker: Worker, url: string): InstallWay[] {
  const { id, operatingSystems, architectures } = worker;
  const premium = worker.tier === "premium";
  const onLinux = operatingSystems.includes("linux");
  const onMac = operatingSystems.includes("macos");
  const onAppleSilicon = onMac && architectures.includes("aarch64");
  const ways: (InstallWay | false)[] = [
    {
      id: "hive",
      name: "rbee-catalog, on a hive",
      about: premium
        ? "Activate the machine once: the first line waits for your license key. Later installs and updates need only the last."
        : "Picks the file for this machine, checks its signature and installs it where the hive looks.",
      commands: lines(premium && activation(url), `rbee-catalog --url ${url} install ${id}`),
    },
    (onLinux || onMac) && {
      id: "curl",
      name: "curl, on Linux or macOS",
      about: premium
        ? "Needs nothing but a shell. It asks for your license key, or takes it from RBEE_LICENSE_TOKEN."
        : "Needs nothing but a shell. It downloads the file for this machine and checks it.",
      commands: `curl -fsSL ${url}/install.sh | sh -s -- ${id}`,
    },
    onLinux && {
      id: "makepkg",
      name: "makepkg, on Arch Linux",
      about: premium
        ? "Packages the premium binary. The first line waits for your license key."
        : "Builds a package from source, with the PKGBUILD that this site publishes.",
      commands: lines(
        premium && keyFromTerminal("RBEE_LICENSE_TOKEN"),
        `curl -O ${url}/workers/${id}/PKGBUILD && makepkg -si`,
      ),
    },
    onLinux && {
      id: "pacman",
      name: "pacman, on Arch Linux",
      about: premium
        ? "Installs the package, and upgrades it with the rest of the system. MACHINE is any name for this computer."
        : "Installs the package, and upgrades it with the rest of the system.",
      setup: {
        file: "/etc/pacman.conf",
        text: premium
          ? lines("[rbee-premium]", `Server = ${withCredential(url)}/arch/$repo/os/$arch`)
          : lines("[rbee]", `Server = ${url}/arch/$repo/os/$arch`),
      },
      commands: `sudo pacman -Syu ${id}`,
    },
    onLinux && {
      id: "aur",
      name: "An AUR helper, such as yay",
      about: `This site answers as the AUR does, so helpers build and upgrade workers from it.${premium ? " The first line waits for your license key." : ""}`,
      commands: lines(premium && keyFromTerminal("RBEE_LICENSE_TOKEN"), `yay --aururl ${url} -S ${id}`),
    },
    onAppleSilicon && {
      id: "brew",
      name: "Homebrew, on a Mac",
      about: premium
        ? "For Macs with Apple silicon. The first line waits for your license key."
        : "For Macs with Apple silicon.",
      commands: lines(
        premium && keyFromTerminal("HOMEBREW_RBEE_LICENSE_TOKEN"),
        `brew tap rbee/rbee ${url}/homebrew-rbee.git && brew install ${id}`,
      ),
    },
  ];
  return ways.filter((way) => way !== false);
}

/** Takes a seat for this machine with a key that is typed in, from the catalog whose origin is `url`. */
export const activation = (url: string): string =>
  lines(keyFromTerminal("RBEE_LICENSE_KEY"), `rbee-catalog --url ${url} activate`);

/** Waits for the key in bash or zsh, without showing it or leaving it in the shell's history. */
const keyFromTerminal = (variable: string): string => `read -rs ${variable} && export ${variable}`;

const lines = (...parts: (string | false)[]): string => parts.filter((part) => part !== false).join("\n");

const withCredential = (url: string): string => url.replace("://", "://MACHINE:LICENSE_KEY@");
