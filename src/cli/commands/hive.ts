import type { Command } from "commander";
import * as z from "zod";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../errors.ts";
import { activate, deactivate, withFreshToken } from "../hive/activation.ts";
import { releaseKeys } from "../hive/check.ts";
import { installWorker, workersFolder } from "../hive/install.ts";
import { hostPlatform, machineFingerprint } from "../hive/machine.ts";
import { type Activation, changeHiveState, type HiveState, openHive } from "../hive/state.ts";
import { readSecretFromStdin } from "../input.ts";
import { formatLicense, License } from "../license-view.ts";
import { formatFields } from "../output.ts";
import { parsePlatform } from "../publish/release-file.ts";

type InstallOptions = { version?: string; dir: string; platform?: string; releaseKey?: string };

/** Adds what a hive does: `activate`, `fingerprint`, `install`, `status`, `deactivate`. */
export function addHiveCommands(program: Command): void {
  program
    .command("activate")
    .summary("take a seat on a license for this machine")
    .description(
      "Takes a seat for this machine, with the license key in RBEE_LICENSE_KEY (or --key-stdin). The machine is told by a hash " +
        "of its machine id, or by RBEE_MACHINE. Repeating it takes no second seat.",
    )
    .option(
      "--offline",
      "ask for a lease as long as the plan allows: the license works without a connection until then",
    )
    .option("--name <name>", "what people call this machine; its host name unless given")
    .option("--key-stdin", "read the license key from standard input; a terminal asks for it, hidden")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog activate --key-stdin --name attic")
    .action(async (options: { offline?: true; name?: string; keyStdin?: true }, command: Command) => {
      const { context, state } = await openHive(command);
      const key = options.keyStdin ? await readSecretFromStdin("License key") : licenseKey(context, state);
      const { answer, activation } = await activate(context.client, key, {
        fingerprint: await machineFingerprint(process.env),
        name: options.name,
        offline: options.offline === true,
      });
      await changeHiveState(process.env, (known) => ({ ...known, activation }));
      context.show({ license: answer.license, machine: answer.machine, expires_at: answer.expires_at }, (shown) =>
        [formatLicense(shown.license), "", `This machine: ${shown.machine.id}, token until ${shown.expires_at}`].join(
          "\n",
        ),
      );
    });

  program
    .command("fingerprint")
    .summary("print what this machine is known by")
    .description("Prints this machine's fingerprint: what the account asks for to make an offline lease.")
    .action(async (_options: object, command: Command) => {
      const context = await contextOf(command);
      context.show({ fingerprint: await machineFingerprint(process.env) }, ({ fingerprint }) => fingerprint);
    });

  program
    .command("install")
    .summary("download, check and install a worker")
    .description(
      "Downloads a worker's binary, resuming what was broken off, checks size, sha256 and signature, and only then puts it in place.",
    )
    .argument("<worker>", "such as llm-worker-rbee-premium-cpu")
    .option("--version <version>", "this one instead of the latest that the license covers")
    .option("--dir <folder>", "where to install", workersFolder(process.env))
    .option("--platform <platform>", "for another platform than this machine's")
    .option(
      "--release-key <file>",
      "minisign public key to trust and pin from now on, instead of the one pinned on first use",
    )
    .addHelpText("after", "\nExample:\n  $ rbee-catalog install llm-worker-rbee-premium-cpu --version 1.0.0")
    .action(async (workerId: string, options: InstallOptions, command: Command) => {
      const hive = await openHive(command);
      const { context } = hive;
      const { url } = context.client;
      let { state } = hive;
      const keys = await releaseKeys(context.client, { file: options.releaseKey, pinned: state.release_keys[url] });
      const credential = async (): Promise<string | undefined> => {
        if (state.activation === null || state.activation.url !== url) return undefined;
        const activation = await withFreshToken(context.client, state.activation);
        if (activation !== state.activation) {
          state = await changeHiveState(process.env, (known) => ({ ...known, activation }));
        }
        return activation.token;
      };
      const installed = await installWorker(context.client, {
        worker: workerId,
        version: options.version,
        platform: options.platform === undefined ? hostPlatform() : parsePlatform(options.platform),
        folder: options.dir,
        credential,
        keys,
      });
      // Only keys that have proved themselves on a release are pinned.
      if (state.release_keys[url] !== keys.text) {
        await changeHiveState(process.env, (known) => ({
          ...known,
          release_keys: { ...known.release_keys, [url]: keys.text },
        }));
      }
      context.show(installed, ({ worker, version, path }) => `Installed ${worker} ${version}: ${path}`);
    });

  program
    .command("status")
    .summary("show this machine's license")
    .action(async (_options: object, command: Command) => {
      const { context, state } = await openHive(command);
      const activation = activationAt(context, state);
      const { license } = await context.client.json(z.looseObject({ license: License }), {
        path: "/v1/licenses/me",
        credential: activation.license_key,
      });
      const { url, machine_id, token_expires_at } = activation;
      context.show({ url, machine_id, token_expires_at, license }, () =>
        [
          formatFields([
            ["Catalog", url],
            ["This machine", machine_id],
            ["Token until", token_expires_at],
          ]),
          "",
          formatLicense(license),
        ].join("\n"),
      );
    });

  program
    .command("deactivate")
    .summary("give this machine's seat back")
    .description(
      "Gives this machine's seat back. Where a newer key has replaced the one that this machine has, activate it with that first.",
    )
    .action(async (_options: object, command: Command) => {
      const { context, state } = await openHive(command);
      const activation = activationAt(context, state);
      await deactivate(context.client, activation);
      await changeHiveState(process.env, (known) => ({ ...known, activation: null }));
      context.show(
        { deactivated: activation.machine_id },
        () => "Deactivated: the seat is free, or will be once a running offline lease has ended.",
      );
    });
}

/** The activation at the catalog that is asked: its key and token are shown to no other. Throws where there is none. */
function activationAt({ settings }: Context, { activation }: HiveState): Activation {
  if (activation?.url === settings.url) return activation;
  throw new CliError(EXIT.failure, `This machine is not activated at ${settings.url}.`);
}

function licenseKey({ settings }: Context, { activation }: HiveState): string {
  const kept = activation?.url === settings.url ? activation.license_key : null;
  const key = process.env["RBEE_LICENSE_KEY"] || kept || settings.licenseKey;
  if (key !== null) return key;
  throw new CliError(
    EXIT.notAuthorized,
    "This needs a license key: set RBEE_LICENSE_KEY (rbee_lic_...) or use --key-stdin.",
  );
}
