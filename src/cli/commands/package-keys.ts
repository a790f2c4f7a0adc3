import { writeFile } from "node:fs/promises";
import type { CatalogCommand } from "../command.ts";
import { createPrivateFile } from "../files.ts";
import { trustedKeys } from "../hive/check.ts";
import { openHive } from "../hive/state.ts";
import { arrangePackageKeys, fetchPackageKeys, formatPackageKeys, readPackageKeys } from "../package-keys.ts";

type ArrangeOptions = { out: string; signWith?: string; retire: string[]; remove: string[] };

/** Adds the commands below `keys` for the keys that sign packages. */
export function addPackageKeysCommands(keys: CatalogCommand): void {
  keys
    .command("arrange")
    .summary("choose which of the package signing keys signs, and retire old ones")
    .description(
      "Writes the next value of PACKAGE_SIGNING_KEYS. The first key signs packages, every key with a private half signs the " +
        "metadata of repositories, and all are served at /keys/packages.asc.",
    )
    .argument("<file>", "a value of PACKAGE_SIGNING_KEYS, as keys new --packages writes it")
    .option("--sign-with <fingerprint>", "the key that signs packages from now on")
    .option("--retire <fingerprint...>", "keys that sign nothing more; they are still served", [])
    .option("--remove <fingerprint...>", "keys that are no longer served, as after a leak", [])
    .requiredOption("-o, --out <file>", "the file for the next value, which must not exist")
    .run(async (context, file: string, options: ArrangeOptions) => {
      const arranged = arrangePackageKeys(await readPackageKeys(file), options);
      await createPrivateFile(options.out, formatPackageKeys(arranged));
      const shown = arranged.map(({ fingerprint, entry }, index) => ({
        fingerprint,
        signs: index === 0 ? "packages and metadata" : entry.secret_key === undefined ? "nothing" : "metadata",
      }));
      context.show({ keys: shown, secret_key: options.out }, () =>
        [
          ...shown.map(({ fingerprint, signs }) => `${fingerprint} signs ${signs}`),
          `Now: npx wrangler secret put PACKAGE_SIGNING_KEYS < ${options.out}`,
        ].join("\n"),
      );
    });

  keys
    .command("verify")
    .summary("check the keys for packages with the release key, and save them")
    .description(
      "Fetches /keys/packages.asc and checks that the release key has signed each key in it: the one that is pinned on this " +
        "machine, or that of --release-key. Give the file of --out to apt, dnf, zypper or pacman-key.",
    )
    .option("--release-key <file>", "minisign public key to trust")
    .option("-o, --out <file>", "write the verified keys there, in ASCII armor")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog keys verify --out rbee.asc")
    .action(async (options: { releaseKey?: string; out?: string }, command: CatalogCommand) => {
      const hive = await openHive(command);
      const trusted = await trustedKeys(hive, options);
      const verified = await fetchPackageKeys(hive.client, trusted.keys);
      if (options.out !== undefined) await writeFile(options.out, verified.armored);
      hive.show({ keys: verified.keys, file: options.out ?? null }, ({ keys: found }) =>
        found
          .map(({ fingerprint, user_id }) => `${fingerprint}  ${user_id}: vouched for by the release key`)
          .join("\n"),
      );
    });
}
