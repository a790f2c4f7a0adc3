import type { TestProject } from "vitest/node";
import { type RunningStandIn, startStandIn } from "../scripts/stripe-stand-in/start.ts";
import { STAND_IN_KEY, STAND_IN_WEBHOOK_SECRET } from "./purchase/stand-in-secrets.ts";

type Addresses = Pick<RunningStandIn, "apiBase" | "controlUrl">;

declare module "vitest" {
  interface ProvidedContext {
    /** Of `moving`, a test file may advance the clock; `still` is for all others, which run at the same time. */
    standIns: { still: Addresses; moving: Addresses };
  }
}

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
  const [still, moving] = await Promise.all([start(), start()]);
  project.provide("standIns", { still: addressesOf(still), moving: addressesOf(moving) });
  return async () => {
    await Promise.all([still.close(), moving.close()]);
  };
}
