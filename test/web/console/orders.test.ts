import { describe, expect, it } from "vitest";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { find } from "../../support/html-document.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { payment, storePayments } from "../../support/money-fixture.ts";

const NOW = currentTime();

async function someOrders() {
  const { id } = await issueLicense({ email: "ada@example.com" });
  await storePayments(
    id,
    payment("in_1", { at: NOW, invoice_number: "RBEE-0001", recurring: 9_900, period_start: NOW }),
    payment("re_1", { kind: "refund", state: "succeeded", at: NOW, total: 2_500, counted: -2_500, counted_tax: -25 }),
    payment("in_2", { at: NOW, currency: "jpy", total: 500, counted: 500, counted_tax: 0, state: "open" }),
  );
  return id;
}

describe("the list of orders", () => {
  it("names each payment with its state, its total and its customer", async () => {
    const id = await someOrders();
    const page = await read(await signedIn(["money:read", "licenses:read"]), "/admin/orders");
    expect(page).toContain("Purchase RBEE-0001");
    expect(page).toContain("-$25");
    expect(page).toContain("¥500");
    expect(page).toContain(`href="/admin/licenses/${id}"`);
    expect(page).toContain("not paid yet");
    expect(page).toContain('href="/admin/orders/csv"');
  });

  it("does not link to licenses for an admin who may not see them", async () => {
    await someOrders();
    const page = await read(await signedIn(["money:read"]), "/admin/orders");
    expect(page).toContain("ada@example.com");
    expect(page).not.toContain("/admin/licenses");
  });

  it("keeps its filters in the links to the file and to the next page", async () => {
    await storePayments(null, ...Array.from({ length: 51 }, (_, n) => payment(`in_${n}`, { at: NOW - n * DAY })));
    const browser = await signedIn(["money:read"]);
    const page = await read(browser, "/admin/orders?state=paid");
    expect(page).toContain("/admin/orders/csv?state=paid");
    const [, next = ""] = /href="(\/admin\/orders\?state=paid&amp;cursor=[^"]+)"/.exec(page) ?? [];
    const later = await read(browser, next.replaceAll("&amp;", "&"));
    expect(later.match(/dashboard\.stripe\.com/g)).toHaveLength(1);
  });

  it("ignores a search that holds a key", async () => {
    await someOrders();
    const page = await read(await signedIn(["money:read"]), `/admin/orders?q=rbee_adm_${"A".repeat(43)}`);
    expect(page).toContain("it was ignored");
    expect(page).not.toContain("rbee_adm_A");
  });

  it("is a file with the filters of the page", async () => {
    await someOrders();
    const response = await (await signedIn(["money:read"])).get("/admin/orders/csv?state=open");
    expect(response.headers.get("Content-Type")).toContain("text/csv");
    expect((await response.text()).trimEnd().split("\r\n")).toEqual([
      expect.stringMatching(/^at,id,/),
      expect.stringContaining("in_2"),
    ]);
  });
});

describe("revenue in the console", () => {
  it("is the first thing on the dashboard for admins who may see money, by currency", async () => {
    await someOrders();
    const page = await read(await signedIn(["stats:read", "money:read"]), "/admin");
    const headings = [...page.matchAll(/<h2[^>]*>([^<]+)/g)].map(([, text]) => text);
    expect(headings.slice(0, 2)).toEqual(["Revenue", "Needs attention"]);
    // 100.00 paid, 25.00 back, 0.75 of the tax left.
    expect(page).toContain("Today, net in JPY");
    const values = (await find(new Response(page), ".stat")).map(({ text }) => text).slice(4);
    expect(values[0]).toMatch(/^Today, net in USD\$74\.25/);
    expect(values[1]).toMatch(/, net\$74\.25\$100 paid/);
    expect(values[2]).toMatch(/MRR\)\$99/);
    expect(await read(await signedIn(["stats:read"]), "/admin")).not.toContain(">Revenue<");
  });

  it("has a row for each month and currency, and a file", async () => {
    await someOrders();
    const browser = await signedIn(["money:read"]);
    const page = await read(browser, "/admin/revenue");
    expect(page.match(/<tr>/g)).toHaveLength(3);
    expect(page).toContain("USD");
    const file = await (await browser.get("/admin/revenue/csv")).text();
    expect(file.split("\r\n")[2]).toMatch(/,usd,100\.00,0\.75,25\.00,74\.25,1,0,/);
  });
});
