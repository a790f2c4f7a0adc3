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
      ? "Packages are signed by their builder. First import the builder's key with pacman-key."
      : "This version's package has no OpenPGP signature, so pacman checks its checksum only.";
    const credential = premium
      ? " Replace MACHINE by any name for this computer and KEY by your license key. Every user can read pacman.conf: to keep the key private, leave out MACHINE:KEY@ and put both into root's ~/.netrc."
      : "";
    const server = `${premium ? url.replace("://", "://MACHINE:KEY@") : url}/arch/$repo/os/$arch`;
    return [
      {
        id: "pacman",
        name: "pacman",
        systems: ["arch"],
        about: `Installs a package that your system upgrades keep current. ${trust}${credential}`,
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
