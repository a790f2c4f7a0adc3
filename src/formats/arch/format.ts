import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import { type Format, type InstallWay, isPremium, latestFiles, platformsOf } from "../../domain/catalog/format.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { defaultBuild } from "../../domain/releases/build.ts";
import type { Manifest, ManifestArtifact, Platform } from "../../domain/releases/manifest.ts";
import { latestRelease } from "../../domain/releases/selection.ts";
import { FRAMING } from "./framing.ts";
import { pacman, signedPackage } from "./pacman.ts";
import { PACMAN_PLATFORMS } from "./platforms.ts";
import { repositoryOf } from "./repository.ts";

const PLATFORMS = Object.values(PACMAN_PLATFORMS);

/** pacman's repositories, and the packages in them. */
export const arch: Format = {
  package: pacman,
  framing: FRAMING,
  routes: async () => (await import("./routes.ts")).archRoutes,
  offers: ({ worker }, manifest) =>
    platformsOf(worker)
      .filter((platform) => PLATFORMS.some((known) => known === platform))
      .flatMap((platform) => [
        {
          place: `pacman repository ${repositoryOf(worker.tier)}`,
          platform,
          version: latestVersionWith(manifest, { platform, format: pacman }),
          needs: `a ${pacman.rules.label}`,
        },
        {
          place: `signed pacman repository ${repositoryOf(worker.tier)}`,
          platform,
          version: latestSigned(manifest, platform),
          needs: "a binary",
        },
      ]),
  installWays(available, url) {
    const packages = latestFiles(available, "package", pacman);
    const isSigned = packages.every(({ pgp_signature }) => pgp_signature !== null);
    if (latestFiles(available, "binary").some(isForPacman))
      return [signedWay(available, url, isSigned ? packages : [])];
    if (packages.length === 0) return [];
    return [isSigned ? signedWay(available, url, packages) : unsignedWay(available, url)];
  },
};

/** The newest stable version in the signed repository for a license that covers all; null without one. */
const latestSigned = (manifest: Manifest, platform: Platform): string | null =>
  latestRelease(manifest, {
    covers: ({ artifacts }) =>
      defaultBuild(artifacts, platform) !== undefined || signedPackage(artifacts, platform) !== undefined,
  })?.version ?? null;

const isForPacman = ({ platform }: ManifestArtifact): boolean => PLATFORMS.some((known) => known === platform);

/** The way by the signed repository. `uploaded`: the packages of the publisher that it offers. */
const signedWay = (available: AvailableWorker, url: string, uploaded: readonly unknown[]): InstallWay =>
  wayOf(available, url, {
    path: "arch/signed",
    level: "Required",
    about:
      "The repository and its packages are signed: the first commands let pacman trust the catalog's key." +
      (uploaded.length > 0
        ? " This version's package is signed by its builder. Import the builder's key as well."
        : ""),
    first: [
      `curl -fsSO ${url}/keys/packages.asc`,
      "sudo pacman-key --add packages.asc",
      `sudo pacman-key --lsign-key $(gpg --show-keys --with-colons packages.asc | awk -F: '$1 == "fpr" { print $10 }')`,
    ],
  });

/** The way for a package without an OpenPGP signature, in a release without a binary. */
const unsignedWay = (available: AvailableWorker, url: string): InstallWay =>
  wayOf(available, url, {
    path: "arch",
    level: "Optional",
    about: "This version's package has no OpenPGP signature, so pacman checks its checksum only.",
    first: [],
  });

type Lines = { path: string; level: string; about: string; first: string[] };

function wayOf(available: AvailableWorker, url: string, { path, level, about, first }: Lines): InstallWay {
  const premium = isPremium(available);
  const credential = premium
    ? " Replace MACHINE by any name for this computer and KEY by your license key. Every user can read pacman.conf: to keep the key private, leave out MACHINE:KEY@ and put both into root's ~/.netrc."
    : "";
  const server = `${premium ? url.replace("://", "://MACHINE:KEY@") : url}/${path}/$repo/os/$arch`;
  return {
    id: "pacman",
    name: "pacman",
    systems: ["arch"],
    about: `Installs a package that your system upgrades keep current. ${about}${credential}`,
    setup: {
      file: "/etc/pacman.conf",
      text: [`[${repositoryOf(available.worker.tier)}]`, `SigLevel = ${level}`, `Server = ${server}`].join("\n"),
    },
    commands: [...first, `sudo pacman -Syu ${available.worker.id}`].join("\n"),
  };
}
