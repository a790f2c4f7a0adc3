import * as z from "zod";
import { foreignKeyForm } from "../../lib/foreign-key.ts";
import { path } from "../catalog-client.ts";
import type { CatalogCommand } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { activate, deactivate, endTrial, machineFingerprint } from "../hive/machine.ts";
import { platformOf } from "../hive/probe/machine.ts";
import { hostSystem } from "../hive/probe/system.ts";
import { type Activation, type Hive, openHive } from "../hive/state.ts";
import { readSecretFromStdin } from "../input.ts";
import { formatLicense, formatMachines, License } from "../license-view.ts";
import { formatFields } from "../output.ts";
import { activationKey, licenseKey } from "../secrets.ts";
import { licenseOfEnvironment } from "../settings.ts";
import { requirePrivateUrl } from "../transport.ts";

/** The options of `activate`. `login` has some of them. */
export type ActivateOptions = { offline?: true; takeOver?: true; name?: string; keyStdin?: true; endTrial?: true };

/** Adds `activate` and `status`. */
export function addActivationCommands(program: CatalogCommand): void {
  program
    .command("activate")
    .description(
      "Activates this machine with a license key: it then uses one seat. It asks for the key on a terminal. Else give it " +
        "with --key-stdin, or in RBEE_LICENSE_KEY. The machine is identified by a hash of its machine id, or by RBEE_MACHINE. Running it again uses " +
        "no second seat.",
    )
    .option("--key-stdin", "ask for the license key; in a pipe, read it from standard input")
    .option("--name <name>", "a name for this machine (default: its host name)")
    .option("--offline", "get the longest offline lease of the plan")
    .option("--take-over", "if no seat is free, use that of the machine idle longest (48 h or more)")
    .option("--end-trial", "end the free trial first: the first payment is due now")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog activate --key-stdin --name attic")
    .action(async (options: ActivateOptions, command: CatalogCommand) => {
      const hive = await openHive(command);
      // Before a person types the key.
      requirePrivateUrl(hive.client.url);
      const known = options.keyStdin ? null : (foreignKeyOf(hive) ?? knownLicenseKey(hive));
      // Without a key, a person is asked for it.
      const asks = options.keyStdin === true || hive.ask !== null;
      const key = known ?? (asks ? await keyFromStdin(hive) : ownLicenseKey(hive));
      if (options.endTrial) await endTrial(hive.client, key);
      await activateAndShow(hive, key, options);
    });

  program.command("status").action(async (_options: object, command: CatalogCommand) => {
    const hive = await openHive(command);
    const { url, license_key, machine_id, token_expires_at } = activationOf(hive);
    const request = { path: "/v1/licenses/me", credential: license_key };
    const { license } = await hive.client.json(z.looseObject({ license: License }), request);
    const facts = formatFields({ Catalog: url, "This machine": machine_id, "Token until": token_expires_at });
    hive.show({ url, machine_id, token_expires_at, license }, () => `${facts}\n\n${formatLicense(license)}`);
  });
}

/** Activates this machine with a license key, stores the activation, and shows it. Throws `CliError`. */
export async function activateAndShow(hive: Hive, key: string, options: ActivateOptions): Promise<void> {
  const { answer, activation } = await activate(hive.client, key, {
    fingerprint: await machineFingerprint(hive.env),
    name: options.name,
    platform: await platformOf(hostSystem),
    offline: options.offline === true,
    takeOver: options.takeOver === true,
  });
  await hive.change((known) => ({ ...known, activation }));
  const { license, machine, expires_at, took_over = null, key: exchanged } = answer;
  const lines = [
    `This machine: ${machine.id}, token until ${expires_at}`,
    ...(machine.seat_until ? [`Its seat: until ${machine.seat_until}; each new token extends it`] : []),
    ...(took_over ? [`Deactivated for it: ${took_over.name ?? took_over.id}`] : []),
  ];
  const shown = {
    license,
    machine,
    expires_at,
    ...(took_over && { took_over }),
    ...(exchanged && { key: exchanged }),
  };
  hive.show(shown, () => `${formatLicense(license)}\n\n${lines.join("\n")}`);
  if (exchanged !== undefined) hive.note(EXCHANGED);
}

