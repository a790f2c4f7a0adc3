import { activationCommand, withLicensePrompt } from "../../domain/licensing/license/key.ts";
import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { PLATFORM_WORDS } from "./worker-words.ts";

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
 * The ways that a worker can be installed by as it is published now, the most general first, from the catalog whose origin is
 * `url`; none where nothing of it is there to install. A license key is never put on a command line: tools take it from the
 * environment, or ask. `docs/install.md` has the same lines.
 */
export function installWays(available: AvailableWorker, url: string): InstallWay[] {
  const { worker, hasRecipe } = available;
  const onLinux = worker.operatingSystems.includes("linux");
  const onMacAlone = worker.operatingSystems.every((system) => system === "macos");
  return [
    ...binaryWays(available, url),
    ...(onLinux && hasRecipe ? [makepkgWay(available, url)] : []),
    ...pacmanWay(available, url),
    ...(onLinux && hasRecipe ? [helperWay(available, url)] : []),
    ...(onMacAlone && hasRecipe ? [brewWay(available, url)] : []),
  ];
}

const KEY_ASKED = "The first line waits for your license key.";

const isPremium = ({ worker }: AvailableWorker): boolean => worker.tier === "premium";

/** What takes the newest release's file for the machine it runs on. */
function binaryWays(available: AvailableWorker, url: string): InstallWay[] {
  const { worker, latest } = available;
  const platforms = filesOf(available, "binary").map(({ platform }) => platform);
  if (latest === null || platforms.length === 0) return [];
  const machines = platforms.map((platform) => PLATFORM_WORDS[platform]).join("; ");
  const shell: InstallWay = {
    id: "curl",
    name: "curl, in any shell",
    about: isPremium(available)
      ? `Needs nothing but curl. It asks for your license key, or takes it from RBEE_LICENSE_TOKEN. For ${machines}.`
      : `Needs nothing but curl. It downloads the file for this machine and checks it. For ${machines}.`,
    commands: `curl -fsSL ${url}/install.sh | sh -s -- ${worker.id}`,
  };
  const command: InstallWay = {
    id: "rbee-catalog",
    name: "rbee-catalog, on a hive",
    about: isPremium(available)
      ? `Checks the signature and installs the worker where the hive looks. The first line asks for your license key and takes a seat for the machine; later only the second is needed. For ${machines}.`
      : `Checks the signature and installs the worker where the hive looks. For ${machines}.`,
    commands: [
      ...(isPremium(available) ? [activationCommand(url)] : []),
      `rbee-catalog --url ${url} install ${worker.id}`,
    ].join(" &&\n"),
  };
  return platforms.every((platform) => platform.startsWith("windows-")) ? [command] : [shell, command];
}

const makepkgWay = (available: AvailableWorker, url: string): InstallWay => ({
  id: "makepkg",
  name: "makepkg, on Arch Linux",
  about: isPremium(available)
    ? `Makes a package of the signed binary. ${KEY_ASKED} For the next version: git pull, and makepkg again.`
    : "Builds a package from source. For the next version: git pull, and makepkg again.",
  commands: commandsFor(
    available,
    "RBEE_LICENSE_TOKEN",
    `git clone ${url}/${available.worker.id}.git && cd ${available.worker.id} && makepkg -si`,
  ),
});

function pacmanWay(available: AvailableWorker, url: string): InstallWay[] {
  const packages = filesOf(available, "package");
  if (packages.length === 0) return [];
  const isSigned = packages.every(({ pgp_signature }) => pgp_signature !== null);
  const trust = isSigned
    ? "Packages are signed by who built them: import that key with pacman-key first."
    : "This version's package has no OpenPGP signature, so pacman goes by the checksum that this site gives it.";
  const credential = isPremium(available)
    ? " MACHINE is any name for this computer, KEY your license key. Every user can read pacman.conf; without MACHINE:KEY@, pacman takes them from root's ~/.netrc."
    : "";
  const server = `${isPremium(available) ? url.replace("://", "://MACHINE:KEY@") : url}/arch/$repo/os/$arch`;
  return [
    {
      id: "pacman",
      name: "pacman, on Arch Linux",
      about: `Installs the package, and upgrades it with the rest of the system. ${trust}${credential}`,
      setup: {
        file: "/etc/pacman.conf",
        text: [
          isPremium(available) ? "[rbee-premium]" : "[rbee]",
          `SigLevel = ${isSigned ? "Required DatabaseOptional" : "Optional"}`,
          `Server = ${server}`,
        ].join("\n"),
      },
      commands: `sudo pacman -Syu ${available.worker.id}`,
    },
  ];
}

const helperWay = (available: AvailableWorker, url: string): InstallWay => ({
  id: "aur",
  name: "An AUR helper, such as yay or paru",
  about: `This site answers as the AUR does, for one command.${isPremium(available) ? ` ${KEY_ASKED}` : ""}`,
  commands: commandsFor(
    available,
    "RBEE_LICENSE_TOKEN",
    `yay --aururl ${url} --aurrpcurl ${url}/rpc -S ${available.worker.id}`,
  ),
});

const brewWay = (available: AvailableWorker, url: string): InstallWay => ({
  id: "brew",
  name: "Homebrew, on a Mac",
  about: `For Macs with Apple silicon.${isPremium(available) ? ` ${KEY_ASKED}` : ""}`,
  commands: commandsFor(
    available,
    "HOMEBREW_RBEE_LICENSE_TOKEN",
    `brew tap rbee/rbee ${url}/homebrew-rbee.git`,
    `brew install rbee/rbee/${available.worker.id}`,
  ),
});

const filesOf = ({ latest }: AvailableWorker, kind: ManifestArtifact["kind"]): ManifestArtifact[] =>
  latest?.artifacts.filter((file) => file.kind === kind) ?? [];

/** The commands; for a worker that is sold, behind a prompt for the key that `variable` then holds. */
const commandsFor = (available: AvailableWorker, variable: string, ...commands: string[]): string =>
  isPremium(available) ? withLicensePrompt(variable, ...commands) : commands.join(" &&\n");
