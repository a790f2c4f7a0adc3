import { type Format, type InstallWay, isPremium, latestFiles, platformsOf } from "../../domain/catalog/format.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { activationCommand } from "../../domain/licensing/license/key.ts";
import { PLATFORM_WORDS } from "../../domain/releases/manifest.ts";

/** The install script, the guide and the command line: the ways that install the newest release's binary. */
export const install: Format = {
  routes: async () => (await import("./routes.ts")).installRoutes,
  offers: ({ worker }, manifest) =>
    platformsOf(worker).map((platform) => ({
      place: "installer (install.sh, rbee-catalog)",
      platform,
      version: latestVersionWith(manifest, { platform }),
      needs: "a binary",
    })),
  installWays(available, url) {
    const { worker } = available;
    const premium = isPremium(available);
    const platforms = latestFiles(available, "binary").map(({ platform }) => platform);
    if (platforms.length === 0) return [];
    const machines = platforms.map((platform) => PLATFORM_WORDS[platform]).join("; ");
    const shell: InstallWay = {
      id: "curl",
      name: "curl, in any shell",
      about: premium
        ? `Needs only curl. It reads your license key from RBEE_LICENSE_TOKEN, or asks for it. For ${machines}.`
        : `Needs only curl. It downloads the file for your machine and checks it. For ${machines}.`,
      commands: `curl -fsSL ${url}/install.sh | sh -s -- ${worker.id}`,
    };
    const command: InstallWay = {
      id: "rbee-catalog",
      name: "rbee-catalog, on a hive",
      about: premium
        ? `Checks the signature and installs the worker into the folder of the hive. The first line asks for your license key and activates the machine. Later you need only the second line. For ${machines}.`
        : `Checks the signature and installs the worker into the folder of the hive. For ${machines}.`,
      commands: [...(premium ? [activationCommand(url)] : []), `rbee-catalog --url ${url} install ${worker.id}`].join(
        " &&\n",
      ),
    };
    return platforms.every((platform) => platform.startsWith("windows-")) ? [command] : [shell, command];
  },
};
