import type { Command } from "commander";
import * as z from "zod";
import { type Context, contextOf, ioOf } from "../context.ts";
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

/** Adds the commands of a hive: `activate`, `fingerprint`, `install`, `status`, `deactivate`. */
export function addHiveCommands(program: Command): void {
  program
    .command("activate")
    .summary("take a seat on a license for this machine")
    .description(
      "Takes a seat for this machine, with the license key in RBEE_LICENSE_KEY (or --key-stdin). The fingerprint is a hash of " +
        "the machine id, or RBEE_MACHINE. A second run takes no second seat.",
    )
    .option("--offline", "ask for the longest lease of the plan: until it ends, the license works without a connection")
    .option("--name <name>", "a name for this machine; default: its host name")
    .option("--key-stdin", "read the license key from standard input; on a terminal, a hidden prompt")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog activate --key-stdin --name attic")
    .action(async (options: { offline?: true; name?: string; keyStdin?: true }, command: Command) => {
      const { context, state } = await openHive(command);
      const { env } = context;
      const key = options.keyStdin ? await readSecretFromStdin("License key") : licenseKey(context, state);
      const { answer, activation } = await activate(context.client, key, {
        fingerprint: await machineFingerprint(env),
        name: options.name,
        offline: options.offline === true,
      });
      await changeHiveState(env, (known) => ({ ...known, activation }));
      context.show({ license: answer.license, machine: answer.machine, expires_at: answer.expires_at }, (shown) =>
        [formatLicense(shown.license), "", `This machine: ${shown.machine.id}, token until ${shown.expires_at}`].join(
          "\n",
        ),
      );
    });

  program
    .command("fingerprint")
    .summary("print this machine's fingerprint")
    .description("Prints this machine's fingerprint. The account page needs it to make an offline lease.")
    .action(async (_options: object, command: Command) => {
      const { env, show } = await contextOf(command);
      show({ fingerprint: await machineFingerprint(env) }, ({ fingerprint }) => fingerprint);
    });

  program
    .command("install")
    .summary("download, check and install a worker")
    .description(
      "Downloads a worker's binary, checks its size, sha256 and signature, and then puts it in place. Resumes an interrupted " +
        "download.",
    )
    .argument("<worker>", "such as llm-worker-rbee-premium-cpu")
    .option("--version <version>", "default: the latest that the license covers")
    .option("--dir <folder>", "where to install", workersFolder(ioOf(program).env))
    .option("--platform <platform>", "default: this machine's")
    .option(
      "--release-key <file>",
      "minisign public key to trust and pin from now on; default: the one pinned on first use",
    )
    .addHelpText("after", "\nExample:\n  $ rbee-catalog install llm-worker-rbee-premium-cpu --version 1.0.0")
    .action(async (workerId: string, options: InstallOptions, command: Command) => {
      const hive = await openHive(command);
      const { context } = hive;
      const { client, env } = context;
      const { url } = client;
      let { state } = hive;
      const keys = await releaseKeys(client, { file: options.releaseKey, pinned: state.release_keys[url] });
      const credential = async (): Promise<string | undefined> => {
        if (state.activation === null || state.activation.url !== url) return undefined;
        const activation = await withFreshToken(client, state.activation);
        if (activation !== state.activation) {
          state = await changeHiveState(env, (known) => ({ ...known, activation }));
        }
        return activation.token;
      };
      const installed = await installWorker(client, {
        worker: workerId,
        version: options.version,
        platform: options.platform === undefined ? hostPlatform() : parsePlatform(options.platform),
        folder: options.dir,
        credential,
        keys,
      });
      // Keys are pinned only after they have verified a release.
      if (state.release_keys[url] !== keys.text) {
        await changeHiveState(env, (known) => ({
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
    .summary("free this machine's seat")
    .description(
      "Frees this machine's seat. If the license key was rotated, activate this machine with the new key first.",
    )
    .action(async (_options: object, command: Command) => {
      const { context, state } = await openHive(command);
      const activation = activationAt(context, state);
      await deactivate(context.client, activation);
      await changeHiveState(context.env, (known) => ({ ...known, activation: null }));
      context.show(
        { deactivated: activation.machine_id },
        () => "Deactivated. The seat is free now, or at the end of a running offline lease.",
      );
    });
}

/** The activation at the current catalog. Its key and token go to no other. Throws `CliError` if there is none. */
function activationAt({ settings }: Context, { activation }: HiveState): Activation {
  if (activation?.url === settings.url) return activation;
  throw new CliError(
    EXIT.failure,
    `This machine is not activated at ${settings.url}. Run \`rbee-catalog activate\` first.`,
  );
}

function licenseKey({ env, settings }: Context, { activation }: HiveState): string {
  const kept = activation?.url === settings.url ? activation.license_key : null;
  const key = env["RBEE_LICENSE_KEY"] || kept || settings.licenseKey;
  if (key !== null) return key;
  throw new CliError(
    EXIT.notAuthorized,
    "This command needs a license key: set RBEE_LICENSE_KEY (rbee_lic_...) or use --key-stdin.",
  );
}
