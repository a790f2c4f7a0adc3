import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { act, hiddenFields, read, send, signedIn } from "../../support/console-admin.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const HOSTILE = `"><img src=x onerror=alert(1)>`;

describe("an act on a license", () => {
  it("revoke: nothing changes until the preview is confirmed; then it is recorded once, with reason and actor", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "m", { name: "attic" });
    const browser = await signedIn(["licenses:write"]);
    const path = `/admin/licenses/${id}/revoke`;
    const asked = await send(browser, path, { reason: "leaked on a forum" });
    const preview = await asked.text();
    expect(preview).toContain("refused at once");
    expect(preview).toContain("usually within 40 seconds");
    expect(preview).toContain("1 machine can no longer download: attic.");
    expect(await count("audit", "action = 'license.revoke'")).toBe(0);
    const button = hiddenFields(preview);
    const [first, again] = [await browser.post(path, { form: button }), await browser.post(path, { form: button })];
    for (const response of [first, again]) {
      expect(response.status).toBe(303);
      expect(response.headers.get("Location")).toBe(`/admin/licenses/${id}?done=revoke&edge=published`);
    }
    expect(await read(browser, first.headers.get("Location") ?? "")).toContain("The license is revoked.");
    const entries = await env.DB.prepare("SELECT reason, actor FROM audit WHERE action = 'license.revoke'").all();
    expect(entries.results).toEqual([{ reason: "leaked on a forum", actor: expect.stringMatching(/^token:adm_/) }]);
    const refused = await hive("POST", "/v1/licenses/token", { credential: token, body: { fingerprint: "m" } });
    expect(refused.status).toBe(403);
  });

  it("revoke: a pending edge copy is shown as a warning", async () => {
    const { id, key } = await issueLicense();
    await activate(key, "m");
    const machine = await env.DB.prepare("SELECT id FROM machines").first<string>("id");
    const browser = await signedIn(["licenses:write"]);
    for (const path of [`/admin/licenses/${id}/machines/${machine}/remove`, `/admin/licenses/${id}/revoke`]) {
      vi.spyOn(env.EDGE, "put").mockRejectedValueOnce(new Error("KV PUT failed: 500"));
      const { response } = await act(browser, path, { reason: "stolen" });
      const page = await read(browser, response.headers.get("Location") ?? "");
      expect(page, path).toContain("Downloads do not have this change yet");
    }
    expectLogged("publication.failed");
  });

  it("a form with faults is shown again with all its input", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const browser = await signedIn();
    const path = `/admin/licenses/${id}/extend`;
    const response = await send(browser, path, { reason: " ", days: "30", until: "2027-01-01" });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain("Please say why");
    expect(text).toContain('value="30"');
    const both = await (await send(browser, path, { reason: "goodwill", days: "30", until: "2027-01-01" })).text();
    expect(both).toContain("Enter either days or a date.");
    expect(both).toContain("goodwill</textarea>");
  });

  it("an act that the state does not allow is refused on its form", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "revoke");
    const browser = await signedIn();
    const response = await send(browser, `/admin/licenses/${id}/suspend`, { reason: "why not" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("which is more than suspended");
  });

  it("reinstate: only an owner may reinstate a revoked license", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "revoke");
    const support = await signedIn(["licenses:write"]);
    expect(await read(support, `/admin/licenses/${id}`)).not.toContain(`/admin/licenses/${id}/reinstate`);
    expect((await send(support, `/admin/licenses/${id}/reinstate`, { reason: "r" })).status).toBe(403);
    const owner = await signedIn();
    expect(await read(owner, `/admin/licenses/${id}`)).toContain(`/admin/licenses/${id}/reinstate`);
    const { preview, response } = await act(owner, `/admin/licenses/${id}/reinstate`, { reason: "a mistake" });
    expect(preview).toContain("in force again at once");
    expect(response.status).toBe(303);
  });

  it("extend: the end moves by days or to a date", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const end = async () =>
      (await env.DB.prepare("SELECT coalesce(extended_until, expires_at) AS at FROM licenses").first<number>("at")) ??
      0;
    const before = await end();
    const browser = await signedIn();
    await act(browser, `/admin/licenses/${id}/extend`, { reason: "goodwill", days: "10", until: "" });
    expect(await end()).toBe(before + 10 * 86_400);
    await act(browser, `/admin/licenses/${id}/extend`, { reason: "goodwill", days: "", until: "2036-02-29" });
    expect(await end()).toBe(Date.parse("2036-02-29T23:59:59Z") / 1000);
  });

  it("extend: it sets the previewed end, even if the license changed since the preview", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const end = async () =>
      (await env.DB.prepare("SELECT coalesce(extended_until, expires_at) AS at FROM licenses").first<number>("at")) ??
      0;
    const before = await end();
    const browser = await signedIn();
    const path = `/admin/licenses/${id}/extend`;
    const button = hiddenFields(
      await (await send(browser, path, { reason: "goodwill", days: "30", until: "" })).text(),
    );
    await adminAct(id, "extend", { days: 10 });
    expect((await browser.post(path, { form: button })).status).toBe(303);
    expect((await browser.post(path, { form: button })).status).toBe(303);
    expect(await end()).toBe(before + 30 * 86_400);
    const overtaken = hiddenFields(await (await send(browser, path, { reason: "again", days: "5", until: "" })).text());
    await adminAct(id, "extend", { days: 10 });
    expect((await browser.post(path, { form: overtaken })).status).toBe(409);
    expect(await end()).toBe(before + 40 * 86_400);
  });

  it("rotate-key: the answer shows the new key, the same on each click, and no address shows it", async () => {
    const { id, key } = await issueLicense();
    const browser = await signedIn();
    const path = `/admin/licenses/${id}/rotate-key`;
    const button = hiddenFields(await (await send(browser, path, { reason: "leaked" })).text());
    const response = await browser.post(path, { form: button });
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const fresh = /rbee_lic_\w+/.exec(await response.text())?.[0] ?? "";
    expect(await (await browser.post(path, { form: button })).text()).toContain(fresh);
    expect(fresh).not.toBe(key);
    expect((await activate(fresh, "m")).status).toBe(201);
    expect((await activate(key, "m")).status).toBe(401);
    expect(await read(browser, path)).not.toContain(fresh);
    expect(await read(browser, `/admin/licenses/${id}`)).not.toMatch(/rbee_lic_/i);
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(1);
  });

  it("issue: one license is made and its key shown, and an owner may leave out the mail", async () => {
    const browser = await signedIn(["owner"]);
    const form = {
      plan: "premium-lifetime",
      email: " Grace@Example.com ",
      machine_limit: "7",
      until: "2036-02-29",
      note: HOSTILE,
      reason: "review copy",
    };
    const asked = await send(browser, "/admin/licenses/new", form);
    const preview = await asked.text();
    expect(preview).toContain("It is not emailed.");
    const button = hiddenFields(preview);
    const first = await (await browser.post("/admin/licenses/new", { form: button })).text();
    const again = await (await browser.post("/admin/licenses/new", { form: button })).text();
    const [key] = /rbee_lic_\w+/.exec(first) ?? [];
    expect(key).toBeDefined();
    expect(again).toContain(key);
    const { results } = await env.DB.prepare("SELECT email, machine_limit, expires_at, note FROM licenses").all();
    expect(results).toEqual([
      {
        email: "grace@example.com",
        machine_limit: 7,
        expires_at: Date.parse("2036-02-29T23:59:59Z") / 1000,
        note: HOSTILE,
      },
    ]);
    expect(await count("mails")).toBe(0);
    expect(await count("audit", "action = 'license.issue' AND reason = 'review copy'")).toBe(1);
  });

  it.each([
    ["plan", "premium-free"],
    ["email", "nobody"],
    ["machine_limit", "0"],
    ["machine_limit", "many"],
    ["until", "2020-01-01"],
    ["until", "2026-02-30"],
    ["reason", ""],
  ])("issue: %s %j is refused", async (field, value) => {
    const browser = await signedIn();
    const good = {
      plan: "premium-lifetime",
      email: "a@b.example",
      machine_limit: "",
      until: "",
      note: "",
      reason: "r",
    };
    const response = await send(browser, "/admin/licenses/new", { ...good, [field]: value });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(`id="${field}-error"`);
    expect(await count("licenses")).toBe(0);
  });

  it("remove machine: an offline lease keeps the seat unless an owner voids it", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    await activate(key, "m", { name: "attic", offline: true });
    const machine = await env.DB.prepare("SELECT id FROM machines").first<string>("id");
    const path = `/admin/licenses/${id}/machines/${machine}/remove`;
    const support = await signedIn(["licenses:write"]);
    expect(await read(support, path)).not.toContain("void_lease");
    expect((await send(support, path, { reason: "r", void_lease: "yes" })).status).toBe(403);
    const { preview } = await act(support, path, { reason: "stolen" });
    expect(preview).toContain("keeps the seat until");
    expect((await activate(key, "other")).status).toBe(409);
    const owner = await signedIn();
    const voided = await act(owner, path, { reason: "stolen", void_lease: "yes" });
    expect(voided.preview).toContain("Its seat is free at once.");
    expect((await activate(key, "other")).status).toBe(201);
    expect(await count("audit", "action = 'machine.deactivate' AND reason = 'stolen'")).toBe(2);
  });
});
