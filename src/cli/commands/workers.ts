import * as z from "zod";
import type { CatalogCommand } from "../command.ts";
import { CliError, EXIT, ProblemError } from "../errors.ts";
import { workersFolder } from "../hive/install.ts";
import {
  type InstalledState,
  type InstalledWorker,
  installedWorkers,
  lookUp,
  namedWorkers,
  removeWorker,
} from "../hive/installed.ts";
import { openHive } from "../hive/state.ts";
import { formatRows, formatSize } from "../output.ts";
import { installOne } from "./install.ts";

const Found = z.looseObject({
  workers: z.array(
    z.looseObject({
      id: z.string(),
      description: z.string(),
      tier: z.string(),
      backend: z.string().optional(),
      released: z.boolean().optional(),
      latest: z.string().nullish(),
    }),
  ),
});

type SearchOptions = { platform?: string; backend?: string; tier?: string };
type UpgradeOptions = { dir: string; dryRun?: true };

const DIR = ["-d, --dir <folder>", "where workers are installed"] as const;

/** Adds `search`, which finds workers of the catalog. */
export function addSearchCommand(program: CatalogCommand): void {
  program
    .command("search")
    .description("Finds workers of the catalog by words, such as cuda or streaming. Without a word it lists all.")
    .argument("[word...]", "words that a worker's name, description or tags must have")
    .option("-p, --platform <platform>", "for this platform, such as linux-x86_64")
    .option("-b, --backend <backend>", "cpu, cuda, metal or rocm")
    .option("-t, --tier <tier>", "free or premium")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog search cuda --tier free")
    .run(async ({ client, show }, words: string[], { platform, ...options }: SearchOptions) => {
      const q = words.length > 0 ? words.join(" ") : undefined;
      const found = await client.json(Found, { path: "/v1/workers", query: { q, platform, ...options } });
      show(found, ({ workers }) =>
        workers.length === 0
          ? "No workers match. CPU workers run anywhere: `rbee-catalog search cpu`."
          : formatRows(workers, {
              WORKER: "id",
              TIER: "tier",
              VERSION: ({ latest, tier }) => latest ?? (tier === "free" ? "from source" : "coming soon"),
              DESCRIPTION: "description",
            }),
      );
    });
}

/** Adds `list`, `upgrade` and `uninstall`, the commands for installed workers. */
export function addWorkerCommands(program: CatalogCommand): void {
  program
    .command("list")
    .description(
      "Lists the installed workers with their versions, and the newest ones. `verify` checks their signatures.",
    )
    .option(...DIR, workersFolder(program.io.env))
    .action(async ({ dir }: { dir: string }, command: CatalogCommand) => {
      const { client, show, note } = await openHive(command);
      const workers = await lookUpAll(client, await installedWorkers(dir), dir);
      show({ workers }, () =>
        workers.length === 0
          ? `No worker is installed in ${dir}. Install one: \`rbee-catalog install\``
          : formatRows(workers, COLUMNS),
      );
      if (workers.some(({ state }) => state === "unknown"))
        note(`${client.url} did not answer, so versions are not known.`);
      if (workers.some(isBehind)) note("Update them: `rbee-catalog upgrade`");
    });

  program
    .command("upgrade")
    .description(
      "Updates installed workers to the newest version that the license covers. Without a name it updates all. A worker that is " +
        "not a published build stays as it is.",
    )
    .argument("[worker...]", "installed workers (default: all)")
    .option(...DIR, workersFolder(program.io.env))
    .option("-n, --dry-run", "show the updates without making them")
    .action(async (names: string[], options: UpgradeOptions, command: CatalogCommand) => {
      const hive = await openHive(command);
      const { dir, dryRun = false } = options;
      const workers = await lookUpAll(hive.client, await namedWorkers(names, dir), dir);
      if (workers.some(({ state }) => state === "unknown")) {
        throw new CliError(EXIT.unavailable, `${hive.client.url} did not answer, so nothing was updated.`);
      }
      const behind = workers.filter(isBehind);
      if (dryRun)
        return hive.show({ outdated: behind }, () => (behind.length === 0 ? CURRENT : formatRows(behind, COLUMNS)));
      const upgraded: { worker: string; from: string | null; to: string; path: string }[] = [];
      const failures: CliError[] = [];
      for (const { worker, version: from } of behind) {
        try {
          const { installed, trial } = await installOne(hive, worker, { dir });
          if (installed.version === from)
            hive.note(`${worker} ${from} is the newest version for this license and machine.`);
          else upgraded.push({ worker, from, to: installed.version, path: installed.path });
          if (trial.result === "fails") hive.note(`${worker}: ${trial.text}`);
        } catch (error) {
          // A refusal of one worker is no reason to leave the others outdated.
          if (!(error instanceof ProblemError)) throw error;
          hive.note(`${worker}: ${error.message}`);
          failures.push(error);
        }
      }
      hive.show({ upgraded }, () =>
        upgraded.length === 0
          ? CURRENT
          : upgraded.map(({ worker, from, to }) => `${worker}  ${from} -> ${to}`).join("\n"),
      );
      const [failure] = failures;
      if (failure) throw new CliError(failure.exitCode, `Not updated: ${failures.length} of ${behind.length} workers.`);
    });

  program
    .command("uninstall")
    .description("Removes installed workers from this machine. The machine keeps its seat: `deactivate` frees it.")
    .argument("<worker...>", "installed workers")
    .option(...DIR, workersFolder(program.io.env))
    .run(async ({ show }, names: string[], { dir }: { dir: string }) => {
      const removed = await namedWorkers(names, dir);
      for (const worker of removed) await removeWorker(worker, dir);
      show({ removed }, () => `Removed ${removed.join(", ")} from ${dir}.`);
    });
}

const CURRENT = "All workers are up to date.";

/** One after the other, because each is read whole to know its version. */
async function lookUpAll(
  client: Parameters<typeof lookUp>[0],
  workers: readonly string[],
  dir: string,
): Promise<InstalledWorker[]> {
  const found: InstalledWorker[] = [];
  for (const worker of workers) found.push(await lookUp(client, worker, dir));
  return found;
}

const isBehind = ({ state }: InstalledWorker): boolean => ["outdated", "yanked", "blocked"].includes(state);

const STATES: Readonly<Record<InstalledState, string>> = {
  current: "up to date",
  outdated: "outdated",
  yanked: "yanked",
  blocked: "withdrawn: do not run it",
  other: "not a published build",
  unknown: "unknown",
};

const COLUMNS = {
  WORKER: "worker",
  VERSION: "version",
  LATEST: "latest",
  STATE: ({ state }: InstalledWorker) => STATES[state],
  SIZE: ({ size }: InstalledWorker) => formatSize(size),
} as const;
