import { type Format, isPremium, latestFiles, platformsOf } from "../../domain/catalog/format.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { repositoryOf } from "./repository.ts";
import { CREDENTIALS_FILE, credentialsText, KEYRING_FILE, sourcesFile } from "./sources.ts";
import { DEB, DEBIAN_ARCHITECTURES, debianArchitecture } from "./version.ts";

/** The repositories of apt, with packages that are framed around the binaries of releases. */
export const apt: Format = {
  framing: {
    name: DEB,
    architectures: DEBIAN_ARCHITECTURES,
    load: async () => (await import("./package.ts")).debMaker,
  },
  routes: async () => (await import("./routes.ts")).aptRoutes,
  offers: ({ worker }, manifest) =>
    platformsOf(worker)
      .filter((platform) => debianArchitecture(platform) !== null)
      .map((platform) => ({
        place: `apt repository ${repositoryOf(worker.tier)}`,
        platform,
        version: latestVersionWith(manifest, { platform }),
        needs: "a binary",
      })),
  installWays(available, url) {
    if (!latestFiles(available, "binary").some(({ platform }) => debianArchitecture(platform) !== null)) return [];
    const sources = sourcesFile(repositoryOf(available.worker.tier));
    const about =
      "Installs a package that your system upgrades keep current. The repository is signed. It needs Debian 12, Ubuntu 22.04 or later.";
    return [
      {
        id: "apt",
        name: "apt",
        systems: ["debian"],
        about: isPremium(available) ? `${about} ${CREDENTIAL}` : about,
        ...(isPremium(available) && { setup: { file: CREDENTIALS_FILE, text: credentialsText(url) } }),
        commands: [
          `sudo curl -fsS -o ${KEYRING_FILE} ${url}/apt/rbee.gpg`,
          `sudo curl -fsS -o /etc/apt/sources.list.d/${sources} ${url}/apt/${sources}`,
          `sudo apt update && sudo apt install ${available.worker.id}`,
        ].join("\n"),
      },
    ];
  },
};

const CREDENTIAL =
  "Replace MACHINE by any name for this computer and KEY by your license key. Keep the file private: chmod 600.";
