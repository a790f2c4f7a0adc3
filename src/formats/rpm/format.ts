import { type Format, isPremium, latestFiles, platformsOf } from "../../domain/catalog/format.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { ARCHITECTURES } from "./package/names.ts";
import { repoSection } from "./repo-file.ts";
import { repositoryOf } from "./repository.ts";

const PLATFORMS = Object.values(ARCHITECTURES);

/** The repositories of dnf and zypper, with packages that are framed around the binaries of releases. */
export const rpm: Format = {
  framing: {
    name: "rpm",
    architectures: ARCHITECTURES,
    load: async () => (await import("./package/maker.ts")).rpmMaker,
  },
  routes: async () => (await import("./routes.ts")).rpmRoutes,
  offers: ({ worker }, manifest) =>
    platformsOf(worker)
      .filter((platform) => PLATFORMS.some((known) => known === platform))
      .map((platform) => ({
        place: `RPM repository ${repositoryOf(worker.tier)}`,
        platform,
        version: latestVersionWith(manifest, { platform }),
        needs: "a binary",
      })),
  installWays(available, url) {
    const binaries = latestFiles(available, "binary");
    if (!binaries.some(({ platform }) => PLATFORMS.some((known) => known === platform))) return [];
    const { id, tier } = available.worker;
    const repository = repositoryOf(tier);
    const about =
      "Installs a package that your system upgrades keep current. The repository and its packages are signed.";
    if (!isPremium(available)) {
      return [
        {
          id: "dnf",
          name: "dnf",
          systems: ["fedora"],
          about,
          commands: [
            `sudo curl -fsS -o /etc/yum.repos.d/rbee.repo ${url}/rpm/rbee.repo`,
            `sudo dnf install ${id}`,
          ].join("\n"),
        },
        {
          id: "zypper",
          name: "zypper",
          systems: ["fedora"],
          about: `${about} Zypper shows the key's fingerprint and asks whether to trust it.`,
          commands: [`sudo zypper addrepo ${url}/rpm/rbee.repo`, `sudo zypper install ${id}`].join("\n"),
        },
      ];
    }
    const replace = "Replace MACHINE by any name for this computer and KEY by your license key.";
    return [
      {
        id: "dnf",
        name: "dnf",
        systems: ["fedora"],
        about: `${about} ${replace} Keep the file private: chmod 600.`,
        setup: {
          file: "/etc/yum.repos.d/rbee-premium.repo",
          text: repoSection(repository, url, ["username=MACHINE", "password=KEY"]),
        },
        commands: `sudo dnf install ${id}`,
      },
      {
        id: "zypper",
        name: "zypper",
        systems: ["fedora"],
        about: `${about} ${replace} Keep the file private: chmod 600.`,
        setup: { file: `/etc/zypp/credentials.d/${repository}`, text: "username=MACHINE\npassword=KEY" },
        commands: [
          `sudo zypper addrepo --refresh '${url}/rpm/${repository}/$basearch?credentials=${repository}' ${repository}`,
          `sudo zypper install ${id}`,
        ].join("\n"),
      },
    ];
  },
};
