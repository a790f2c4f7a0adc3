import { createServer } from "node:http";
import type { TestProject } from "vitest/node";
import type { RunningStandIn } from "../../../scripts/stripe-stand-in/start.ts";
import { STAND_IN_KEY, STAND_IN_WEBHOOK_SECRET } from "../stand-in.ts";

/** Starts stand-ins for Stripe on demand, beside the tests in workerd. They deliver no events, because tests do. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running: RunningStandIn[] = [];
  const desk = createServer((_request, response) => {
    startStandIn().then(
      (standIn) => {
        running.push(standIn);
        response.end(JSON.stringify({ apiBase: standIn.apiBase, controlUrl: standIn.controlUrl }));
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, "127.0.0.1", resolve));
  const address = desk.address();
  project.provide("standInDesk", `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  return async () => {
    desk.close();
    desk.closeAllConnections();
    await Promise.all(running.map((standIn) => standIn.close()));
  };
}

/** Loads the stand-in with the first test that needs it. */
async function startStandIn(): Promise<RunningStandIn> {
  const { startStandIn } = await import("../../../scripts/stripe-stand-in/start.ts");
  return startStandIn({
    port: 0,
    apiKey: STAND_IN_KEY,
    webhookSecret: STAND_IN_WEBHOOK_SECRET,
    webhookUrl: null,
    statePath: null,
  });
}
