import { spawn } from "node:child_process";
import { hostname } from "node:os";
import * as z from "zod";
import { printable } from "../../lib/printable.ts";
import type { CatalogClient } from "../catalog-client.ts";
import type { CatalogCommand } from "../command.ts";
import { CliError, EXIT, problemCode } from "../errors.ts";
import { openHive } from "../hive/state.ts";
import { licenseKey } from "../secrets.ts";
import { checkedLink, requirePrivateUrl } from "../transport.ts";
import { type ActivateOptions, activateAndShow } from "./hive.ts";

type LoginOptions = Pick<ActivateOptions, "name" | "takeOver"> & { open?: true };

const Codes = z.looseObject({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number(),
  interval: z.number(),
});

const LoggedIn = z.looseObject({ license_key: z.string() });

/** The seconds that a machine waits longer after SLOW_DOWN (RFC 8628, section 3.5). */
const SLOWER = 5;

/** Adds `login`. */
export function addLoginCommand(program: CatalogCommand): void {
  program
    .command("login")
    .description(
      "Activates this machine without a license key at hand: it shows a code, and you approve the code in your browser, on " +
        "this or another device. Sign in there with your email or a key, and choose the license. The code works once, for 10 minutes.",
    )
    .option("--name <name>", "a name for this machine (default: its host name)")
    .option("--open", "open the address in the browser of this machine")
    .option("--take-over", "if no seat is free, use that of the machine idle longest (48 h or more)")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog login")
    .action(async (options: LoginOptions, command: CatalogCommand) => {
      const hive = await openHive(command);
      const { client, secrets } = hive;
      requirePrivateUrl(client.url);
      const codes = await client.json(Codes, {
        method: "POST",
        path: "/v1/device/code",
        body: { name: options.name ?? hostname() },
      });
      secrets.add(codes.device_code);
      const address = checkedLink(codes.verification_uri_complete, client.url).href;
      // Printed with --json and --quiet too, because nobody could log in without them.
      command.io.stderr(`Open ${address}\nand check that the page shows this code: ${printable(codes.user_code)}\n`);
      if (options.open) openInBrowser(address);
      const key = licenseKey(await pollForKey(client, codes), "The answer");
      secrets.add(key);
      await activateAndShow(hive, key, options);
    });
}

/** Polls until a person has decided. Throws `CliError` if they declined, or if the code has expired. */
async function pollForKey(
  client: CatalogClient,
  { device_code, expires_in, interval }: z.infer<typeof Codes>,
): Promise<string> {
  let [pause, waited] = [interval, 0];
  while (waited < expires_in) {
    await client.sleep(pause * 1000);
    waited += pause;
    try {
      const request = { method: "POST", path: "/v1/device/token", body: { device_code } } as const;
      return (await client.json(LoggedIn, request)).license_key;
    } catch (error) {
      const code = problemCode(error);
      if (code === "SLOW_DOWN") pause += SLOWER;
      const isOut = error instanceof CliError && error.exitCode === EXIT.unavailable;
      if (code !== "AUTHORIZATION_PENDING" && code !== "SLOW_DOWN" && !isOut) throw error;
    }
  }
  throw new CliError(EXIT.notAuthorized, "Nobody approved the code in time. Run `rbee-catalog login` again.");
}

/** Opens an address with the system's opener. If there is none, the person opens the printed address. */
function openInBrowser(address: string): void {
  const [program, args] =
    process.platform === "darwin"
      ? ["open", [address]]
      : process.platform === "win32"
        ? ["rundll32", ["url.dll,FileProtocolHandler", address]]
        : ["xdg-open", [address]];
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
