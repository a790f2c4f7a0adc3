import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { checkoutQuery, paymentQuery } from "../../../src/domain/money/orders.ts";
import { DAY } from "../../../src/lib/time.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { JANUARY, payment, storePayments } from "../../support/money-fixture.ts";

let token: string;
beforeEach(async () => {
  token = (await makeToken(["money:read"])).token;
});

type Answer = { orders: { id: string; email: string | null; plan: string | null }[]; next_cursor: string | null };

const get = (path: string, headers: Record<string, string> = {}) => ask("GET", path, { token, headers });
const orders = async (query: string): Promise<Answer> => {
  const response = await get(`/v1/admin/orders?${query}`);
  expect(response.status).toBe(200);
  return response.json<Answer>();
};
const idsOf = async (query: string) => (await orders(query)).orders.map(({ id }) => id);

/** Two licenses with payments, and a sale without a license. */
async function someOrders() {
  const ada = await issueLicense({ email: "ada@example.com" });
  const bob = await issueLicense({ email: "bob@example.com" });
  await storePayments(
    ada.id,
    payment("in_1", { invoice_number: "RBEE-0001", subscription_id: "sub_1", payment_intent_id: "pi_1" }),
    payment("in_2", { kind: "renewal", at: JANUARY + 31 * DAY, invoice_number: "RBEE-0002" }),
    payment("re_1", {
      kind: "refund",
      state: "succeeded",
      at: JANUARY + 32 * DAY,
      charge_id: "ch_1",
      counted: -10_000,
      counted_tax: -100,
      reverses: "in_2",
    }),
  );
  await storePayments(bob.id, payment("in_3", { currency: "jpy", total: 500, counted: 500, at: JANUARY + DAY }));
  await env.DB.prepare(
    `INSERT INTO orders (id, checkout_session_id, plan, machines, state, email, held_reason, created_at)
     VALUES ('ord_0', 'cs_1', 'premium-lifetime', 25, 'held', 'eve@example.com', 'no_address', ?)`,
  )
    .bind(JANUARY)
    .run();
  await storePayments(null, payment("cs_1", { state: "held", checkout_session_id: "cs_1", at: JANUARY + 2 * DAY }));
  return { ada, bob };
}

