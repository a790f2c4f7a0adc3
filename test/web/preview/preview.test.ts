import { describe, expect, it } from "vitest";
import type { Scope } from "../../../src/platform/config/scopes.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { hive, issueLicense } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { openShop } from "../../support/shop.ts";

const { ask: askShop, control, pay, status } = await openShop();

type Preview = { status: number; code?: string; about?: string; subject?: string; text: string };

async function preview(path: string, scopes: Scope[] = ["owner"], workers: string[] | null = null): Promise<Preview> {
  const { token } = await makeToken(scopes, null, workers);
  const response = await ask("GET", path, { token });
  return read(response);
}

async function read(response: Response): Promise<Preview> {
  const { consequences = [], ...answer } = await response.json<Record<string, unknown> & { consequences?: string[] }>();
  return { ...answer, status: response.status, text: consequences.join(" ") };
}

const WORKER = "llm-worker-rbee-premium-cuda";

const released = () => publishRelease({ worker_id: WORKER, version: "1.0.0", files: [{ bytes: randomBytes(100) }] });

describe("the preview of an act on a license", () => {
  it("names the consequences of a revocation, and changes nothing", async () => {
    const { id, key } = await issueLicense();
    const body = { fingerprint: "a".repeat(64), name: "attic" };
    expect((await hive("POST", "/v1/licenses/activate", { credential: key, body })).status).toBe(201);
    const { status, about, subject, text } = await preview(`/v1/admin/licenses/${id}/preview?act=revoke`);
    expect([status, about, subject]).toEqual([200, "ada@example.com · premium-lifetime", id]);
    expect(text).toContain("1 machine can no longer download: attic.");
    expect(text).toContain("Only an owner can reinstate it.");
    expect((await hive("GET", "/v1/licenses/me", { credential: key })).status).toBe(200);
  });

  it("says that a repeated act changes nothing", async () => {
    const { id } = await issueLicense();
    const { token } = await makeToken(["owner"]);
    await ask("POST", `/v1/admin/licenses/${id}/suspend`, { token, body: { reason: "chargeback" } });
    expect((await preview(`/v1/admin/licenses/${id}/preview?act=suspend`)).text).toMatch(/^Nothing changes/);
  });

  it("of an erasure names all licenses of the address", async () => {
    const [{ id }, other] = [await issueLicense(), await issueLicense()];
    const { text } = await preview(`/v1/admin/licenses/${id}/preview?act=erase`);
    expect(text).toContain("All 2 licenses of this address are revoked forever");
    expect(text).toContain(other.id);
    expect(text).toContain("This cannot be undone");
  });

  it("is refused like the act: with CONFLICT, and without the scope of the act before anything is read", async () => {
    const { id } = await issueLicense();
    const { token } = await makeToken(["owner"]);
    await ask("POST", `/v1/admin/licenses/${id}/revoke`, { token, body: { reason: "leaked" } });
    expect(await preview(`/v1/admin/licenses/${id}/preview?act=suspend`)).toMatchObject({ code: "CONFLICT" });
    for (const [act, scope] of [
      ["erase", "licenses:write"],
      ["refund", "licenses:write"],
      ["revoke", "licenses:read"],
    ] as const) {
      const refused = await preview(`/v1/admin/licenses/lic_unknown/preview?act=${act}`, [scope]);
      expect([act, refused.status, refused.code]).toEqual([act, 403, "INSUFFICIENT_SCOPE"]);
    }
    expect(await preview(`/v1/admin/licenses/${id}/preview?act=cook`)).toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

describe("the preview of a refund", () => {
  const ofRefund = async (id: string) => {
    const { token } = await makeToken(["money:refund"]);
    const headers = { Authorization: `Bearer ${token}` };
    return read(await askShop("GET", `/v1/admin/licenses/${id}/preview?act=refund`, { headers }));
  };

  it("names the amount, by the decision of the refund", async () => {
    const { license } = await status(await pay("premium-lifetime"));
    expect((await ofRefund(license?.id ?? "")).text).toContain("The customer gets €279 back");
  });

  it("is refused for a disputed payment, as the refund is", async () => {
    const checkout = await pay("premium-lifetime");
    const { license } = await status(checkout);
    await control("disputes", { session: checkout.sessionId });
    expect(await ofRefund(license?.id ?? "")).toMatchObject({ code: "CONFLICT" });
  });
});

describe("the preview of an act on a machine", () => {
  it("names the consequences for its seat", async () => {
    const { id, key } = await issueLicense();
    const body = { fingerprint: "b".repeat(64), name: "cellar" };
    await hive("POST", "/v1/licenses/activate", { credential: key, body });
    const me = await (await hive("GET", "/v1/licenses/me", { credential: key })).json<{
      license: { machines: { id: string }[] };
    }>();
    const at = `/v1/admin/licenses/${id}/machines/${me.license.machines[0]?.id}/preview`;
    const removal = await preview(`${at}?act=remove`, ["licenses:write"]);
    expect([removal.about, removal.text]).toEqual([
      "cellar · ada@example.com",
      expect.stringContaining("Its seat is free at once for another machine."),
    ]);
    expect((await preview(`${at}?act=bar`)).text).toContain("until the bar is lifted");
    const seized = await preview(`${at}?act=bar&void_lease=true`, ["licenses:write"]);
    expect(seized.code).toBe("INSUFFICIENT_SCOPE");
    const unknown = `/v1/admin/licenses/${id}/machines/mach_unknown/preview?act=remove`;
    expect(await preview(unknown)).toMatchObject({ status: 404 });
  });
});

describe("the preview of an act on a release", () => {
  it("names the use of a version before it is blocked", async () => {
    const { id } = await released();
    await issueLicense();
    const { about, text } = await preview(`/v1/admin/releases/${id}/preview?act=block`, ["releases:withdraw"]);
    expect(about).toBe(`${WORKER} 1.0.0 · stable`);
    expect(text).toContain("It was not downloaded in the last 30 days.");
    expect(text).toContain("It was available to 1 license in force.");
    expect((await preview(`/v1/admin/releases/${id}/preview?act=unyank`)).text).toMatch(/^Nothing changes/);
  });

  it("is refused like the act: for a release that is no draft, without its scope, and for another worker", async () => {
    const { id } = await released();
    expect(await preview(`/v1/admin/releases/${id}/preview?act=delete`)).toMatchObject({ code: "CONFLICT" });
    expect(await preview(`/v1/admin/releases/${id}/preview?act=unblock`)).toMatchObject({ code: "CONFLICT" });
    const scope = await preview(`/v1/admin/releases/${id}/preview?act=block`, ["releases:write"]);
    expect(scope.code).toBe("INSUFFICIENT_SCOPE");
    const limited = await preview(
      `/v1/admin/releases/${id}/preview?act=yank`,
      ["releases:withdraw"],
      ["llm-worker-rbee-premium-cpu"],
    );
    expect(limited.code).toBe("INSUFFICIENT_SCOPE");
  });
});
