import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

const held = {
  ...{ id: "ord_1", state: "held", checkout_session_id: "cs_1", plan: "premium-lifetime", machines: 5 },
  ...{ email: "ada@example.com", amount_total: 27_900, currency: "eur", license_id: null, upgrades: null },
  ...{ created_at: "2026-11-03T09:00:00Z", held_at: "2026-11-03T10:00:00Z", held_reason: "unknown_price" },
  ...{ held_detail: "unknown price price_1", resolved_at: null, resolution: null },
};
const resolved = { ...held, state: "complete", license_id: "lic_1", resolved_at: "2026-11-04T10:00:00Z" };
const license = { id: "lic_1", status: "active", plan: "premium-lifetime", entitlements: ["w-*"], machine_limit: 5 };

/** The requests, and the answer to the next ones. */
let asked: unknown[] = [];
let answer: object = {};
beforeEach(() => {
  asked = [];
});

const catalog = await serve(async (request, response) => {
  const body = await text(request);
  asked.push(`${request.method} ${request.url}`, ...(body === "" ? [] : [JSON.parse(body)]));
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
});
afterAll(catalog.close);

function run(reply: object, ...words: string[]) {
  answer = reply;
  return runCli(["orders", ...words, "--url", catalog.url], { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}` });
}

it("orders --state held: names the order to solve, and why it is held", async () => {
  const row = { id: "in_1", order_id: "ord_1", at: held.held_at, total: 27_900, currency: "eur" };
  const { stdout } = await run({ orders: [{ ...row, ...held, id: "in_1" }], next_cursor: null }, "--state", "held");
  expect(stdout).toMatch(/ord_1 +279\.00 EUR +ada@example\.com +unknown_price +in_1/);
});

describe("orders show", () => {
  it("shows an order with the reason that it is held for", async () => {
    const { code, stdout } = await run({ order: held }, "show", "ord_1");
    expect([code, asked]).toEqual([0, ["GET /v1/admin/orders/ord_1"]]);
    expect(stdout).toMatch(/State +held\n/);
    expect(stdout).toMatch(/Total +279\.00 EUR\n/);
    expect(stdout).toMatch(/Why +unknown_price: unknown price price_1\n/);
    expect(stdout).not.toMatch(/Solved|Upgrades/);
  });
});

describe("orders resolve", () => {
  const resolve = (reply: object, ...words: string[]) =>
    run(reply, "resolve", "ord_1", "--reason", "ticket 4711", ...words);

  it("makes a license of a plan, and shows it", async () => {
    const reply = { order: { ...resolved, resolution: "plan" }, license, refund: null };
    const words = ["--plan", "premium-lifetime", "--machines", "5", "--email", "ada@example.com"];
    const { code, stdout } = await resolve(reply, ...words);
    const sent = { reason: "ticket 4711", plan: "premium-lifetime", machines: 5, email: "ada@example.com" };
    expect([code, asked]).toEqual([0, ["POST /v1/admin/orders/ord_1/resolve", sent]]);
    expect(stdout).toMatch(/Solved +2026-11-04T10:00:00Z \(plan\)\n\nLicense +lic_1\n/);
  });

  it("gives the payment to a license", async () => {
    const reply = { order: { ...resolved, resolution: "license" }, license, refund: null };
    expect(await resolve(reply, "--license", "lic_1")).toMatchObject({ code: 0 });
    expect(asked[1]).toEqual({ reason: "ticket 4711", license: "lic_1" });
  });

  it("refunds, and says how much", async () => {
    const order = { ...resolved, state: "failed", license_id: null, resolution: "refund" };
    const reply = { order, license: null, refund: { amount: 27_900, currency: "eur" } };
    const { stdout } = await resolve(reply, "--refund");
    expect(asked[1]).toEqual({ reason: "ticket 4711", refund: true });
    expect(stdout).toContain("Refunded: 279.00 EUR");
    const again = await resolve({ ...reply, refund: { amount: 0, currency: "eur" } }, "--refund");
    expect(again.stdout).toContain("Nothing was refunded");
  });

  it.each([
    [[], "exactly one of --plan, --license and --refund"],
    [["--refund", "--license", "lic_1"], "exactly one of --plan, --license and --refund"],
    [["--refund", "--email", "ada@example.com"], "--machines and --email need --plan"],
  ])("%j is refused without a request", async (words, message) => {
    expect(await resolve({}, ...words)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(asked).toEqual([]);
  });

  it("needs a reason", async () => {
    expect(await run({}, "resolve", "ord_1", "--refund")).toMatchObject({ code: 2 });
    expect(asked).toEqual([]);
  });
});
