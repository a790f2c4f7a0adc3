import { currentTime } from "../../lib/time.ts";
import type { CatalogCommand } from "../command.ts";
import { makeFolder } from "../files.ts";
import { type ReleaseKeys, releaseKeys, trustedKeys } from "../hive/check.ts";
import { type Installed, installWorker, workersFolder } from "../hive/install.ts";
import { licenseOfHive } from "../hive/license.ts";
import { installFromMirror, offlineLicense, readIndexes, resolveFromIndexes } from "../hive/offline.ts";
import type { Machine } from "../hive/probe/facts.ts";
import { platformOf, probeMachine } from "../hive/probe/machine.ts";
import { hostSystem } from "../hive/probe/system.ts";
import { chooseBuild, firstChoice, isNotable, lacksOf, type Resolution, resolveAtCatalog } from "../hive/resolve.ts";
import { type Trial, tryOut } from "../hive/start.ts";
import { type Hive, openHive } from "../hive/state.ts";
import { mirrorClient } from "../mirror.ts";
import { withAdvice } from "../publish/interruption.ts";
import { parsePlatform } from "../publish/release-file.ts";
import { openIndexSource } from "../verify/index-source.ts";

type InstallOptions = {
  auto?: true;
  version?: string;
  explain?: true;
  dir: string;
  platform?: string;
  mirror?: string;
  releaseKey?: string;
};

/** Adds `install`. */
export function addInstallCommand(program: CatalogCommand): void {
  program
    .command("install")
    .description(
      "Finds the build for this machine, downloads it, checks its size, sha256 and signature, and then puts it in place. " +
        "Resumes an interrupted download. Starts the installed worker once with --version.",
    )
    .argument("[worker]", "such as premium-cpu or llm-worker-rbee-cuda (default: the best one for this machine)")
    .option("--auto", "choose the best worker for this machine (default without a name)")
    .option("--version <version>", "the version (default: the latest that the license covers)")
    .option("--explain", "show the facts of this machine, and why other workers do not fit")
    .option("-d, --dir <folder>", "where to install", workersFolder(program.io.env))
    .option("-p, --platform <platform>", "install for another machine of this platform")
    .option("--mirror <url>", "install from a copy of the catalog's files: a URL, or a folder")
    .option("--release-key <file>", "minisign public key to trust and pin (default: the one pinned on first use)")
    .addHelpText(
      "after",
      "\nExamples:\n  $ rbee-catalog install\n  $ rbee-catalog install llm-worker-rbee-premium-cpu --version 1.0.0",
    )
    .action(async (worker: string | undefined, options: InstallOptions, command: CatalogCommand) => {
      // First, because everything else would be in vain.
      await makeFolder(options.dir);
      const hive = await openHive(command);
      const { installed, resolution, trial } = await installOne(hive, worker, options);
      showInstalled(hive, installed, trial, resolution);
    });
}

/** Where and how to install. */
export type Placement = Pick<InstallOptions, "version" | "explain" | "dir" | "platform" | "mirror" | "releaseKey">;

/**
 * Installs a worker, or the best one, and starts it once. On Ctrl-C it says how to resume. The folder must be there.
 * Throws `CliError`.
 */
export async function installOne(
  hive: Hive,
  worker: string | undefined,
  options: Placement,
): Promise<Done & { trial: Trial }> {
  const pinned = hive.state.release_keys[hive.client.url];
  const keys = await (options.mirror === undefined
    ? releaseKeys(hive.client, { file: options.releaseKey, pinned })
    : trustedKeys(hive, options));
  const machine = await describeMachine(hive, options);
  const request = { worker, keys, machine, options };
  const { mirror } = options;
  const done = await withAdvice("Stopped. Run it again to resume: it downloads only the missing part.", () =>
    mirror === undefined ? installFromCatalog(hive, request) : installOffline(hive, request, mirror),
  );
  const trial: Trial =
    options.platform === undefined
      ? await tryOut(done.installed.path, hive.env)
      : { result: "untried", text: "It was not tried out, because it may be for another machine." };
  return { ...done, trial };
}

