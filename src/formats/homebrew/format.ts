import { commandsFor, type Format, keyPrompted } from "../../domain/catalog/format.ts";
import { TAP, tapContents } from "./tap.ts";

/** Formulas for Homebrew, in a tap to clone and each at a path of its own. */
export const homebrew: Format = {
  routes: async () => (await import("./routes.ts")).formulas,
  repositories: {
    names: [TAP],
    contents: (published, url) => new Map([[TAP, tapContents(published, url)]]),
  },
  offers: (published) =>
    Object.keys(tapContents([published], "").files)
      .filter((path) => path.startsWith("Formula/"))
      .map(() => ({
        place: "Homebrew tap",
        platform: "macos-aarch64",
        version: published.release?.version ?? published.worker.version,
        needs: "a binary",
      })),
  installWays: (available, url) =>
    available.hasRecipe && available.worker.operatingSystems.every((system) => system === "macos")
      ? [
          {
            id: "brew",
            name: "Homebrew",
            systems: ["macos"],
            about: `For Macs with Apple silicon.${keyPrompted(available)}`,
            commands: commandsFor(
              available,
              "HOMEBREW_RBEE_LICENSE_TOKEN",
              `brew tap rbee/rbee ${url}/${TAP}.git`,
              `brew install rbee/rbee/${available.worker.id}`,
            ),
          },
        ]
      : [],
};
