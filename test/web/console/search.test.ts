import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import type { Scope } from "../../../src/platform/config/scopes.ts";
import { ask } from "../../support/admin-request.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn } from "../../support/cookie-browser.ts";
import { find } from "../../support/html-document.ts";
import { activate, issueLicense, ownerToken } from "../../support/license-fixture.ts";
import { payment, storePayments } from "../../support/money-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

/** Types `q` into the search field of a page of the console. */
async function search(q: string, scopes: Scope[] = ["owner"], from = "/admin/tokens") {
  const browser = await signedIn(scopes);
  const csrf_token = csrfTokenIn(await read(browser, from));
  return browser.post("/admin/search", { form: { csrf_token, q } });
}

const target = async (q: string) => (await search(q)).headers.get("Location");

/** A license with a machine and an invoice, and a release. */
async function things() {
  const { id, key } = await issueLicense({ email: "ada@example.com" });
  await activate(key, "m");
  const machine = (await env.DB.prepare("SELECT id FROM machines").first<string>("id")) ?? "";
  await storePayments(id, payment("in_1", { at: currentTime(), invoice_number: "RBEE-0001" }));
  const files = [{ bytes: randomBytes(100) }];
  const { id: release } = await publishRelease({ worker_id: "llm-worker-rbee-premium-cuda", version: "1.2.0", files });
  return { id, key, machine, release };
}

describe("search of the console", () => {
  it("every page has the field, labeled, which the key / focuses", async () => {
    const browser = await signedIn();
    for (const path of ["/admin", "/admin/licenses", "/admin/audit", "/admin/system"]) {
      const [field] = await find(new Response(await read(browser, path)), "#find");
      expect([path, field?.attributes["data-focus"], field?.attributes["aria-keyshortcuts"]]).toEqual([path, "/", "/"]);
    }
  });

  it("a single match leads to its page: by a key, an address, an id, a machine, an invoice or a version", async () => {
    const { id, key, machine, release } = await things();
    for (const q of [key, ` ${key.toLowerCase()}\n`, "ada@example.com", "da@exam", id, machine, "RBEE-0001"])
      expect([q, await target(q)]).toEqual([q, `/admin/licenses/${id}`]);
    for (const q of [release, "cuda 1.2", "Premium-CUDA"])
      expect([q, await target(q)]).toEqual([q, `/admin/releases/${release}`]);
  });

  it("a key of another shop leads to its license, and never becomes part of an address", async () => {
    const key = "85DB562A-C11D4B06-A2335A6B-8C079166";
    const row = { key, email: "ada@example.com", plan: "premium-lifetime" };
    const body = { source: "gumroad", reason: "we moved", licenses: [row] };
    await ask("POST", "/v1/admin/licenses/import", { token: await ownerToken(), body });
    const id = await env.DB.prepare("SELECT id FROM licenses").first<string>("id");
    expect(await target(` ${key.toLowerCase()} `)).toBe(`/admin/licenses/${id}`);
  });

  it("several matches are listed by kind, and none says what can be found", async () => {
    const { release } = await things();
    const { id } = await issueLicense({ email: "cuda@example.com" });
    expect(await target("cuda")).toBe("/admin/search?q=cuda");
    const browser = await signedIn();
    const page = await read(browser, "/admin/search?q=cuda");
    expect(page).toContain(`href="/admin/licenses/${id}"`);
    expect(page).toContain(`href="/admin/releases/${release}"`);
    expect(page).toContain('value="cuda"');
    expect(await read(browser, "/admin/search?q=nobody-at-all")).toContain("Nothing matches");
    expect(await read(browser, "/admin/search")).toContain("It finds");
  });

  it("an admin finds only things that they may see", async () => {
    const { release } = await things();
    const found = async (q: string, scope: Scope, from: string) =>
      (await search(q, [scope], from)).headers.get("Location");
    expect(await found("ada@example.com", "releases:read", "/admin/releases")).toBe(
      "/admin/search?q=ada%40example.com",
    );
    expect(await found("cuda", "releases:read", "/admin/releases")).toBe(`/admin/releases/${release}`);
    expect(await found("cuda", "licenses:read", "/admin/licenses")).toBe("/admin/search?q=cuda");
    expect(await found("RBEE-0001", "money:read", "/admin/orders")).toBe("/admin/orders?q=in_1");
    const page = await read(await signedIn(["audit:read"]), "/admin/search?q=ada%40example.com");
    expect(page).toContain("Nothing matches");
  });

  it("secrets are refused, not repeated, and never part of an address", async () => {
    const { key } = await issueLicense();
    for (const q of [`${key.slice(0, -4)}0000`, `rbee_adm_${"A".repeat(43)}`, `key ${key}`]) {
      const response = await search(q);
      expect([q, response.status, (await response.text()).includes(q)]).toEqual([q, 422, false]);
    }
    const refused = await search(key, ["releases:read"], "/admin/releases");
    expect([refused.status, (await refused.text()).includes(key)]).toEqual([422, false]);
    const typed = await (await signedIn()).get(`/admin/search?q=${key}`);
    expect([typed.status, (await typed.text()).includes(key)]).toEqual([422, false]);
    expect((await search("a".repeat(20_000))).status).toBe(422);
  });
});
