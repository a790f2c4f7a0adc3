import { commandsFor, type Format, keyPrompted } from "../../domain/catalog/format.ts";

/** The interface of the AUR at its own paths, for AUR helpers. They clone the git repositories (src/formats/git/). */
export const aur: Format = {
  routes: async () => (await import("./routes.ts")).aurRoutes,
  installWays: (available, url) =>
    available.hasRecipe && available.worker.operatingSystems.includes("linux")
      ? [
          {
            id: "aur",
            name: "AUR helper (yay, paru)",
            systems: ["arch"],
            about: `AUR-compatible: point your helper at this catalog for one command.${keyPrompted(available)}`,
            commands: commandsFor(
              available,
              "RBEE_LICENSE_TOKEN",
              `yay --aururl ${url} --aurrpcurl ${url}/rpc -S ${available.worker.id}`,
            ),
          },
        ]
      : [],
};
