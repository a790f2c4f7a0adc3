import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { eraseUsage } from "../../../src/domain/erasure/usage.ts";
import { currentTime, DAY, HOUR, startOfDay } from "../../../src/lib/time.ts";
import { codeOf, makeToken } from "../../support/admin-request.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { mailedPath, pageAt, send, signedInByKey, signedInByMail } from "../../support/customer.ts";
import { hookedLedger } from "../../support/hooked-ledger.ts";
import { runCronAndJobs } from "../../support/jobs.ts";
import { activate, count, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { newPostbox, type Postbox } from "../../support/postbox.ts";
import { openShop } from "../../support/shop.ts";
import {
  brokenStatistics,
  countStatistics,
  download,
  LICENSE_DOWNLOADS,
  record,
  silentStatistics,
} from "../../support/usage-fixture.ts";

const { ask, deliverAll, deserted, pay, shopEnv, status, stripe } = await openShop();

const ADA = "ada@example.com";

let postbox: Postbox;
beforeEach(() => {
  const mailing = newPostbox();
  postbox = { ...mailing, env: { ...shopEnv, EMAIL: mailing.env.EMAIL } };
});

/** Everything that the ledger, the statistics and KV hold, as text. */
async function everything(): Promise<string> {
  const rows = (await Promise.all([env.DB, env.STATISTICS].map(rowsOf))).flat();
  const { keys } = await env.EDGE.list();
  const records = await Promise.all(keys.map(({ name }) => env.EDGE.get(name)));
  return JSON.stringify([rows.map(({ results }) => results), records]);
}

async function rowsOf(db: D1Database): Promise<D1Result[]> {
  const { results: tables } = await db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'd1\\_%' ESCAPE '\\'",
    )
    .all<{ name: string }>();
  return db.batch(tables.map(({ name }) => db.prepare(`SELECT * FROM ${name}`)));
}

/** A shop with a Stripe that does not answer, at the discard port. */

const REASON = "asked for by mail, ticket 4711";

const eraseByApi = async (id: string, at: Env = shopEnv) =>
  ask("POST", `/v1/admin/licenses/${id}/erase`, {
    headers: { Authorization: `Bearer ${(await makeToken(["owner"])).token}` },
    body: { reason: REASON },
    at,
  });

/** A license bought under a unique name, with every fact that could identify its owner. */
async function boughtLicense(email: string) {
  const { key = "", license } = await status(await pay("premium-lifetime", { email }));
  const id = license?.id ?? "";
  await tokenFor(key, "adas-fingerprint", { name: "adas-attic", offline: true });
  const machine = await env.DB.prepare("SELECT id, fingerprint_hash AS hash FROM machines WHERE license_id = ?")
    .bind(id)
    .first<{ id: string; hash: string }>();
  await env.DB.prepare("UPDATE licenses SET note = 'Ada Lovelace, London' WHERE id = ?").bind(id).run();
  await record(download(1, { license_id: id, machine: machine?.hash ?? null, place: { country: "NL", network: 1 } }));
  return { id, key, hash: machine?.hash ?? "" };
}