/** Adds `machines`, `deactivate` and `fingerprint`. */
export function addSeatCommands(program: CatalogCommand): void {
  program
    .command("machines")
    .description(
      "Lists the machines that hold a seat, also those with only an offline lease. It uses the key of this machine's activation, " +
        "or RBEE_LICENSE_KEY.",
    )
    .action(async (_options: object, command: CatalogCommand) => {
      const hive = await openHive(command);
      const request = { path: "/v1/licenses/me", credential: ownLicenseKey(hive) };
      const { license } = await hive.client.json(z.looseObject({ license: License }), request);
      const { machines = [], machine_limit, seats_used = machines.length } = license;
      const used = `${seats_used} of ${machine_limit} seats used`;
      hive.show({ seats_used, machine_limit, machines }, () =>
        machines.length === 0 ? used : `${formatMachines(machines)}\n\n${used}`,
      );
    });

  program
    .command("deactivate")
    .description(
      "Frees this machine's seat. With an id it frees that of another machine, such as a lost one: `rbee-catalog machines` " +
        "lists the ids. If the license key was replaced, activate this machine with the new key first.",
    )
    .argument("[machine]", "the id of another machine (mach_...)")
    .action(async (machine: string | undefined, _options: object, command: CatalogCommand) => {
      const hive = await openHive(command);
      if (machine !== undefined && machine !== hive.activation?.machine_id) {
        const at = path`/v1/licenses/machines/${machine}`;
        await hive.client.send({ method: "DELETE", path: at, credential: ownLicenseKey(hive) });
        const done = `Deactivated ${machine}. Its seat is free now, or at the end of a running offline lease.`;
        return hive.show({ deactivated: machine }, () => done);
      }
      const activation = activationOf(hive);
      await deactivate(hive.client, activation);
      await hive.change((known) => ({ ...known, activation: null }));
      const done = "Deactivated. The seat is free now, or at the end of a running offline lease.";
      hive.show({ deactivated: activation.machine_id }, () => done);
    });

  program
    .command("fingerprint")
    .description("Prints this machine's fingerprint. The account page needs it to make an offline lease.")
    .run(async ({ env, show }) => {
      show({ fingerprint: await machineFingerprint(env) }, ({ fingerprint }) => fingerprint);
    });
}

function activationOf({ settings, activation }: Hive): Activation {
  if (activation !== null) return activation;
  throw new CliError(
    EXIT.failure,
    `This machine is not activated at ${settings.url}. Run \`rbee-catalog login\`, or \`rbee-catalog activate\` with a key.`,
  );
}

async function keyFromStdin({ secrets }: Hive): Promise<string> {
  const text = await readSecretFromStdin("License key");
  secrets.add(text);
  return activationKey(text, "The input");
}

const EXCHANGED =
  "Your key from another shop was exchanged for an rbee license key, which this machine uses from now on. We email it to the " +
  "license's owner, and the account shows it. Use it on your other machines: the old key stops working within an hour.";

/** The key of another shop in the environment, or null. */
function foreignKeyOf({ env, secrets }: Hive): string | null {
  const key = env["RBEE_LICENSE_KEY"] || env["RBEE_LICENSE_TOKEN"] || "";
  if (foreignKeyForm(key) === null) return null;
  secrets.add(key);
  return activationKey(key, "RBEE_LICENSE_KEY");
}

/** The license key of the environment, of the activation or of the development server, in this order; null if none. */
function knownLicenseKey({ env, settings, activation }: Hive): string | null {
  const key = licenseOfEnvironment(env) ?? activation?.license_key ?? settings.license;
  return key === null ? null : licenseKey(key, "RBEE_LICENSE_KEY or RBEE_LICENSE_TOKEN");
}

/** The known license key. Throws `CliError` if there is none. */
function ownLicenseKey(hive: Hive): string {
  const key = knownLicenseKey(hive);
  if (key !== null) return key;
  throw new CliError(
    EXIT.notAuthorized,
    "This needs a license key: run `rbee-catalog login`, pipe the key into `rbee-catalog activate --key-stdin`, or set RBEE_LICENSE_KEY (rbee_lic_...).",
  );
}