type Request = { worker: string | undefined; keys: ReleaseKeys; machine: Machine; options: Placement };
type Done = { installed: Installed; resolution: Resolution | null };

async function installFromCatalog(hive: Hive, { worker, keys, machine, options }: Request): Promise<Done> {
  const { client, state, change, note } = hive;
  const { url } = client;
  const license = licenseOfHive(hive);
  const wanted = { worker, version: options.version };
  const isElsewhere = options.platform !== undefined;
  const wish = { wanted, machine, isElsewhere, license, url, note };
  const { build, resolution } = await chooseBuild(resolveAtCatalog(client), wish);
  if (resolution !== null) tellChoice(hive, resolution, { isAuto: worker === undefined, ...options });
  const { platform } = machine;
  const installed = await installWorker(client, {
    ...{ ...build, platform, isElsewhere, license, keys, folder: options.dir },
  });
  // Keys are pinned only after they have verified a release.
  if (state.release_keys[url] !== keys.text) {
    await change((known) => ({ ...known, release_keys: { ...known.release_keys, [url]: keys.text } }));
  }
  return { installed, resolution };
}

/** Chooses from the signed indexes of a mirror and takes the file from there. The catalog is not asked. */
async function installOffline(hive: Hive, { worker, keys, machine, options }: Request, mirror: string): Promise<Done> {
  const { state, activation, change, note } = hive;
  const { url } = hive.client;
  const client = await mirrorClient(mirror, note);
  const now = currentTime();
  const seen = state.indexes[url] ?? { delegated_at: 0, serials: {} };
  const source = await openIndexSource({ client, releaseKeys: keys.keys, seen, now });
  const indexes = await readIndexes(client, source);
  const license = offlineLicense(activation);
  const wanted = { worker, version: options.version };
  const isElsewhere = options.platform !== undefined;
  const wish = { wanted, machine, isElsewhere, license, url, note };
  const { build, resolution } = await chooseBuild(resolveFromIndexes(indexes, now), wish);
  if (resolution !== null) tellChoice(hive, resolution, { isAuto: worker === undefined, ...options });
  const installed = await installFromMirror(client, indexes, {
    ...{ ...build, isElsewhere, keys, folder: options.dir },
  });
  await change((known) => ({
    ...known,
    release_keys: { ...known.release_keys, [url]: keys.text },
    indexes: { ...known.indexes, [url]: source.seen() },
  }));
  return { installed, resolution };
}

/** The machine to install for. A named platform is of another machine, of which nothing else is known. */
async function describeMachine({ note }: Hive, { platform, explain }: Placement): Promise<Machine> {
  if (platform !== undefined) return { platform: parsePlatform(platform) };
  const { machine, remarks } = await probeMachine(hostSystem, await platformOf(hostSystem));
  for (const remark of remarks) note(remark);
  if (explain) {
    const { cpu_features = [], ...facts } = machine;
    note(`This machine: ${JSON.stringify(facts)}, and ${cpu_features.length} features of its processor`);
  }
  return machine;
}

function tellChoice(
  { note, client }: Hive,
  resolution: Resolution,
  { isAuto, explain }: { isAuto: boolean; explain?: true },
): void {
  const { choice, why, untried, ruled_out } = resolution;
  const first = isAuto ? firstChoice(resolution, client.url) : null;
  if (first !== null) note(first);
  for (const line of lacksOf(explain ? ruled_out : ruled_out.filter(({ code }) => isNotable(code)))) note(line);
  if (choice && (isAuto || explain)) note(`Chose ${choice.worker_id} ${choice.version}: ${why}`);
  if (untried.length > 0) {
    note(`It may not run here, because this is not known of the machine: ${untried.join("; ")}.`);
  }
}

function showInstalled(
  { show, hide, note }: Hive,
  installed: Installed,
  { result, text }: Trial,
  resolution: Resolution | null,
): void {
  const { worker, version, path } = installed;
  const reasons = resolution && { why: resolution.why, untried: resolution.untried, ruled_out: resolution.ruled_out };
  show(
    { ...installed, ...reasons, start: { result, detail: hide(text) } },
    () => `Installed ${worker} ${version}: ${path}`,
  );
  note(text);
}
