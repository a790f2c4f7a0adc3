import type { TestProject } from "vitest/node";
import { type RunningStandIn, startStandIn } from "../../scripts/stripe-stand-in/start.ts";
import { STAND_IN_KEY, STAND_IN_WEBHOOK_SECRET } from "./stand-in-secrets.ts";

type Addresses = Pick<RunningStandIn, "apiBase" | "controlUrl">;

declare module "vitest" {
  interface ProvidedContext {
    /** `moving`: by test file, one for each that advances the clock; `still` is for all others, which run at the same time. */
    standIns: { still: Addresses; moving: Readonly<Record<string, Addresses>> };
  }
}

/** The test files that move Stripe's clock: what is 30 days old is no longer listed, whoever's it is. */
const MOVING = ["event-order.test.ts", "money.test.ts", "refund.test.ts"];

const start = (): Promise<RunningStandIn> =>
  startStandIn({
    port: 0,
    apiKey: STAND_IN_KEY,
    webhookSecret: STAND_IN_WEBHOOK_SECRET,
    webhookUrl: null,
    statePath: null,
  });

const addressesOf = ({ apiBase, controlUrl }: RunningStandIn): Addresses => ({ apiBase, controlUrl });

/** Runs stand-ins for Stripe beside the tests in workerd. They deliver nothing: tests deliver their events themselves. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const still = await start();
  const moving = await Promise.all(MOVING.map(start));
  project.provide("standIns", {
    still: addressesOf(still),
    moving: Object.fromEntries(moving.map((standIn, index) => [MOVING[index], addressesOf(standIn)])),
  });
  return async () => {
    await Promise.all([still, ...moving].map((standIn) => standIn.close()));
  };
}
