import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { read, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn } from "../../support/cookie-browser.ts";
import { activate, issueLicense } from "../../support/license-fixture.ts";

/** The address that a search redirects to. */
async function find(q: string) {
  const browser = await signedIn(["licenses:read"]);
  const csrf_token = csrfTokenIn(await read(browser, "/admin/licenses"));
  return browser.post("/admin/licenses/search", { form: { csrf_token, q } });
}

describe("search of licenses", () => {
  it("one match leads straight to its page; a license key never becomes part of an address", async () => {
    const { id, key } = await issueLicense();
    await issueLicense({ email: "grace@example.com" });
    await activate(key, "m");
    const machine = await env.DB.prepare("SELECT id, fingerprint_hash FROM machines").first<Record<string, string>>();
    for (const q of [
      key,
      ` ${key.toLowerCase()}\n`,
      id,
      machine?.["id"],
      machine?.["fingerprint_hash"],
      "Ada@",
      "ada@example.com",
    ]) {
      const response = await find(q ?? "");
      expect([q, response.status, response.headers.get("Location")]).toEqual([q, 303, `/admin/licenses/${id}`]);
    }
  });

  it("several matches are listed, and an empty result says so", async () => {
    await issueLicense({ email: "ada@one.example" });
    await issueLicense({ email: "ada@two.example" });
    const location = (await find("ada@")).headers.get("Location") ?? "";
    expect(location).toBe("/admin/licenses?q=ada%40");
    const browser = await signedIn(["licenses:read"]);
    const text = await read(browser, location);
    expect(text).toContain("ada@one.example");
    expect(text).toContain("ada@two.example");
    expect(await read(browser, "/admin/licenses?q=nobody")).toContain("No license matches");
    expect(await read(browser, "/admin/licenses?status=&plan=")).toContain("ada@one.example");
    expect(await read(browser, "/admin/licenses?status=revoked")).not.toContain("ada@one.example");
  });

  it("other secrets are refused and not repeated", async () => {
    const { key } = await issueLicense();
    const forged = `${key.slice(0, -4)}0000`;
    for (const q of [forged, `rbee_adm_${"A".repeat(43)}`, "eyJhbGciOiJFZERTQSJ9.e30.c2ln", `key ${key}`]) {
      const response = await find(q);
      expect(response.status).toBe(422);
      expect(await response.text()).not.toContain(q);
    }
    const browser = await signedIn();
    const typed = await browser.get(`/admin/licenses?q=${key}`);
    expect(typed.status).toBe(422);
    expect(await typed.text()).not.toContain(key);
  });

  it("a search that is too long is refused", async () => {
    const response = await find("a".repeat(20_000));
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("254 characters at most");
  });

  it("the list is paged", async () => {
    await env.DB.prepare(
      `WITH RECURSIVE rows (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM rows WHERE n < 51)
       INSERT INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, status_index, livemode, last_change, created_at, updated_at)
       SELECT printf('lic_%026d', n), printf('page%d@example.com', n), 'premium-trial', '[]', '*', 1, 0, n, 0, 'chg_0', 0, 0 FROM rows`,
    ).run();
    const browser = await signedIn();
    const first = await read(browser, "/admin/licenses?q=page");
    const next = /<a href="([^"]*)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await read(browser, next);
    const mails = (text: string) => [...text.matchAll(/>(page\d+@example\.com)</g)].map(([, mail]) => mail);
    expect(mails(first)).toHaveLength(50);
    expect(mails(second)).toHaveLength(2);
    expect(new Set([...mails(first), ...mails(second)]).size).toBe(52);
    expect(second).not.toContain('rel="next"');
  });
});
