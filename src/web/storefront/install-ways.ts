import { activationCommand, withLicensePrompt } from "../../domain/licensing/license/key.ts";
import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { PLATFORM_WORDS } from "./worker-card.tsx";

/** A way to install a worker with one tool. `setup` is a text that a file must contain before. */
export type InstallWay = {
  /** The anchor on the page, unique among the ways. */
  id: string;
  name: string;
  /** When to choose it, and its requirements. */
  about: string;
  setup?: { file: string; text: string };
  commands: string;
};

/**
 * The ways to install a worker in its current state, the most general first; empty if nothing is published. `url` is
 * the origin of the catalog. No command contains the license key: tools read it from the environment or prompt for it.
 * `docs/install.md` has the same commands.
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

const KEY_ASKED = "The first line asks for your license key.";

const isPremium = ({ worker }: AvailableWorker): boolean => worker.tier === "premium";

/** The ways that install the newest release's file for the current machine. */
function binaryWays(available: AvailableWorker, url: string): InstallWay[] {
  const { worker, latest } = available;
  const platforms = filesOf(available, "binary").map(({ platform }) => platform);
  if (latest === null || platforms.length === 0) return [];
  const machines = platforms.map((platform) => PLATFORM_WORDS[platform]).join("; ");
  const shell: InstallWay = {
    id: "curl",
    name: "curl, in any shell",
    about: isPremium(available)
      ? `Needs only curl. It reads your license key from RBEE_LICENSE_TOKEN, or asks for it. For ${machines}.`
      : `Needs only curl. It downloads the file for your machine and checks it. For ${machines}.`,
    commands: `curl -fsSL ${url}/install.sh | sh -s -- ${worker.id}`,
  };
  const command: InstallWay = {
    id: "rbee-catalog",
    name: "rbee-catalog, on a hive",
    about: isPremium(available)
      ? `Checks the signature and installs the worker into the folder of the hive. The first line asks for your license key and activates the machine. Later you need only the second line. For ${machines}.`
      : `Checks the signature and installs the worker into the folder of the hive. For ${machines}.`,
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
    ? `Builds a package from the signed binary. ${KEY_ASKED} To update, run git pull and makepkg again.`
    : "Builds a package from source. To update, run git pull and makepkg again.",
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
    ? "Each package is signed by its builder. First import the builder's key with pacman-key."
    : "This version's package has no OpenPGP signature, so pacman relies on the checksum from this site.";
  const credential = isPremium(available)
    ? " MACHINE is any name for your computer, KEY is your license key. Every user can read pacman.conf. To hide the key, leave out MACHINE:KEY@ and put both into root's ~/.netrc."
    : "";
  const server = `${isPremium(available) ? url.replace("://", "://MACHINE:KEY@") : url}/arch/$repo/os/$arch`;
  return [
    {
      id: "pacman",
      name: "pacman, on Arch Linux",
      about: `Installs the package and upgrades it with your system. ${trust}${credential}`,
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
  about: `For one command, the helper uses this site instead of the AUR.${isPremium(available) ? ` ${KEY_ASKED}` : ""}`,
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

/** The commands; for a premium worker after a prompt that puts the key into `variable`. */
const commandsFor = (available: AvailableWorker, variable: string, ...commands: string[]): string =>
  isPremium(available) ? withLicensePrompt(variable, ...commands) : commands.join(" &&\n");
