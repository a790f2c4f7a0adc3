import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

const license = { id: "lic_1", status: "revoked", plan: "premium-monthly", entitlements: ["w-*"], machine_limit: 5 };
const BILLED = {
  code: "still_billed",
  message: "Its subscription goes on being billed: 99.00 USD on 2026-12-12. Revoke it again with cancel_subscription.",
};

/** The bodies of the requests. */
const asked: unknown[] = [];

const catalog = await serve(async (request, response) => {
  const body = JSON.parse(await text(request));
  asked.push(body);
  const warnings = body.cancel_subscription ? [] : [BILLED];
  response
    .writeHead(200, { "Content-Type": "application/json" })
    .end(JSON.stringify({ license, edge: "published", warnings }));
});
afterAll(catalog.close);

const run = (...words: string[]) => {
  asked.length = 0;
  return runCli(["license", "revoke", "lic_1", "--reason", "fraud", ...words, "--url", catalog.url], {
    RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}`,
  });
};

describe("license revoke", () => {
  it("warns of a subscription that is still billed, on stderr, with the command that cancels it", async () => {
    const { code, stdout, stderr } = await run();
    expect([code, asked]).toEqual([0, [{ reason: "fraud" }]]);
    expect(stderr).toContain(`Warning: ${BILLED.message}`);
    expect(stderr).toContain("rbee-catalog license revoke lic_1 --cancel-subscription");
    expect(stdout).not.toContain("Warning");
  });

  it("with --cancel-subscription asks for its cancellation", async () => {
    const { code, stderr } = await run("--cancel-subscription");
    expect([code, asked, stderr]).toEqual([0, [{ reason: "fraud", cancel_subscription: true }], ""]);
  });

  it("prints the warnings with --json, too", async () => {
    const { stdout } = await run("--json");
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [BILLED] });
  });
});
