import { type Format, isPremium, latestFiles, platformsOf } from "../../domain/catalog/format.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { PACMAN_PLATFORMS, pacman } from "./pacman.ts";
import { repositoryOf } from "./repository.ts";

/** pacman's repositories, and the packages in them. */
export const arch: Format = {
  package: pacman,
  routes: async () => (await import("./routes.ts")).archRoutes,
  offers: ({ worker }, manifest) =>
    platformsOf(worker)
      .filter((platform) => Object.values(PACMAN_PLATFORMS).some((known) => known === platform))
      .map((platform) => ({
        place: `pacman repository ${repositoryOf(worker.tier)}`,
        platform,
        version: latestVersionWith(manifest, { platform, format: pacman }),
        needs: `a ${pacman.rules.label}`,
      })),
  installWays(available, url) {
    const packages = latestFiles(available, "package", pacman);
    if (packages.length === 0) return [];
    const premium = isPremium(available);
    const isSigned = packages.every(({ pgp_signature }) => pgp_signature !== null);
    const trust = isSigned
      ? "Each package is signed by its builder. First import the builder's key with pacman-key."
      : "This version's package has no OpenPGP signature, so pacman relies on the checksum from this site.";
    const credential = premium
      ? " MACHINE is any name for your computer, KEY is your license key. Every user can read pacman.conf. To hide the key, leave out MACHINE:KEY@ and put both into root's ~/.netrc."
      : "";
    const server = `${premium ? url.replace("://", "://MACHINE:KEY@") : url}/arch/$repo/os/$arch`;
    return [
      {
        id: "pacman",
        name: "pacman, on Arch Linux",
        about: `Installs the package and upgrades it with your system. ${trust}${credential}`,
        setup: {
          file: "/etc/pacman.conf",
          text: [
            `[${repositoryOf(available.worker.tier)}]`,
            `SigLevel = ${isSigned ? "Required DatabaseOptional" : "Optional"}`,
            `Server = ${server}`,
          ].join("\n"),
        },
        commands: `sudo pacman -Syu ${available.worker.id}`,
      },
    ];
  },
};
