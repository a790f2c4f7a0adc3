import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  CatalogError,
  download,
  HiveLicense,
  type HiveLicenseOptions,
  memorySink,
  readPublicKeys,
} from "../../../clients/typescript/src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { formatMinisignPublicKey } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { catalogUnderTest, memoryStore, requests, verdictOf } from "../../support/client-fixture.ts";
import { adminAct, issueLicense } from "../../support/license-fixture.ts";
import { publishRelease } from "../../support/publish-release.ts";

const DAY = 24 * 3600;
const PREMIUM = "llm-worker-rbee-premium-cpu";

const secretKey = await generateMinisignKey();
const releaseKeys = readPublicKeys(formatMinisignPublicKey(secretKey)) ?? [];

beforeEach(() => {
  requests.length = 0;
});

/** A license of this machine at the Worker under test. */
function hiveLicense(options: Partial<HiveLicenseOptions> = {}) {
  const store = memoryStore();
  const license = new HiveLicense({ catalog: catalogUnderTest(), fingerprint: "attic", store, ...options });
  return { license, store };
}

const now = (): number => Math.floor(Date.now() / 1000);

/** Forgets the copies that the Worker keeps in memory and in the cache, as time does. */
async function letTimePass(uri: string): Promise<void> {
  forgetIsolate();
  await caches.default.delete(uri);
}

describe("a license of a machine", () => {
  it("activates once, however many callers ask at the same time, and then keeps its token", async () => {
    const { key } = await issueLicense();
    const { license, store } = hiveLicense({ key, name: "Attic", platform: "linux-x86_64" });
    const [one, other] = await Promise.all([license.token(), license.token()]);
    expect(other).toBe(one);
    expect(await license.token()).toBe(one);
    expect(requests.filter((line) => line.includes("/v1/licenses/"))).toEqual([
      "POST /v1/licenses/activate with a credential",
    ]);
    expect(store.seat).toMatchObject({ catalog: env.PUBLIC_URL, token: one });
    const { machines } = await catalogUnderTest().license(one);
    expect(machines).toMatchObject([{ name: "Attic", platform: "linux-x86_64" }]);
  });

  it("takes a key in any form in which a person hands it over", async () => {
    const { key } = await issueLicense();
    const { license } = hiveLicense({ key: `\ufeff"${key.toLowerCase()}"\r\n` });
    expect(await license.token()).toMatch(/^eyJ/);
  });

  it("refuses a text that is no key before a request, and does not quote it", async () => {
    const { license } = hiveLicense({ key: "rbee_lic_SECRET" });
    const refusal = await license.token().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CatalogError);
    expect(refusal).toMatchObject({ code: "KEY_INVALID", status: null });
    expect(String(refusal)).not.toContain("SECRET");
    expect(requests).toEqual([]);
  });

  it("renews once the time of its renewal has come, by its token if it has no key", async () => {
    const { key } = await issueLicense();
    const { license, store } = hiveLicense({ key });
    await license.token();
    const seat = store.seat;
    if (seat === null) throw new Error("no seat");
    store.seat = { ...seat, renew_after: new Date(Date.now() - 1000).toISOString() };
    const keyless = new HiveLicense({ catalog: catalogUnderTest(), fingerprint: "attic", store });
    expect(await keyless.token()).not.toBe(seat.token);
    expect(requests.at(-2)).toBe("POST /v1/licenses/token with a credential");
  });

  it("goes on with its token while the catalog is out, until the token has expired", async () => {
    const { key } = await issueLicense();
    const outage: { answer: (() => Promise<Response>) | null } = { answer: null };
    const { license, store } = hiveLicense({ key, catalog: catalogUnderTest(outage) });
    const token = await license.token();
    const seat = store.seat;
    if (seat === null) throw new Error("no seat");
    store.seat = { ...seat, renew_after: new Date(Date.now() - 1000).toISOString() };
    outage.answer = async () => {
      throw new TypeError("fetch failed");
    };
    expect(await license.token()).toBe(token);
    store.seat = { ...seat, expires_at: new Date(Date.now() - 1000).toISOString() };
    await expect(license.token()).rejects.toMatchObject({ code: "NETWORK" });
  });

  it("replaces a token that the catalog no longer takes by its key, in the middle of a download", async () => {
    const { id, key } = await issueLicense();
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", secretKey });
    const { license, store } = hiveLicense({ key });
    const old = await license.token();
    const { key: next } = await (await adminAct(id, "rotate-key")).json<{ key: string }>();
    forgetIsolate();
    const kept = memoryStore(store.seat);
    const renewed = hiveLicense({ key: next, store: kept });
    const receive = (source: (rejected?: string) => Promise<string>) =>
      download(catalogUnderTest(), {
        ...{ worker: PREMIUM, platform: "linux-x86_64", releaseKeys, sink: memorySink() },
        license: source,
      });
    await expect(receive(async () => old)).rejects.toMatchObject({ code: "KEY_ROTATED" });
    expect(await receive(renewed.license.token)).toMatchObject({ version: "1.0.0" });
    // Also a token of this key, if the catalog refuses it.
    const { seat } = kept;
    if (seat === null) throw new Error("no seat");
    kept.seat = { ...seat, token: old };
    expect(await receive(renewed.license.token)).toMatchObject({ version: "1.0.0" });
    expect(kept.seat.token).not.toBe(old);
  });

  it("takes a seat of its own for another key at once", async () => {
    const { license, store } = hiveLicense({ key: (await issueLicense()).key });
    await license.token();
    const other = await issueLicense();
    const changed = hiveLicense({ key: other.key, store });
    await changed.license.token();
    expect(store.seat?.license_id).toBe(other.id);
  });

  it("sends its token to no other catalog", async () => {
    const { key } = await issueLicense();
    const { license, store } = hiveLicense({ key });
    await license.token();
    const seat = store.seat;
    if (seat === null) throw new Error("no seat");
    store.seat = { ...seat, catalog: "https://other.example" };
    requests.length = 0;
    const keyless = new HiveLicense({ catalog: catalogUnderTest(), fingerprint: "attic", store });
    await expect(keyless.token()).rejects.toMatchObject({ code: "CREDENTIAL_REQUIRED" });
    expect(requests).toEqual([]);
  });

  it("is told the code, the words and the request of a refusal", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    await hiveLicense({ key }).license.token();
    const second = hiveLicense({ key, fingerprint: "cellar" }).license.token();
    await expect(second).rejects.toMatchObject({
      code: "MACHINE_LIMIT_REACHED",
      status: 409,
      detail: expect.stringContaining("Deactivate one first"),
      requestId: expect.stringMatching(/^[\w-]{8,}$/),
    });
    await adminAct(id, "revoke");
    const revoked = hiveLicense({ key }).license.token();
    await expect(revoked).rejects.toMatchObject({ code: "LICENSE_REVOKED", status: 403 });
  });

  it("frees its seat, and forgets it", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    const { license, store } = hiveLicense({ key });
    const token = await license.token();
    await license.deactivate();
    expect(store.seat).toBeNull();
    await expect(catalogUnderTest().license(token)).rejects.toMatchObject({ code: "MACHINE_DEACTIVATED" });
    expect(await hiveLicense({ key, fingerprint: "cellar" }).license.token()).toMatch(/^eyJ/);
  });
});

