import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { pay, shopEnv, status, stripe } = await openShop();

const ADA = "ada@example.com";

const bought = async (plan: string): Promise<string> =>
  (await status(await pay(plan, { email: ADA }))).license?.id ?? "";

describe("erasure in the console", () => {
  it("the preview lists what is erased and kept; then all licenses of the person are shown as erased", async () => {
    const paid = await bought("premium-lifetime");
    const given = await issueLicense({ email: ADA });
    const other = await issueLicense({ email: "grace@example.com" });
    const customer = await env.DB.prepare("SELECT stripe_customer_id FROM licenses WHERE id = ?")
      .bind(paid)
      .first<string>("stripe_customer_id");
    const browser = await signedIn(["owner"], shopEnv);
    expect(await read(browser, `/admin/licenses/${given.id}`)).toContain(`/admin/licenses/${given.id}/erase`);

    const { preview, response } = await act(browser, `/admin/licenses/${given.id}/erase`, { reason: "ticket 4711" });
    expect(preview).toContain("All 2 licenses of this address are revoked forever");
    expect(preview).toContain(paid);
    expect(preview).toContain("usually within 40 seconds");
    expect(preview).toContain("The customer is deleted at Stripe");
    expect(preview).not.toContain(other.id);
    expect(response.headers.get("Location")).toBe(`/admin/licenses/${given.id}?done=erase&edge=published`);

    expect(await stripe.customers.retrieve(customer ?? "")).toMatchObject({ deleted: true });
    const { results } = await env.DB.prepare("SELECT email, admin_state FROM licenses ORDER BY email").all();
    expect(results).toEqual([
      { email: "erased", admin_state: "revoked" },
      { email: "erased", admin_state: "revoked" },
      { email: "grace@example.com", admin_state: "none" },
    ]);
    const page = await read(browser, `/admin/licenses/${given.id}?done=erase`);
    expect(page).not.toContain(ADA);
    expect(page).toContain("Erased person");
    expect(page).toContain("Revoked: its owner&#39;s data was erased.");
    expect(page).toContain("Owner&#39;s data erased, revoked");
    expect(page).toContain("ticket 4711");
    expect(page).not.toMatch(/\/(erase|reinstate|rotate-key|extend)"/);
    expect(await read(browser, "/admin/licenses")).toContain(">Erased person</a>");
  });

  it("nothing changes before the confirmation, nor by a second one", async () => {
    const { id } = await issueLicense({ email: ADA });
    const browser = await signedIn(["owner"], shopEnv);
    const path = `/admin/licenses/${id}/erase`;
    await send(browser, path, { reason: "r" });
    expect(await env.DB.prepare("SELECT email FROM licenses").first("email")).toBe(ADA);
    await act(browser, path, { reason: "r" });
    const { preview } = await act(browser, path, { reason: "r" });
    expect(preview).toContain("Nothing changes: this is done already.");
    const entries = env.DB.prepare("SELECT count(*) AS n FROM audit WHERE action = 'license.erase'");
    expect(await entries.first("n")).toBe(1);
  });

  it("a pending edge copy is shown as a warning", async () => {
    const { id } = await issueLicense({ email: ADA });
    const browser = await signedIn(["owner"], shopEnv);
    vi.spyOn(env.EDGE, "put").mockRejectedValueOnce(new Error("KV PUT failed: 500"));
    const { response } = await act(browser, `/admin/licenses/${id}/erase`, { reason: "r" });
    expect(await read(browser, response.headers.get("Location") ?? "")).toContain(
      "Downloads do not have this change yet",
    );
    expectLogged("publication.failed");
  });

  it("it is refused on the form while a subscription is running", async () => {
    const id = await bought("premium-monthly");
    const browser = await signedIn(["owner"], shopEnv);
    const refused = await send(browser, `/admin/licenses/${id}/erase`, { reason: "my reason" });
    expect(refused.status).toBe(409);
    const html = await refused.text();
    expect(html).toContain("A subscription is still running.");
    expect(html).toContain("my reason");
  });

  it("an erased license offers no act but a refund", async () => {
    const { id } = await issueLicense({ email: ADA });
    const browser = await signedIn(["owner"], shopEnv);
    await act(browser, `/admin/licenses/${id}/erase`, { reason: "r" });
    for (const name of ["reinstate", "rotate-key"]) {
      const refused = await send(browser, `/admin/licenses/${id}/${name}`, { reason: "r" });
      expect([name, refused.status]).toEqual([name, 409]);
    }
    expect(await env.DB.prepare("SELECT count(*) AS n FROM mails").first("n")).toBe(0);
  });
});
