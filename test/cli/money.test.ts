import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

/** The addresses that the command asked for, and the answers to its next requests. */
let asked: (string | undefined)[] = [];
let answer: { body: string; type: string };
beforeEach(() => {
  asked = [];
});

const catalog = await serve((request, response) => {
  asked.push(request.url);
  response.writeHead(200, { "Content-Type": answer.type }).end(answer.body);
});
afterAll(catalog.close);

function run(reply: object | string, ...args: string[]) {
  answer =
    typeof reply === "string"
      ? { body: reply, type: "text/csv" }
      : { body: JSON.stringify(reply), type: "application/json" };
  return runCli([...args, "--url", catalog.url], { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}` });
}

const order = {
  ...{ id: "in_1", kind: "purchase", state: "paid", total: 27_900, currency: "eur", at: "2026-11-03T10:00:00Z" },
  ...{ invoice_number: "RBEE-0001", email: "ada@example.com", license_id: "lic_1" },
};
const checkout = {
  ...order,
  id: "ord_1",
  kind: "checkout",
  state: "pending",
  total: null,
  currency: null,
  email: null,
};

describe("orders", () => {
  it("prints a table with the total in its currency, and passes the filters on", async () => {
    const { code, stdout } = await run(
      { orders: [order, checkout], next_cursor: null },
      ...["orders", "--license", "lic_1", "--from", "2026-11-01", "--to", "2026-11-30", "--state", "paid"],
      ...["--query", "RBEE-0001"],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/279\.00 EUR +RBEE-0001 +ada@example\.com/);
    expect(stdout).toMatch(/checkout +pending +- /);
    const query = new URL(asked[0] ?? "", catalog.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      ...{ license: "lic_1", from: "2026-11-01", to: "2026-11-30", state: "paid", q: "RBEE-0001", limit: "50" },
    });
  });

  it("prints the catalog's file with --csv, without a limit", async () => {
    const { code, stdout } = await run("at,id\r\n2026,in_1\r\n", "orders", "--csv", "--from", "2026-11-01");
    expect([code, stdout]).toEqual([0, "at,id\n2026,in_1\n"]);
    expect(asked).toEqual(["/v1/admin/orders?from=2026-11-01&format=csv"]);
  });

  it.each([
    [["orders", "--csv", "--json"], "either --json or --csv"],
    [["orders", "--from", "yesterday"], "a day such as 2026-11-01"],
    [["revenue", "--to", "2026-11-01"], "a month such as 2026-11"],
  ])("%j is refused", async (args, message) => {
    expect(await run("", ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(asked).toEqual([]);
  });
});

const november = {
  ...{ month: "2026-11", currency: "jpy", gross: 1_500, tax: 100, refunded: 500, net: 900, purchases: 2, renewals: 1 },
  ...{ trials_started: 4, trials_converted: 1, mrr: 1_400, subscriptions: 3, churn: 1 },
};

describe("revenue", () => {
  it("prints each month and currency with decimals by Stripe's list", async () => {
    const usd = { ...november, currency: "usd" };
    const { stdout } = await run({ livemode: true, revenue: [november, usd] }, "revenue", "--from", "2026-11");
    expect(stdout).toMatch(/2026-11 +JPY +1500 +100 +500 +900 +2 +1 +1 of 4 +1400 +1\n/);
    expect(stdout).toMatch(/2026-11 +USD +15\.00 +1\.00 +5\.00 +9\.00 /);
    expect(asked).toEqual(["/v1/admin/revenue?from=2026-11"]);
  });

  it("prints the catalog's answer with --json, its file with --csv, and a sentence if there is none", async () => {
    const json = await run({ livemode: true, revenue: [november] }, "revenue", "--json");
    expect(JSON.parse(json.stdout)).toEqual({ livemode: true, revenue: [november] });
    expect((await run("month\r\n", "revenue", "--csv")).stdout).toBe("month\n");
    expect((await run({ livemode: true, revenue: [] }, "revenue")).stdout).toContain("no revenue");
  });
});

it("license show: the price, the next charge and the payments are in it", async () => {
  const license = {
    ...{ id: "lic_1", status: "active", entitlements: ["w"], machine_limit: 5, machines: [] },
    billing: {
      price: { amount: 9_900, currency: "usd", interval: "month" },
      next_charge: { at: "2026-12-03T10:00:00Z", amount: 11_979, currency: "usd" },
    },
    payments: [{ ...order, kind: "renewal" }],
  };
  const { stdout } = await run({ license }, "license", "show", "lic_1");
  expect(stdout).toMatch(/Price +99\.00 USD a month\nNext charge +119\.79 USD at 2026-12-03T10:00:00Z/);
  expect(stdout).toMatch(/renewal +paid +279\.00 EUR +2026-11-03T10:00:00Z +RBEE-0001 +in_1/);
});
