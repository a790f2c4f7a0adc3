import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Child, startProgram } from "./child.ts";
import type { DevelopmentPaths } from "./paths.ts";
import { openLog, shortPath } from "./screen.ts";

/** The keys of the local stand-in begin like this. Any other key is of a real account. */
const STAND_IN_KEY = "sk_test_standin_";

/** Variables that let the Worker sell through the stand-in; none if `present` has a Stripe account of your own. */
export function stripeVariables(present: NodeJS.Dict<string>): Record<string, string> {
  if (present["STRIPE_SECRET_KEY"] !== undefined && !usesStandIn(present)) return {};
  return {
    STRIPE_SECRET_KEY: `${STAND_IN_KEY}${randomBytes(24).toString("hex")}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString("hex")}`,
    LIVEMODE: "false",
  };
}

/** Whether these variables are for the stand-in, which then has to run. */
export const usesStandIn = (variables: NodeJS.Dict<string>): boolean =>
  variables["STRIPE_SECRET_KEY"]?.startsWith(STAND_IN_KEY) === true && variables["STRIPE_API_BASE"] === undefined;

const SECRETS = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS", "STRIPE_API_BASE"];

/**
 * The Worker's bindings for Stripe. Wrangler reads from its variables file only names of wrangler.toml, which cannot
 * name optional secrets. So they go on wrangler's command line, and a live key does not belong in that file.
 */
export const stripeBindings = (
  variables: NodeJS.Dict<string>,
  standIn: StandInProcess | null,
): Record<string, string> => {
  const given = standIn ? { ...variables, STRIPE_API_BASE: standIn.apiBase } : variables;
  return Object.fromEntries(SECRETS.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
};

/** A running stand-in for Stripe. */
export type StandInProcess = Child & { apiBase: string; controlUrl: string };

/**
 * Starts the stand-in as a process of its own, on the port after next to the Worker's or, if that is taken, on any.
 * It ends when this process does. Throws, with the end of its log, if it does not start.
 */
export async function startStandInProcess(
  paths: DevelopmentPaths,
  variables: NodeJS.Dict<string>,
  { port, url }: { port: number; url: string },
): Promise<StandInProcess> {
  const log = openLog(paths.stripeLog);
  const { promise: apiBase, resolve } = Promise.withResolvers<string | null>();
  let output = "";
  const child = startProgram(["scripts/stripe-stand-in/main.ts"], {
    env: {
      STAND_IN_PORT: String(port + 2),
      STRIPE_SECRET_KEY: variables["STRIPE_SECRET_KEY"],
      STRIPE_WEBHOOK_SECRET: variables["STRIPE_WEBHOOK_SECRET"],
      WEBHOOK_URL: `${url}/v1/stripe/webhook`,
      STATE_PATH: join(paths.folder, "stripe.json"),
    },
    onOutput(text) {
      log.write(text);
      output += text;
      const [, address] = /^ready (.+)\n/m.exec(output) ?? [];
      if (address !== undefined) resolve(address);
    },
  });
  void child.exited.then(() => resolve(null));
  const address = await apiBase;
  if (address === null) {
    throw new Error(`The stand-in for Stripe did not start. The end of ${shortPath(log.path)}:\n${log.end()}`);
  }
  return { ...child, apiBase: address, controlUrl: `${address}/control` };
}
