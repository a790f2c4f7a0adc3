import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MOST_DAYS, MOST_ISSUED } from "../../../../src/domain/licensing/admin/limits.ts";
import { MOST_MACHINES } from "../../../../src/domain/purchase/offer.ts";
import type { Scope } from "../../../../src/platform/config/scopes.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { act, read, signedIn } from "../../../support/console-admin.ts";
import { count, issueLicense } from "../../../support/license-fixture.ts";

const REASON = { reason: "because" };

const as = async (scopes: Scope[], path: string, body: object = REASON) => {
  const { token } = await makeToken(scopes);
  return ask("POST", `/v1/admin/licenses${path}`, { token, body });
};

const issue = (scopes: Scope[], more: object = {}) =>
  as(scopes, "", { plan: "premium-lifetime", email: "ada@example.com", ...more });

describe("a support token (licenses:write)", () => {
  it.each(["suspend", "reinstate", "revoke"])("may %s a license", async (action) => {
    const { id } = await issueLicense();
    expect((await as(["licenses:write"], `/${id}/${action}`)).status).toBe(200);
  });

  it("replaces a key without seeing it: the mail brings it to the owner", async () => {
    const { id } = await issueLicense();
    const response = await as(["licenses:write"], `/${id}/rotate-key`);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toMatch(/rbee_lic_/i);
    expect(await count("mails", "kind = 'key_rotated' AND recipient = 'ada@example.com'")).toBe(1);
  });

  it("replaces a key in the console without seeing it", async () => {
    const { id } = await issueLicense();
    const browser = await signedIn(["licenses:write"]);
    const { preview, response } = await act(browser, `/admin/licenses/${id}/rotate-key`, REASON);
    expect(preview).toContain("You don&#39;t see it");
    const page = await read(browser, response.headers.get("Location") ?? "");
    expect(page).toContain("being emailed to the owner");
    expect(page).not.toMatch(/rbee_lic_/i);
  });

  it.each([
    ["issues nothing", "", "licenses:issue"],
    ["refunds nothing", "/ID/refund", "money:refund"],
  ])("%s, and the refusal names the missing scope", async (_name, path, scope) => {
    const { id } = await issueLicense();
    const response = await as(["licenses:write"], path.replace("ID", id));
    expect(await response.json()).toMatchObject({
      code: "INSUFFICIENT_SCOPE",
      detail: expect.stringContaining(scope),
    });
    expect(await env.DB.prepare("SELECT admin_state FROM licenses WHERE id = ?").bind(id).first("admin_state")).toBe(
      "none",
    );
  });

  it("extends a license by a year at most, however often it asks", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const extend = (scopes: Scope[], days: number) => as(scopes, `/${id}/extend`, { ...REASON, days });
    expect((await extend(["licenses:write"], MOST_DAYS - 31)).status).toBe(200);
    expect(await codeOf(await extend(["licenses:write"], 31))).toBe("INSUFFICIENT_SCOPE");
    expect((await extend(["licenses:write", "licenses:issue"], 31)).status).toBe(200);
  });
});

describe("issuing by hand (licenses:issue)", () => {
  it("returns the key, and mails it", async () => {
    const response = await issue(["licenses:issue"]);
    expect([response.status, (await response.json<{ key: string }>()).key]).toEqual([
      201,
      expect.stringMatching(/^rbee_lic_/),
    ]);
    expect(await count("mails", "kind = 'license_key' AND recipient = 'ada@example.com'")).toBe(1);
  });

  it("has a bound of machines, and no way without the mail, except for an owner", async () => {
    expect((await issue(["licenses:issue"], { machine_limit: MOST_ISSUED })).status).toBe(201);
    for (const more of [{ machine_limit: MOST_ISSUED + 1 }, { send_mail: false }]) {
      expect(await codeOf(await issue(["licenses:issue", "licenses:write", "tokens:write"], more))).toBe(
        "INSUFFICIENT_SCOPE",
      );
      expect((await issue(["owner"], more)).status).toBe(201);
    }
  });

  it("is bounded by as many machines as a checkout sells", () => {
    expect(MOST_ISSUED).toBe(MOST_MACHINES);
  });

  it("does not suspend, revoke or rotate", async () => {
    const { id } = await issueLicense();
    for (const action of ["suspend", "revoke", "rotate-key"]) {
      expect(await codeOf(await as(["licenses:issue", "money:refund"], `/${id}/${action}`))).toBe("INSUFFICIENT_SCOPE");
    }
  });

  it("keeps the old bound and means for a token of before the scopes were divided", async () => {
    const { token, record } = await makeToken(["licenses:write"]);
    await env.DB.prepare("UPDATE admin_tokens SET scopes_version = 1 WHERE id = ?").bind(record.id).run();
    const body = { plan: "premium-lifetime", email: "ada@example.com" };
    const response = await ask("POST", "/v1/admin/licenses", { token, body });
    expect(response.status).toBe(201);
    const { license } = await response.json<{ license: { id: string } }>();
    const rotated = await ask("POST", `/v1/admin/licenses/${license.id}/rotate-key`, { token, body: REASON });
    expect(await rotated.text()).toMatch(/rbee_lic_/i);
  });
});
