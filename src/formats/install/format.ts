import {
  type Format,
  type InstallWay,
  isPremium,
  keyPrompted,
  latestFiles,
  platformsOf,
} from "../../domain/catalog/format.ts";
import { systemsOf } from "../../domain/catalog/install-systems.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { activationCommand } from "../../domain/licensing/license/key.ts";
import { PLATFORM_WORDS, type Platform } from "../../domain/releases/manifest.ts";
import { installLine } from "../../domain/workers/install-line.ts";

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
    const platforms = latestFiles(available, "binary").map(({ platform }) => platform);
    const unix = platforms.filter((platform) => !platform.startsWith("windows-"));
    const script = installLine(url, worker.id);
    const key = isPremium(available) ? " Paste your license key when prompted." : "";
    const ways: InstallWay[] = [];
    if (unix.length > 0) {
      ways.push({
        id: "curl",
        name: "Install script",
        systems: systemsOf(unix),
        about: `Requires only curl. It picks the build for your machine and checks its checksum, and its signature if minisign is installed.${key} For ${machines(unix)}.`,
        commands: script,
      });
    }
    if (platforms.length > 0) {
      ways.push({
        id: "rbee-catalog",
        name: "rbee-catalog",
        systems: systemsOf(platforms),
        about: `Checks the signature against pinned keys and installs into the hive's worker folder.${activation(available)} For ${machines(platforms)}.`,
        commands: [
          ...(isPremium(available) ? [activationCommand(url)] : []),
          `rbee-catalog --url ${url} install ${worker.id}`,
        ].join(" &&\n"),
        link: { href: "/install#command", text: "Get the rbee-catalog command" },
      });
    }
    if (platforms.includes("linux-x86_64")) {
      ways.push({
        id: "wsl",
        name: "Windows Subsystem for Linux (WSL)",
        systems: ["windows"],
        about: `Installs the worker for Linux inside WSL.${key}`,
        commands: script,
      });
    }
    return ways;
  },
};

const machines = (platforms: readonly Platform[]): string =>
  [...new Set(platforms)].map((platform) => PLATFORM_WORDS[platform]).join("; ");

/** A sentence about the first line of the command's way, which activates the machine; empty for a free worker. */
const activation = (available: Parameters<typeof keyPrompted>[0]): string =>
  isPremium(available) ? `${keyPrompted(available)} The first line activates this machine; run it once.` : "";
