import type { TestProject } from "vitest/node";
import { startStandIn } from "../scripts/stripe-stand-in/start.ts";
import { STAND_IN_KEY, STAND_IN_WEBHOOK_SECRET } from "./purchase/stand-in-secrets.ts";

declare module "vitest" {
  interface ProvidedContext {
    standIn: { apiBase: string; controlUrl: string };
  }
}

/** Runs one stand-in for Stripe beside the tests in workerd. It delivers nothing: tests deliver its events themselves. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const standIn = await startStandIn({
    port: 0,
    apiKey: STAND_IN_KEY,
    webhookSecret: STAND_IN_WEBHOOK_SECRET,
    webhookUrl: null,
    statePath: null,
  });
  project.provide("standIn", { apiBase: standIn.apiBase, controlUrl: standIn.controlUrl });
  return () => standIn.close();
}
