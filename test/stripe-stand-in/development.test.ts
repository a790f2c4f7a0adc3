import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { developmentPaths } from "../../scripts/development/paths.ts";
import { startStandInProcess, stripeBindings, stripeVariables, usesStandIn } from "../../scripts/development/stripe.ts";
import { ensureVariables } from "../../scripts/development/variables.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";
import { stripeFor } from "./harness.ts";

const releaseKey = await generateMinisignKey();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

describe("the variables of the development server", () => {
  test("are made for the stand-in if there is no Stripe key, and stay", async () => {
    const path = join(folder, "dev.vars");
    const first = await ensureVariables(path, releaseKey);
    expect(first).toMatchObject({ LIVEMODE: "false", STRIPE_SECRET_KEY: expect.stringMatching(/^sk_test_/) });
    expect(usesStandIn(first)).toBe(true);
    expect(await ensureVariables(path, releaseKey)).toEqual(first);
  });

  test("keep the user's own Stripe account and do not use the stand-in", async () => {
    const path = join(folder, "dev.vars");
    const own = "STRIPE_SECRET_KEY='sk_test_mine'\nSTRIPE_WEBHOOK_SECRET='whsec_mine'\n";
    await writeFile(path, own);
    const variables = await ensureVariables(path, releaseKey);
    expect(usesStandIn(variables)).toBe(false);
    expect((await readFile(path, "utf8")).startsWith(own)).toBe(true);
    expect(stripeBindings(variables, null)).toEqual({
      STRIPE_SECRET_KEY: "sk_test_mine",
      STRIPE_WEBHOOK_SECRET: "whsec_mine",
    });
  });

  test("sell nothing if the key is empty", () => {
    expect(stripeVariables({ STRIPE_SECRET_KEY: "" })).toEqual({});
    expect(usesStandIn({ STRIPE_SECRET_KEY: "" })).toBe(false);
  });
});

/** A port with port + 2 taken. */
async function takenPort(): Promise<{ port: number; free(): void }> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port - 2, free: () => other.close() };
}

test("the process of the stand-in takes another port if its own is taken, and saves its state on stop", async () => {
  const taken = await takenPort();
  const paths = developmentPaths(folder);
  const variables = stripeVariables({});
  const server = { port: taken.port, url: "http://localhost:1" };
  const process = await startStandInProcess(paths, variables, server);
  try {
    expect(new URL(process.apiBase).port).not.toBe(String(taken.port + 2));
    expect(stripeBindings(variables, process)["STRIPE_API_BASE"]).toBe(process.apiBase);
    const stripe = stripeFor(process.apiBase, variables["STRIPE_SECRET_KEY"]);
    await stripe.customers.create({ email: "kept@example.com" });
    expect((await fetch(process.controlUrl)).status).toBe(200);
  } finally {
    taken.free();
    await process.stop();
  }
  expect(await process.exited).toBe(0);
  expect(await readFile(join(folder, "stripe.json"), "utf8")).toContain("kept@example.com");
});
