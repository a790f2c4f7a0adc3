import { join } from "node:path";
import { currentTime } from "../../lib/time.ts";
import type { CatalogCommand } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { trustedKeys } from "../hive/check.ts";
import { workersFolder } from "../hive/install.ts";
import { installedWorkers, isFile, isWorkerId } from "../hive/installed.ts";
import { openHive } from "../hive/state.ts";
import { mirrorClient } from "../mirror.ts";
import { type FileReport, formatFileReport, type Target, verifyFile } from "../verify/file-report.ts";
import { openIndexSource } from "../verify/index-source.ts";

type VerifyOptions = { dir: string; mirror?: string; releaseKey?: string };

/** Adds `verify`, which checks workers and files against the signed index. */
export function addVerifyCommand(program: CatalogCommand): void {
  program
    .command("verify")
    .description(
      "Shows the worker, version and builder of each file, and whether it is outdated or withdrawn; or fails. It trusts an index " +
        "only if the release key that is pinned on this machine vouches for it, it has not expired, and it is not older than " +
        "one seen before.",
    )
    .argument("[worker or file...]", "installed workers, or files (default: every installed worker)")
    .option("-d, --dir <folder>", "where workers are installed", workersFolder(program.io.env))
    .option("--mirror <url>", "use a copy of the catalog's files: a URL, or a folder")
    .option("--release-key <file>", "minisign public key to trust and pin from now on")
    .addHelpText(
      "after",
      `
Examples:
  $ rbee-catalog verify
  $ rbee-catalog verify ./some-file --mirror https://mirror.example/rbee`,
    )
    .action(async (names: string[], options: VerifyOptions, command: CatalogCommand) => {
      const hive = await openHive(command);
      const { state } = hive;
      const { url } = hive.client;
      const client = options.mirror === undefined ? hive.client : await mirrorClient(options.mirror, hive.note);
      const targets = await findTargets(names, options.dir);
      const trusted = await trustedKeys(hive, options);
      const indexes = await openIndexSource({
        client,
        releaseKeys: trusted.keys,
        seen: state.indexes[url] ?? { delegated_at: 0, serials: {} },
        now: currentTime(),
      });
      const files: FileReport[] = [];
      try {
        for (const target of targets) files.push(await verifyFile(target, { client, indexes, keys: trusted.keys }));
      } finally {
        // Keys are pinned, and indexes remembered, only after the keys have verified a release.
        if (trusted.text === state.release_keys[url] || files.some(({ result }) => result !== "refused")) {
          await hive.change((known) => ({
            ...known,
            release_keys: { ...known.release_keys, [url]: trusted.text },
            indexes: { ...known.indexes, [url]: indexes.seen() },
          }));
        }
      }
      hive.show({ files }, () => files.map(formatFileReport).join("\n"));
      requireGood(files);
    });
}

function requireGood(files: readonly FileReport[]): void {
  const count = (result: FileReport["result"]): number => files.filter((file) => file.result === result).length;
  if (count("refused") > 0) {
    throw new CliError(EXIT.integrity, `Failed: ${count("refused")} of ${files.length} files. Do not run them.`);
  }
  if (count("blocked") === 0) return;
  throw new CliError(EXIT.refused, `Withdrawn: ${count("blocked")} of ${files.length}. Do not run them.`);
}

/**
 * Resolves the names on the command line: a file if it exists, else a worker that is installed in `folder`. Without
 * names, returns every installed worker. Throws `CliError` (notFound) for an unknown name, or if nothing is installed.
 */
async function findTargets(names: readonly string[], folder: string): Promise<Target[]> {
  if (names.length > 0) return Promise.all(names.map((name) => targetOf(name, folder)));
  const installed = await installedWorkers(folder);
  if (installed.length === 0) throw new CliError(EXIT.notFound, `No worker is installed in ${folder}.`);
  return installed.map((workerId) => ({ path: join(folder, workerId), workerId }));
}

async function targetOf(name: string, folder: string): Promise<Target> {
  if (await isFile(name)) return { path: name, workerId: null };
  const path = join(folder, name);
  if (isWorkerId(name) && (await isFile(path))) return { path, workerId: name };
  throw new CliError(EXIT.notFound, `${name} is neither a file nor a worker installed in ${folder}.`);
}