describe("a customer who deletes their data", () => {
  it("leaves no personal data, and ends only their own licenses", async () => {
    const bought = await boughtLicense(ADA);
    const given = await issueLicense();
    const grace = await issueLicense({ email: "grace@example.com" });
    const customer = await env.DB.prepare("SELECT stripe_customer_id AS id FROM licenses WHERE id = ?")
      .bind(bought.id)
      .first<string>("id");
    const browser = await signedInByMail(ADA, postbox);
    const byKey = await signedInByKey(given.key, postbox.env);
    expect(await pageAt(browser, "/account/erase")).toContain("your 2 licenses");

    const mistyped = await send(browser, "/account/erase", { confirmation: "yes" });
    expect([mistyped.status, await count("licenses", `email = '${ADA}'`)]).toEqual([422, 2]);

    const done = await send(browser, "/account/erase", { confirmation: " Delete " });
    expect(done.headers.get("Location")).toBe("/account/sign-in?done=erased");
    expect(browser.cookies.size).toBe(0);
    expect(await pageAt(browser, "/account/sign-in?done=erased")).toContain("Your data is deleted");

    const left = await everything();
    for (const trace of [ADA, "Lovelace", "adas-attic", bought.hash]) expect(left).not.toContain(trace);
    expect(await countStatistics(LICENSE_DOWNLOADS, "license_id = '' AND machine IS NULL")).toBe(1);
    expect(await countStatistics("license_places")).toBe(0);
    expect(await count("audit", "action = 'license.erase' AND actor = 'customer' AND details = '{}'")).toBe(2);
    expect(await stripe.customers.retrieve(customer ?? "")).toMatchObject({ deleted: true });

    for (const { key } of [bought, given]) {
      expect(await codeOf(await activate(key, "f2"))).toBe("LICENSE_REVOKED");
      expect(await env.EDGE.get(`license:${bought.id}`)).toContain('"admin_state":"revoked"');
    }
    expect((await byKey.get("/account")).status).toBe(303);
    expect((await activate(grace.key, "f1")).status).toBe(201);
    expect(await count("licenses", "email = 'grace@example.com'")).toBe(1);
  });

  it("has no account any more: the key does not sign in, and no link is made", async () => {
    const { id, key } = await issueLicense();
    await eraseByApi(id);
    const response = await new TestBrowser({ bindings: postbox.env }).post("/account/sign-in", { form: { key } });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("data was deleted");
    expect(await count("sessions")).toBe(0);
  });

  it("leaves no trace in usage that is counted late", async () => {
    const { id, hash } = await boughtLicense(ADA);
    await eraseByApi(id);
    const place = { country: "NL", network: 64500 };
    const now = currentTime();
    const grace = await issueLicense({ email: "grace@example.com" });
    const refusal = { area: "download", code: "LICENSE_REVOKED", worker_id: "w", place, license_id: id, count: 1 };
    await record(
      download("late", { license_id: id, machine: hash, place }),
      { kind: "refusals", refusals: [{ ...refusal, day: startOfDay(now) }] },
      download("graces", { license_id: grace.id, machine: "m", place }),
    );
    await runCronAndJobs(shopEnv, (now - (now % HOUR)) * 1000);
    expect(await everything()).not.toContain(hash);
    expect(await countStatistics(LICENSE_DOWNLOADS, "link_id = 'dl_late' AND license_id = ''")).toBe(1);
    expect(await countStatistics(LICENSE_DOWNLOADS, "link_id = 'dl_graces' AND machine = 'm'")).toBe(1);
    for (const table of ["license_places", "license_refusals"])
      expect(await countStatistics(table, `license_id = '${id}'`)).toBe(0);
    expect(await countStatistics("license_places", `license_id = '${grace.id}'`)).toBe(1);
  });

  it.each([
    ["are down", brokenStatistics],
    ["never answer", silentStatistics],
  ])("is erased although the statistics %s, and the cron erases those when they are back", async (_, STATISTICS) => {
    const { id, hash } = await boughtLicense(ADA);
    const down = await eraseByApi(id, { ...shopEnv, STATISTICS });
    expect(await down.json()).toMatchObject({ licenses: [id], statistics: "pending" });
    expectLogged("erasure.pending");
    expect(await count("licenses", "email = 'erased'")).toBe(1);
    expect(await countStatistics(LICENSE_DOWNLOADS, `machine = '${hash}'`)).toBe(1);
    const now = currentTime();
    await eraseUsage(env, now);
    expect(await everything()).not.toContain(hash);
    await eraseUsage(env, now + 31 * DAY);
    expect(await count("usage_erasures")).toBe(0);
  });

  it("must prove their identity by mail if they signed in with a key", async () => {
    const { key } = await issueLicense();
    const browser = await signedInByKey(key, postbox.env);
    expect(await pageAt(browser, "/account/erase")).not.toContain('name="confirmation"');
    await send(browser, "/account/erase", { confirmation: "delete" });
    expect(await count("licenses", `email = '${ADA}' AND admin_state = 'none'`)).toBe(1);
    const sent = await send(browser, "/account/erase/link");
    expect(sent.status).toBe(202);
    expect(await sent.text()).not.toContain(ADA);
    expect((await browser.post(mailedPath(postbox))).status).toBe(303);
    expect(await pageAt(browser, "/account/erase")).toContain('name="confirmation"');
  });

  it("must first cancel a subscription and wait until it has ended", async () => {
    const checkout = await pay("premium-monthly", { email: ADA });
    const { license } = await status(checkout);
    const browser = await signedInByMail(ADA, postbox);
    expect(await pageAt(browser, "/account/erase")).toContain("A subscription is still running.");
    await send(browser, "/account/erase", { confirmation: "delete" });
    const refused = await eraseByApi(license?.id ?? "");
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    expect(await count("licenses", `email = '${ADA}' AND admin_state = 'none'`)).toBe(1);

    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    await stripe.subscriptions.cancel(String(subscription));
    await deliverAll(checkout.sessionId);
    expect((await eraseByApi(license?.id ?? "")).status).toBe(200);
    expect(await everything()).not.toContain(ADA);
  });

  it("must wait until a paid order of theirs that is held is solved, and leaves no address in the solved one", async () => {
    const { id } = await boughtLicense(ADA);
    const hold = "UPDATE orders SET state = ?, license_id = NULL, held_at = 1 WHERE license_id = ?";
    await env.DB.prepare(hold).bind("held", id).run();
    const refused = await eraseByApi(id);
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    expect(await count("licenses", `email = '${ADA}'`)).toBe(1);

    await env.DB.prepare("UPDATE orders SET state = 'failed', resolved_at = 2, resolution = 'refund'").run();
    expect((await eraseByApi(id)).status).toBe(200);
    expect(await everything()).not.toContain(ADA);
  });
});

