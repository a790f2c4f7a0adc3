import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { requireLicense } from "../../../src/domain/licensing/license/store.ts";
import { act, hiddenFields, read, send, signedIn } from "../../support/console-admin.ts";
import { activate, adminAct, count, issueLicense } from "../../support/license-fixture.ts";

const REASON = { reason: "goodwill" };

describe("amending a license in the console", () => {
  it("shows the values of now, previews each change, and changes those alone, once", async () => {
    const { id, key } = await issueLicense({ plan: "premium-trial" });
    await activate(key, "m", { name: "attic" });
    const browser = await signedIn(["licenses:read", "licenses:issue"]);
    const path = `/admin/licenses/${id}/amend`;
    expect(await read(browser, `/admin/licenses/${id}`)).toContain(`href="${path}"`);
    const form = await read(browser, path);
    for (const now of [
      "Now ada@example.com",
      "Now 1.",
      "Now *.",
      "Now llm-worker-rbee-premium-*",
      "Now every update",
    ]) {
      expect(form).toContain(now);
    }
    const wanted = { plan: "premium-lifetime", machine_limit: "30", endless: "yes", versions: "<4.0.0" };
    const asked = await send(browser, path, {
      ...{ ...wanted, ...REASON, updates: "2030-01-31", note: "paid by transfer" },
      entitlements: "llm-worker-rbee-premium-cpu,\r\nllm-worker-rbee-premium-cuda",
    });
    const preview = await asked.text();
    for (const sentence of [
      "Plan: Premium, trial → Premium, lifetime.",
      "Machines: 1 → 30.",
      "Workers: llm-worker-rbee-premium-* → llm-worker-rbee-premium-cpu, llm-worker-rbee-premium-cuda.",
      "Versions: * → &lt;4.0.0.",
      "Updates until: every one → 31 January 2030, 23:59 UTC.",
      "→ never.",
      "The note changes.",
      "The owner is emailed about it: ada@example.com.",
    ]) {
      expect(preview).toContain(sentence);
    }
    expect(await count("audit", "action = 'license.amend'")).toBe(0);
    const button = hiddenFields(preview);
    for (const response of [await browser.post(path, { form: button }), await browser.post(path, { form: button })]) {
      expect(response.headers.get("Location")).toBe(`/admin/licenses/${id}?done=amend&edge=published`);
    }
    expect(await count("audit", "action = 'license.amend'")).toBe(1);
    expect(await requireLicense(env.DB, id)).toMatchObject({
      ...{
        plan: "premium-lifetime",
        machine_limit: 30,
        versions: "<4.0.0",
        expires_at: null,
        note: "paid by transfer",
      },
      entitlements: ["llm-worker-rbee-premium-cpu", "llm-worker-rbee-premium-cuda"],
    });
    expect(await read(browser, `/admin/licenses/${id}?done=amend`)).toContain("The license is amended");
    const trail = await read(await signedIn(["audit:read"]), `/admin/audit?subject=${id}`);
    expect(trail).toMatch(/>Machine limit<[^→]*>1 → 30</);
    expect(trail).toMatch(/>Updates until<[^→]*>none → 31 January 2030, 23:59 UTC</);
    expect(trail).toMatch(/>Note<[^A-Z]*>changed</);
  });

  it("changes nothing by fields that were left as they are", async () => {
    const { id } = await issueLicense();
    await env.DB.prepare("UPDATE licenses SET note = 'first\nsecond'").run();
    const browser = await signedIn();
    const same = { note: "first\r\nsecond", ...REASON };
    const asked = await send(browser, `/admin/licenses/${id}/amend`, same);
    expect(await asked.text()).toContain("Nothing changes");
    const { preview } = await act(browser, `/admin/licenses/${id}/amend`, { ...same, note: "" });
    expect(preview).toContain("The note is removed.");
    expect((await requireLicense(env.DB, id)).note).toBeNull();
  });

  it("says what a new address means, and shows no key", async () => {
    const { id, key } = await issueLicense();
    await activate(key, "m", { name: "attic" });
    const browser = await signedIn();
    const { preview, response } = await act(browser, `/admin/licenses/${id}/amend`, {
      email: "New@example.com",
      ...REASON,
    });
    for (const sentence of [
      "Owner: ada@example.com → new@example.com.",
      "emailed to the new address only",
      "1 machine must get the new key. No seat is lost.",
      "ada@example.com is told that the address changed, but not to which one.",
    ]) {
      expect(preview).toContain(sentence);
    }
    const page = await read(browser, response.headers.get("Location") ?? "");
    expect(page).toContain("new@example.com");
    expect(page).not.toMatch(/rbee_lic_/i);
  });

  it.each([
    [{ email: "<ada@example.com>" }, "Enter an email address."],
    [{ versions: "the new ones" }, "Enter a range of versions"],
    [{ entitlements: "llm-worker-nobody" }, "names no worker of this catalog"],
    [{ machine_limit: "many" }, "A whole number of machines"],
    [{ until: "2040-01-01", endless: "yes" }, "Enter either a day or no limit."],
    [{ updates: "2040-01-01", every_update: "yes" }, "Enter either a day or no limit."],
  ])("shows the form again for %j", async (entered, fault) => {
    const { id } = await issueLicense();
    const browser = await signedIn();
    const response = await send(browser, `/admin/licenses/${id}/amend`, { ...entered, ...REASON });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(fault);
  });

  it("is refused on its form where the state does not allow it, and not offered for an erased license", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "revoke");
    const browser = await signedIn();
    const response = await send(browser, `/admin/licenses/${id}/amend`, { email: "new@example.com", ...REASON });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("Reinstate it first");
    await adminAct(id, "erase");
    expect(await read(browser, `/admin/licenses/${id}`)).not.toContain("/amend");
  });
});

describe("issuing a license in the console", () => {
  it("takes the same rights", async () => {
    const browser = await signedIn();
    const { preview } = await act(browser, "/admin/licenses/new", {
      ...{ plan: "premium-trial", email: "ada@example.com", machine_limit: "4", versions: "<4.0.0", ...REASON },
      ...{ endless: "yes", updates: "2030-01-31", entitlements: "llm-worker-rbee-premium-cpu" },
    });
    expect(preview).toContain("without an end");
    expect(preview).toContain("published until 31 January 2030");
    const id = (await env.DB.prepare("SELECT id FROM licenses").first<string>("id")) ?? "";
    expect(await requireLicense(env.DB, id)).toMatchObject({
      ...{ plan: "premium-trial", machine_limit: 4, versions: "<4.0.0", expires_at: null },
      ...{ updates_until: Date.UTC(2030, 0, 31, 23, 59, 59) / 1000, entitlements: ["llm-worker-rbee-premium-cpu"] },
    });
  });
});
