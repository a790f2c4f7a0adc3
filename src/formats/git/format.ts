import {
  commandsFor,
  type Format,
  isPremium,
  keyPrompted,
  platformsOf,
  repositorySources,
} from "../../domain/catalog/format.ts";
import type { PublishedWorker } from "../../domain/catalog/published-workers.ts";
import type { Platform } from "../../domain/releases/manifest.ts";
import { workers } from "../../domain/workers/workers.ts";
import { currentTime, type UnixSeconds } from "../../lib/time.ts";
import { shortJob } from "../../platform/jobs/job.ts";
import { always } from "../../platform/jobs/schedule.ts";
import { isRetentionTime } from "../../platform/storage/retention.ts";

/** Recipes as git repositories: one for each worker under its id, as in the AUR, and those of other formats. */
export const git: Format = {
  routes: async () => (await import("./routes.ts")).gitRoutes,
  offers: (published) =>
    platformsOf(published.worker)
      .filter((platform) => !platform.startsWith("windows-"))
      .map((platform) => ({
        place: "recipe for makepkg, AUR helpers and hives",
        platform,
        version: recipeVersion(published, platform),
        needs: published.worker.source.type === "git" ? "a source" : "a binary",
      })),
  installWays: (available, url) =>
    available.hasRecipe && available.worker.operatingSystems.includes("linux")
      ? [
          {
            id: "makepkg",
            name: "makepkg",
            systems: ["arch"],
            about: isPremium(available)
              ? `Packages the signed binary.${keyPrompted(available)} To update, run git pull and makepkg again.`
              : "Builds a package from source. To update, run git pull and makepkg again.",
            commands: commandsFor(
              available,
              "RBEE_LICENSE_TOKEN",
              `git clone ${url}/${available.worker.id}.git && cd ${available.worker.id} && makepkg -si`,
            ),
          },
        ]
      : [],
  repositories: {
    names: workers.map(({ id }) => id),
    contents: (published) =>
      new Map(
        published.map(({ worker: { id, pkgbuild, srcinfo } }) => [
          id,
          { message: `${id} ${packageVersion(srcinfo)}`, files: { ".SRCINFO": srcinfo, PKGBUILD: pkgbuild } },
        ]),
      ),
  },
  afterManifest: (env, formats) => publish(env, formats, currentTime()),
  jobs: [
    shortJob("publish-repositories", always, ({ env, service: { formats }, now }) => publish(env, formats, now)),
    shortJob("sweep-packs", isRetentionTime, async ({ env, service: { formats }, now }) => {
      const { sweepPacks } = await import("./pack-sweep.ts");
      const { repositoryNames } = await import("./repository.ts");
      await sweepPacks(env, repositoryNames(repositorySources(formats)), now);
    }),
  ],
};

/** The version that a recipe installs on a platform; null if it downloads a binary, and has none for the platform. */
function recipeVersion({ worker, release }: PublishedWorker, platform: Platform): string | null {
  if (worker.source.type === "git") return release?.version ?? worker.version;
  return release?.artifacts.some((file) => file.kind === "binary" && file.platform === platform)
    ? release.version
    : null;
}

async function publish(env: Env, formats: readonly Format[], now: UnixSeconds): Promise<void> {
  const { publishRepositories } = await import("./repository.ts");
  await publishRepositories(env, repositorySources(formats), now);
}

/** `pkgver-pkgrel` of a `.SRCINFO`. */
const packageVersion = (srcinfo: string): string =>
  ["pkgver", "pkgrel"].map((field) => new RegExp(`^\\t${field} = (.*)$`, "m").exec(srcinfo)?.[1]).join("-");
