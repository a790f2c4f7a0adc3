import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import Stripe from "stripe";
import { startStandIn } from "../../../scripts/stripe-stand-in/start.ts";
import { emptyState, formatState } from "../../../scripts/stripe-stand-in/state.ts";
import type { Run } from "../../end-to-end/program-run.ts";
import { runCli } from "./run-cli.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const KEY = "sk_test_plans_sync";

/** An account of the Stripe stand-in, and `plans sync` on it. */
export type SyncedAccount = Awaited<ReturnType<typeof openAccount>>;

/** Opens an empty account, or one that `plans sync` has filled. */
export async function openAccount(isEmpty: boolean) {
  const statePath = join(await temporaryFolder(), "stripe.json");
  if (isEmpty) await writeFile(statePath, formatState(emptyState()));
  const options = { port: 0, apiKey: KEY, webhookSecret: "whsec_none", webhookUrl: null, statePath };
  const standIn = await startStandIn(options);
  const { hostname, port } = new URL(standIn.apiBase);
  const stripe = new Stripe(KEY, { host: hostname, port, protocol: "http", maxNetworkRetries: 0 });
  return {
    standIn,
    stripe,
    /** Runs `plans sync`. */
    sync: (args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Run> =>
      runCli(["plans", "sync", ...args], { STRIPE_SECRET_KEY: KEY, STRIPE_API_BASE: standIn.apiBase, ...env }),
    /** The active price of a plan. */
    async priceOf(plan: string): Promise<Stripe.Price> {
      const { data } = await stripe.prices.list({ lookup_keys: [plan], active: true });
      const [price] = data;
      if (!price) throw new Error(`${plan} has no price`);
      return price;
    },
  };
}
