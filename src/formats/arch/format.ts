import { type Format, isPremium, latestFiles } from "../../domain/catalog/format.ts";
import { pacman } from "./pacman.ts";

/** pacman's repositories, and the packages in them. */
export const arch: Format = {
  package: pacman,
  routes: async () => (await import("./routes.ts")).archRoutes,
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
            premium ? "[rbee-premium]" : "[rbee]",
            `SigLevel = ${isSigned ? "Required DatabaseOptional" : "Optional"}`,
            `Server = ${server}`,
          ].join("\n"),
        },
        commands: `sudo pacman -Syu ${available.worker.id}`,
      },
    ];
  },
};
