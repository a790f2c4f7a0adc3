import { describe, expect, it } from "vitest";
import { newAddress } from "../../support/admin-request.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";
import { openShop } from "../../support/shop.ts";

const { ask, begin, deliverAll, press, status } = await openShop();

describe("a checkout", WITH_ROOM, () => {
  it("may begin sixty times a minute from one address, independently of other addresses", async () => {
    await roomInMinute();
    const beginAt = (address: string) =>
      ask("POST", "/v1/checkout", { body: { plan: "premium-lifetime" }, headers: { "CF-Connecting-IP": address } });
    const sender = newAddress();
    for (let i = 0; i < 60; i++) expect((await beginAt(sender)).status).toBe(201);
    const refused = await beginAt(sender);
    expect([refused.status, refused.headers.get("Retry-After"), refused.headers.get("Set-Cookie")]).toEqual([
      429,
      "60",
      null,
    ]);
    expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED", retry_after: 60 });
    expect((await beginAt(newAddress())).status).toBe(201);
  });

  it("marks its browser with a cookie that is sent only to this host over TLS, and that no script reads", async () => {
    const response = await ask("POST", "/v1/checkout", { body: { plan: "premium-monthly" } });
    const [pair = "", ...attributes] = (response.headers.get("Set-Cookie") ?? "").split("; ");
    expect(pair).toMatch(/^__Host-rbee_checkout=[\w-]{43}$/);
    expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]));
    expect(attributes.join()).not.toContain("Domain");
  });
});

describe("the status of a checkout", WITH_ROOM, () => {
  it("shows its license only to the browser that began and paid it", async () => {
    const checkout = await begin("premium-monthly", 3);
    await press(checkout.url, "pay", "ada@example.com");
    const mine = await status(checkout);
    expect(mine).toMatchObject({ status: "complete", license: { machine_limit: 5 } });
    expect(await status(checkout, false)).toEqual({ status: "complete", masked_key: mine.masked_key });
    const page = async (headers: Record<string, string>) =>
      (await ask("GET", `/checkout/success?session_id=${checkout.sessionId}`, { headers })).text();
    expect(await page({ Cookie: checkout.cookie })).toContain("5 machines");
    expect(await page({})).not.toContain("5 machines");
    const other = await begin("premium-monthly");
    expect(await status({ ...checkout, cookie: other.cookie })).toEqual({
      status: "complete",
      masked_key: mine.masked_key,
    });
  });

  it("asks Stripe at most thirty times a minute; after that it waits for the webhook", async () => {
    const checkout = await begin("premium-lifetime");
    const other = await begin("premium-lifetime");
    await roomInMinute();
    for (let i = 0; i < 30; i++) expect(await status(checkout, false)).toEqual({ status: "pending" });
    for (const { url } of [checkout, other]) await press(url, "pay", "ada@example.com");
    expect(await status(checkout)).toEqual({ status: "pending" });
    const page = await ask("GET", `/checkout/success?session_id=${checkout.sessionId}`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("Waiting for your payment")]);
    expect((await status(other)).status).toBe("complete");
    await deliverAll(checkout.sessionId);
    for (let i = 0; i < 40; i++) expect((await status(checkout)).key).toMatch(/^rbee_lic_/);
  });
});
