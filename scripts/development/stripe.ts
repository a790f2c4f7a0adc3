import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type DevelopmentPaths, PROJECT } from "./paths.ts";

/** Keys that only the local stand-in knows begin like this; any other is of a real account. */
const STAND_IN_KEY = "sk_test_standin_";
const STOP_WITHIN_MS = 5_000;

/** Variables that let the Worker sell through the stand-in; a Stripe account of one's own in `present` is left alone. */
export function stripeVariables(present: NodeJS.Dict<string>): Record<string, string> {
  if (present["STRIPE_SECRET_KEY"] !== undefined && !usesStandIn(present)) return {};
  return {
    STRIPE_SECRET_KEY: `${STAND_IN_KEY}${randomBytes(24).toString("hex")}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString("hex")}`,
    LIVEMODE: "false",
  };
}

/** Whether these variables are made for the stand-in, so that it has to run. */
export const usesStandIn = (variables: NodeJS.Dict<string>): boolean =>
  variables["STRIPE_SECRET_KEY"]?.startsWith(STAND_IN_KEY) === true && variables["STRIPE_API_BASE"] === undefined;

const SECRETS = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS", "STRIPE_API_BASE"];

/**
 * What the Worker is told of Stripe. Wrangler takes from its variables file only what wrangler.toml names, and these are
 * optional secrets that it cannot name. They stand on wrangler's command line, so a live key does not belong in that file.
 */
export const stripeBindings = (
  variables: NodeJS.Dict<string>,
  standIn: StandInProcess | null,
): Record<string, string> => {
  const given = standIn ? { ...variables, STRIPE_API_BASE: standIn.apiBase } : variables;
  return Object.fromEntries(SECRETS.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
};

/** A running stand-in for Stripe. */
export type StandInProcess = {
  apiBase: string;
  controlUrl: string;
  /** Resolves with the exit code when it has ended, whoever ended it. */
  exited: Promise<number>;
  stop(): Promise<void>;
};

/**
 * Starts the stand-in as a process of its own, on the port after next to the Worker's or, if that is taken, on any. It ends
 * with this process, whatever ends that. Throws, with what it said, if it does not start.
 */
export async function startStandInProcess(
  paths: DevelopmentPaths,
  variables: NodeJS.Dict<string>,
  { port, url }: { port: number; url: string },
): Promise<StandInProcess> {
  const child = spawn(process.execPath, [join(PROJECT, "scripts/stripe-stand-in/main.ts")], {
    cwd: PROJECT,
    env: {
      ...process.env,
      STAND_IN_PORT: String(port + 2),
      STRIPE_SECRET_KEY: variables["STRIPE_SECRET_KEY"],
      STRIPE_WEBHOOK_SECRET: variables["STRIPE_WEBHOOK_SECRET"],
      WEBHOOK_URL: `${url}/v1/stripe/webhook`,
      STATE_PATH: join(paths.folder, "stripe.json"),
    },
    stdio: ["pipe", "pipe", "inherit"],
    // Ctrl-C reaches it only through us: the Worker, which asks it, ends first.
    detached: true,
  });
  const exited = once(child, "close").then(([code]) => (typeof code === "number" ? code : 1));
  const apiBase = await Promise.race([readyLine(child), exited.then(() => null)]);
  if (apiBase === null) throw new Error("The local stand-in for Stripe did not start.");
  return {
    apiBase,
    controlUrl: `${apiBase}/control`,
    exited,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The address in the line `ready <address>`. */
async function readyLine(child: ChildProcess): Promise<string | null> {
  if (child.stdout === null) return null;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("ready ")) return line.slice("ready ".length);
  }
  return null;
}