describe("an owner who erases the person behind a license", () => {
  it("sees the erased data, may ask again, and gives a reason", async () => {
    const { id } = await boughtLicense(ADA);
    const second = await issueLicense();
    const erased = await (await eraseByApi(id)).json<{ licenses: string[]; customers: string[] }>();
    expect(erased.licenses.sort()).toEqual([id, second.id].sort());
    expect(erased.customers).toEqual([expect.stringMatching(/^cus_/)]);
    expect(await (await eraseByApi(id)).json()).toEqual({
      licenses: [],
      customers: [],
      edge: "published",
      statistics: "erased",
    });
    expect(await count("audit", `action = 'license.erase' AND reason = '${REASON}'`)).toBe(2);
  });

  it("sees that downloads do not follow yet, after a repeated request, too", async () => {
    const { id } = await issueLicense();
    for (const licenses of [[id], []]) {
      vi.spyOn(env.EDGE, "put").mockRejectedValueOnce(new Error("KV PUT failed: 429 Too Many Requests"));
      expect(await (await eraseByApi(id)).json()).toEqual({
        licenses,
        customers: [],
        edge: "pending",
        statistics: "erased",
      });
    }
    expect(await (await eraseByApi(id)).json()).toMatchObject({ edge: "published" });
    expectLogged("publication.failed");
  });

  it("changes nothing while the payment provider is down, and continues afterwards", async () => {
    const { id } = await boughtLicense(ADA);
    const down = await eraseByApi(id, deserted);
    expect([down.status, await codeOf(down)]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expectLogged("request.failed");
    expect(await count("licenses", `email = '${ADA}' AND admin_state = 'none'`)).toBe(1);
    expect((await eraseByApi(id)).status).toBe(200);
  });

  it("finishes by a repeated request for the same license, wherever the ledger failed in between", async () => {
    const ids = [(await issueLicense()).id, (await issueLicense()).id, (await issueLicense()).id];
    for (const [index, id] of ids.entries()) {
      await env.DB.prepare(`UPDATE licenses SET email = ?`).bind(`ada-${index}@example.com`).run();
      let erasures = 0;
      const DB = hookedLedger(async (run, statements) => {
        if (statements.length > 5 && ++erasures === 2) throw new Error("D1_ERROR: Network connection lost.");
        return run();
      });
      expect((await eraseByApi(id, { ...shopEnv, DB })).status).toBe(503);
      const erased = await env.DB.prepare("SELECT id FROM licenses WHERE email = 'erased'").all<{ id: string }>();
      expect(erased.results).toHaveLength(1);
      // The erased license is closed at the edge, too, although the request failed.
      expect(await env.EDGE.get(`license:${erased.results[0]?.id}`)).toContain('"admin_state":"revoked"');
      expect((await eraseByApi(id)).status).toBe(200);
      expect(await count("licenses", "email = 'erased'")).toBe(3);
    }
    expectLogged("request.failed");
  });

  it("keeps the end of a running lease, which no erasure takes back", async () => {
    const { id } = await boughtLicense(ADA);
    await eraseByApi(id);
    expect(await count("machines", `lease_until > ${currentTime() + DAY} AND fingerprint_hash LIKE 'erased:%'`)).toBe(
      1,
    );
  });

  it("needs the scope owner", async () => {
    const { id } = await issueLicense();
    const { token } = await makeToken(["licenses:write"]);
    const response = await ask("POST", `/v1/admin/licenses/${id}/erase`, {
      headers: { Authorization: `Bearer ${token}` },
      body: { reason: "no" },
    });
    expect([response.status, await codeOf(response)]).toEqual([403, "INSUFFICIENT_SCOPE"]);
  });
});