describe("a license without a network", () => {
  it("is judged by the stored token and keys: machine, worker, version and time", async () => {
    const { key } = await issueLicense({ plan: "premium-lifetime" });
    const { license, store } = hiveLicense({ key });
    expect(await verdictOf(license)).toEqual({ code: "CREDENTIAL_REQUIRED", status: "unknown" });
    await license.token();
    requests.length = 0;
    const wanted = { worker_id: PREMIUM, version: "1.4.0" };
    expect(await verdictOf(license, { wanted })).toEqual({ code: "VALID", status: "unknown" });
    for (const [other, code] of [
      [{ worker_id: "sd-worker-rbee-cpu", version: "1.4.0" }, "NOT_ENTITLED"],
      [{ worker_id: PREMIUM, version: "2.0.0-rc.1" }, "VERSION_NOT_COVERED"],
    ] as const) {
      expect(await verdictOf(license, { wanted: other })).toMatchObject({ code });
    }
    const copied = hiveLicense({ store, fingerprint: "another machine" }).license;
    expect(await verdictOf(copied)).toMatchObject({ code: "MACHINE_MISMATCH" });
    expect(requests).toEqual([]);
  });

  it("is judged by the issuer's address if the catalog is asked at another one of its addresses", async () => {
    const { key } = await issueLicense();
    const at = (more: object) => catalogUnderTest(undefined, { url: "http://localhost:7811", ...more });
    const { license } = hiveLicense({ key, catalog: at({ issuer: env.PUBLIC_URL }) });
    await license.token();
    expect(await verdictOf(license, { online: true })).toEqual({ code: "VALID", status: "valid" });
    const mistaken = hiveLicense({ key, catalog: at({}) }).license;
    await mistaken.token();
    expect(await verdictOf(mistaken)).toMatchObject({ code: "TOKEN_INVALID" });
  });

  it("loses no token that is renewed while it is judged", async () => {
    const { key } = await issueLicense();
    let time = now();
    const { license, store } = hiveLicense({ key, now: () => time });
    await license.token();
    for (let at = 0; at < 3; at++) {
      time += 100;
      const { token = "" } = store.seat ?? {};
      const [renewed] = await Promise.all([license.token(token), license.verify(), license.verify()]);
      expect(store.seat?.token).toBe(renewed);
    }
  });

  it("ends with its token, and a clock that is set back does not bring it back", async () => {
    const { key } = await issueLicense();
    let time = now();
    const { license } = hiveLicense({ key, now: () => time });
    await license.token();
    expect(await verdictOf(license)).toMatchObject({ code: "VALID" });
    time += 2 * DAY;
    expect(await verdictOf(license)).toMatchObject({ code: "TOKEN_EXPIRED" });
    time -= 2 * DAY;
    expect(await verdictOf(license)).toMatchObject({ code: "TOKEN_EXPIRED" });
    // The catalog's own time mends a clock that was ahead for a while.
    await license.token();
    expect(await verdictOf(license)).toMatchObject({ code: "VALID" });
  });

  it("shows by the status list that it is on hold, in force again, and revoked", async () => {
    const { id, key } = await issueLicense();
    let time = now();
    const { license } = hiveLicense({ key, now: () => time });
    await license.token();
    const verdict = await license.verify();
    if (verdict.code !== "VALID") throw new Error(verdict.code);
    const { uri } = verdict.claims.status.status_list;
    const online = async (): Promise<string> => {
      await letTimePass(uri);
      time += 61;
      return (await license.verify({ online: true })).status;
    };
    expect(await online()).toBe("valid");
    for (const [action, status] of [
      ["suspend", "suspended"],
      ["reinstate", "valid"],
      ["revoke", "invalid"],
    ] as const) {
      expect((await adminAct(id, action)).status).toBe(200);
      expect(await online()).toBe(status);
    }
  });
});