describe("GET /v1/admin/orders", () => {
  it("all money is listed, newest first, with its license's owner and plan, page by page", async () => {
    const { ada } = await someOrders();
    const first = await orders("limit=2");
    expect(first.orders).toMatchObject([
      { id: "re_1", kind: "refund", total: 10_000, counted: -10_000, reverses: "in_2", license_id: ada.id },
      { id: "in_2", kind: "renewal", email: "ada@example.com", plan: "premium-lifetime" },
    ]);
    const second = await orders(`limit=2&cursor=${first.next_cursor}`);
    const third = await orders(`limit=2&cursor=${second.next_cursor}`);
    expect([...second.orders, ...third.orders].map(({ id }) => id)).toEqual(["cs_1", "in_3", "in_1"]);
    expect(third.next_cursor).toBeNull();
  });

  it.each([
    ["from=2026-01-11&to=2026-01-12", ["cs_1", "in_3"]],
    ["state=held", ["cs_1"]],
    ["state=succeeded", ["re_1"]],
    ["q=RBEE-0002", ["in_2"]],
    ["q=in_3", ["in_3"]],
    ["q=cs_1", ["cs_1"]],
    ["q=sub_1", ["in_1"]],
    ["q=pi_1", ["in_1"]],
    ["q=ch_1", ["re_1"]],
    ["q=bob@example.com", ["in_3"]],
    ["q=Eve@example.com", ["cs_1"]],
    ["q=ord_0", ["cs_1"]],
    ["q=nobody", []],
  ])("%s finds %j", async (query, ids) => {
    await someOrders();
    expect(await idsOf(query)).toEqual(ids);
  });

  it("a sale without a license tells its buyer, its order and the reason", async () => {
    await someOrders();
    expect((await orders("state=held")).orders).toMatchObject([
      {
        email: "eve@example.com",
        plan: "premium-lifetime",
        machines: 25,
        order_id: "ord_0",
        held_reason: "no_address",
      },
    ]);
  });

  it("the orders of one license are found", async () => {
    const { ada } = await someOrders();
    expect(await idsOf(`license=${ada.id}`)).toEqual(["re_1", "in_2", "in_1"]);
    expect(await idsOf(`license=${ada.id}&state=paid&q=ada@`)).toEqual(["in_2", "in_1"]);
  });

  it("a checkout without money is listed if its state is asked for", async () => {
    await env.DB.prepare(
      `INSERT INTO orders (id, checkout_session_id, plan, machines, state, cookie_hash, created_at)
       VALUES ('ord_1', 'cs_9', 'premium-lifetime', 25, 'pending', 'x', ?)`,
    )
      .bind(JANUARY)
      .run();
    expect((await orders("state=pending")).orders).toMatchObject([
      { id: "ord_1", kind: "checkout", total: null, currency: null, plan: "premium-lifetime", machines: 25 },
    ]);
    expect(await idsOf("")).toEqual([]);
    expect(await idsOf("state=pending&q=cs_other")).toEqual([]);
  });

  it.each(["from=yesterday", "state=lost-and-found", "cursor=x", "limit=0"])("%s is refused", async (query) => {
    expect((await get(`/v1/admin/orders?${query}`)).status).toBe(422);
  });

  it("other scopes see no orders and no revenue", async () => {
    const other = (await makeToken(["licenses:write", "money:refund", "stats:read"])).token;
    for (const path of ["orders", "revenue"]) {
      expect((await ask("GET", `/v1/admin/${path}`, { token: other })).status).toBe(403);
    }
  });

  it("as CSV it is one file of all that match, with decimal amounts and no formulas", async () => {
    const { bob } = await someOrders();
    await env.DB.prepare("UPDATE licenses SET email = '=cmd@example.com' WHERE id = ?").bind(bob.id).run();
    const response = await get("/v1/admin/orders", { Accept: "text/csv" });
    expect(response.headers.get("Content-Disposition")).toBe('attachment; filename="orders.csv"');
    const lines = (await response.text()).split("\r\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(/^at,id,kind,state,total,currency,counted,subtotal,discount,tax,invoice_number,/);
    expect(lines[1]).toMatch(/^2026-02-11T00:00:00Z,re_1,refund,succeeded,100.00,usd,-100.00,/);
    expect(lines[4]).toMatch(/,in_3,purchase,paid,500,jpy,500,.*,'=cmd@example.com,/);
    expect(await (await get("/v1/admin/orders?format=csv&state=held")).text()).toContain("cs_1");
  });

  it("more orders than one read are in the file, each once", async () => {
    const { id } = await issueLicense();
    await storePayments(id, ...Array.from({ length: 1_001 }, (_, n) => payment(`in_${n}`, { at: JANUARY + (n % 7) })));
    const lines = (await (await get("/v1/admin/orders?format=csv")).text()).trimEnd().split("\r\n");
    expect(new Set(lines.slice(1).map((line) => line.split(",")[1])).size).toBe(1_001);
    expect(lines).toHaveLength(1_002);
  });

  it.each([
    {},
    { license: "lic_1" },
    { state: "held" },
    { q: "RBEE-1" },
    { q: "ada@" },
    { q: "in_1" },
    { from: 1, before: 2 },
  ] as const)("the query for %j reads payments by an index", async (filter) => {
    const { sql, params } = paymentQuery(filter, 10, JANUARY);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    for (const { detail } of results) expect(detail).not.toMatch(/^SCAN (payments|licenses|orders)$/);
  });

  it.each(["pending", "open", "failed"] as const)("the query for %s checkouts uses an index", async (state) => {
    const [query] = checkoutQuery({ state }, 10);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${query?.sql}`)
      .bind(...(query?.params ?? []))
      .all<{ detail: string }>();
    expect(results[0]?.detail).toMatch(/USING INDEX orders_(pending|unpaid)/);
  });
});

describe("GET /v1/admin/revenue", () => {
  it("sums are by month and currency, as JSON and as CSV", async () => {
    await someOrders();
    const response = await get("/v1/admin/revenue?from=2026-01&to=2026-02");
    const { livemode, revenue } = await response.json<{ livemode: boolean; revenue: object[] }>();
    expect(livemode).toBe(false);
    expect(revenue).toMatchObject([
      { month: "2026-01", currency: "jpy", gross: 500, purchases: 1 },
      { month: "2026-01", currency: "usd", gross: 20_000, tax: 200, net: 19_800, purchases: 2, renewals: 0 },
      { month: "2026-02", currency: "usd", gross: 10_000, refunded: 10_000, renewals: 1 },
    ]);
    const csv = await (await get("/v1/admin/revenue?from=2026-01&to=2026-02&format=csv")).text();
    expect(csv.split("\r\n")).toEqual([
      "month,currency,gross,tax,refunded,net,purchases,renewals,trials_started,trials_converted,mrr,subscriptions,churn",
      "2026-01,jpy,500,100,0,400,1,0,0,0,0,0,0",
      "2026-01,usd,200.00,2.00,0.00,198.00,2,0,0,0,0.00,0,0",
      "2026-02,usd,100.00,0.00,100.00,0.00,0,1,0,0,0.00,0,0",
      "",
    ]);
  });

  it("money of the other mode is not in it", async () => {
    await storePayments(null, payment("in_1", { livemode: true }));
    expect(await (await get("/v1/admin/revenue?from=2026-01&to=2026-01")).json()).toMatchObject({ revenue: [] });
  });

  it.each(["from=2026-13", "from=2026-02&to=2026-01", "from=2000-01&to=2026-01"])("%s is refused", async (query) => {
    expect((await get(`/v1/admin/revenue?${query}`)).status).toBe(422);
  });
});
