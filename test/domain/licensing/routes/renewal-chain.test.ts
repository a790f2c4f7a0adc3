import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt, exportJWK, generateKeyPair } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../../src/app.ts";
import { formatLicenseKey, importLicenseKeySecret } from "../../../../src/domain/licensing/license/key.ts";
import { licenseRecordOf } from "../../../../src/domain/licensing/license/record.ts";
import { readLicense } from "../../../../src/domain/licensing/license/store.ts";
import { licensingSecrets } from "../../../../src/domain/licensing/secrets.ts";
import { type LicenseTokenClaims, signLicenseToken } from "../../../../src/domain/licensing/token/token.ts";
import { decodeBase64Url, encodeBase64Url } from "../../../../src/lib/encoding.ts";
import { DAY, HOUR } from "../../../../src/lib/time.ts";
import { readConfig } from "../../../../src/platform/config/config.ts";
import { codeOf, newAddress } from "../../../support/admin-request.ts";
import { TestBrowser } from "../../../support/cookie-browser.ts";
import { pageAt, signedInByKey } from "../../../support/customer.ts";
import { activate, adminAct, hive, issueLicense, tokenFor } from "../../../support/license-fixture.ts";
import { publishRelease } from "../../../support/publish-release.ts";

type TokenAnswer = { token: string; expires_at: string; key_required_by: string; license: { machines: unknown[] } };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const nowSeconds = () => Math.floor(Date.now() / 1000);

const ask = (credential: string, fingerprint: string, offline = false) =>
  hive("POST", "/v1/licenses/token", { credential, body: { fingerprint, offline } });

async function renewed(credential: string, fingerprint = "a", offline = false): Promise<TokenAnswer> {
  const response = await ask(credential, fingerprint, offline);
  expect(response.status).toBe(200);
  return response.json<TokenAnswer>();
}

const claimsOf = (token: string) => decodeJwt<LicenseTokenClaims>(token);

describe("a chain of tokens", () => {
  it("ends 30 days after the key was last presented, however often it is renewed", async () => {
    const { key } = await issueLicense();
    let token = await tokenFor(key, "a");
    const presented = claimsOf(token).auth_time ?? 0;
    expect(presented).toBe(claimsOf(token).iat);
    for (let hours = 20; hours <= 30 * 24 - 4; hours += 20) {
      vi.setSystemTime((presented + hours * HOUR) * 1000);
      const answer = await renewed(token);
      token = answer.token;
      expect(claimsOf(token).auth_time).toBe(presented);
      expect(claimsOf(token).exp).toBe(Math.min(nowSeconds() + DAY, presented + 30 * DAY));
      expect(Date.parse(answer.key_required_by) / 1000).toBe(presented + 30 * DAY);
    }
    vi.setSystemTime((presented + 30 * DAY - 1) * 1000);
    expect((await ask(token, "a")).status).toBe(200);
    // The tolerance for clocks keeps the token alive for a minute more, and renews nothing.
    for (const late of [0, 59, 61, 40 * DAY]) {
      vi.setSystemTime((presented + 30 * DAY + late) * 1000);
      const refused = await ask(token, "a");
      expect([refused.status, await codeOf(refused)]).toEqual([401, "KEY_REQUIRED"]);
    }
    // makepkg and the install script send the token alone: the answer asks for a key, as Basic or Bearer.
    const download = await hive("GET", "/v1/workers/premium-cpu/1.0.0/files/x", { credential: token });
    expect([download.status, await codeOf(download)]).toEqual([401, "KEY_REQUIRED"]);
    expect(download.headers.get("WWW-Authenticate")).toContain("Basic");
    const again = await renewed(key);
    expect(claimsOf(again.token).auth_time).toBe(nowSeconds());
    expect((await ask(again.token, "a")).status).toBe(200);
  });

  it("gives no lease that outlives it, and a lease asked for with the key has its full length", async () => {
    const { key } = await issueLicense();
    const first = await tokenFor(key, "a");
    const presented = claimsOf(first).iat;
    passSeconds(20 * HOUR);
    const lease = await renewed(first, "a", true);
    expect(claimsOf(lease.token).exp).toBe(presented + 30 * DAY);
    passSeconds(25 * DAY);
    // A lease renews itself neither as a token nor as a lease beyond the end of the chain.
    expect(claimsOf((await renewed(lease.token, "a", true)).token).exp).toBe(presented + 30 * DAY);
    expect(claimsOf((await renewed(lease.token)).token).exp).toBe(nowSeconds() + DAY);
    const byKey = await renewed(key, "a", true);
    expect(claimsOf(byKey.token)).toMatchObject({ auth_time: nowSeconds(), exp: nowSeconds() + 30 * DAY });
    // The longer lease of the key does not lengthen what the older token gets.
    expect(claimsOf((await renewed(lease.token, "a", true)).token).exp).toBe(presented + 30 * DAY);
  });

  it("of a token from before the claims counts from that token's own making", async () => {
    const { key } = await issueLicense();
    const { auth_time: _time, key_id: _id, ...before } = claimsOf(await tokenFor(key, "a", { offline: true }));
    const { keyring } = await licensingSecrets(readConfig(env));
    const old = await signLicenseToken(before, keyring);
    passSeconds(29 * DAY);
    const answer = await renewed(old);
    expect(claimsOf(answer.token)).toMatchObject({ auth_time: before.iat, exp: before.iat + 30 * DAY });
    passSeconds(DAY);
    expect(await codeOf(await ask(answer.token, "a"))).toBe("KEY_REQUIRED");
    // The old token itself had its full length: it has expired like any other.
    passSeconds(61);
    expect(await codeOf(await ask(old, "a"))).toBe("TOKEN_EXPIRED");
  });

  it("of 24 hours that nobody renewed has expired, and needs no other word", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    passSeconds(HOUR);
    const { token: second } = await renewed(token);
    passSeconds(40 * DAY);
    for (const expired of [token, second]) expect(await codeOf(await ask(expired, "a"))).toBe("TOKEN_EXPIRED");
  });
});

describe("a token", () => {
  it("shows no other machine of its license, in `me` and in its own renewal; the key shows all", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a", { name: "attic" });
    await tokenFor(key, "b", { name: "board-room" });
    const me = async (credential: string) => {
      const { license } = await (await hive("GET", "/v1/licenses/me", { credential })).json<{
        license: { machine_limit: number; machines: { name: string }[] };
      }>();
      return license.machines.map(({ name }) => name).sort();
    };
    expect([await me(token), await me(key)]).toEqual([["attic"], ["attic", "board-room"]]);
    expect((await renewed(token)).license.machines).toMatchObject([{ name: "attic" }]);
    expect((await renewed(key)).license.machines).toHaveLength(2);
  });
});

describe("a token of a machine that was removed and came back", () => {
  const DOWNLOAD = "/v1/workers/premium-cpu/1.0.0/download?platform=linux-x86_64";
  const free = (credential: string) =>
    hive("POST", "/v1/licenses/deactivate", { credential, body: { fingerprint: "a" } });

  it("stays refused everywhere, and only the tokens of the new seat are accepted", async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0" });
    const { key } = await issueLicense();
    const stolen = await tokenFor(key, "a", { offline: true });
    passSeconds(1);
    expect((await free(key)).status).toBe(204);
    expect((await activate(key, "a")).status).toBe(201);
    const { token: current } = await renewed(key);
    const verdict = async (token: string) => (await hive("POST", "/v1/licenses/verify", { body: { token } })).json();
    expect(await verdict(stolen)).toMatchObject({ valid: false, code: "MACHINE_DEACTIVATED" });
    expect(await codeOf(await ask(stolen, "a", true))).toBe("MACHINE_DEACTIVATED");
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: stolen }))).toBe("MACHINE_DEACTIVATED");
    expect(await codeOf(await hive("GET", DOWNLOAD, { credential: stolen }))).toBe("MACHINE_DEACTIVATED");
    expect(await verdict(current)).toMatchObject({ valid: true });
    expect((await hive("GET", DOWNLOAD, { credential: current })).status).toBe(200);
    // Nor does it free the new seat.
    expect((await free(stolen)).status).toBe(204);
    expect((await ask(current, "a")).status).toBe(200);
  });

  it("is known from the edge record for as long as it may live, and the record of a first seat says nothing", async () => {
    const { id, key } = await issueLicense();
    await tokenFor(key, "a");
    const recordAt = async (seconds: number) => {
      const license = await readLicense(env.DB, id);
      return license && licenseRecordOf(license, seconds).returned;
    };
    expect(await recordAt(nowSeconds())).toBeUndefined();
    passSeconds(5);
    await free(key);
    await tokenFor(key, "a");
    const [machine] = (await readLicense(env.DB, id))?.machines ?? [];
    expect(await recordAt(nowSeconds())).toEqual({ [machine?.fingerprint_hash ?? ""]: nowSeconds() });
    expect(await recordAt(nowSeconds() + 32 * DAY)).toBeUndefined();
  });
});

describe("after the rotation of a secret", () => {
  const newSecret = () => encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));

  /** Asks a Worker with some secrets replaced. */
  async function askRotated(secrets: Partial<Env>, path: string, credential: string, body?: object): Promise<Response> {
    const context = createExecutionContext();
    const request = new Request(new URL(path, "https://catalog.test"), {
      method: body ? "POST" : "GET",
      headers: {
        "CF-Connecting-IP": newAddress(),
        ...(credential === "" ? {} : { Authorization: `Bearer ${credential}` }),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const response = await app.fetch(request, { ...env, ...secrets }, context);
    await waitOnExecutionContext(context);
    return response;
  }

  it("LICENSE_KEY_SECRET: keys stop, and tokens and leases go on for a day without a renewal", async () => {
    const { id, key } = await issueLicense();
    const lease = await tokenFor(key, "a", { offline: true });
    const token = await tokenFor(key, "b");
    const rotated = { LICENSE_KEY_SECRET: newSecret() };
    const me = (credential: string) => askRotated(rotated, "/v1/licenses/me", credential);
    const verdict = async (credential: string) =>
      (await askRotated(rotated, "/v1/licenses/verify", "", { token: credential })).json();
    expect(await codeOf(await me(key))).toBe("KEY_INVALID");
    for (const [credential, fingerprint] of [
      [lease, "a"],
      [token, "b"],
    ] as const) {
      expect((await me(credential)).status).toBe(200);
      expect(await verdict(credential)).toMatchObject({ valid: true });
      for (const offline of [false, true]) {
        const body = { fingerprint, offline };
        expect(await codeOf(await askRotated(rotated, "/v1/licenses/token", credential, body))).toBe("KEY_REQUIRED");
      }
    }
    const newKey = await formatLicenseKey(
      { licenseId: id, generation: 0 },
      await importLicenseKeySecret(decodeBase64Url(rotated.LICENSE_KEY_SECRET)),
    );
    const fresh = await askRotated(rotated, "/v1/licenses/token", newKey, { fingerprint: "b" });
    const { token: renewedToken } = await fresh.json<TokenAnswer>();
    passSeconds(DAY + 60);
    expect(await codeOf(await me(lease))).toBe("KEY_REQUIRED");
    expect(await verdict(lease)).toMatchObject({ valid: false, code: "KEY_REQUIRED" });
    expect(await codeOf(await me(token))).toBe("TOKEN_EXPIRED");
    // Under its own secret the lease has its full length, and so has a token of the new key.
    expect((await hive("GET", "/v1/licenses/me", { credential: lease })).status).toBe(200);
    expect(await codeOf(await me(renewedToken))).toBe("TOKEN_EXPIRED");
  });

  it("LICENSE_KEY_SECRET: a session of the account that began with a forged key sees no new key", async () => {
    const { id, key } = await issueLicense();
    const browser = await signedInByKey(key);
    expect(await pageAt(browser, `/account/licenses/${id}`)).toContain("Show the key");
    const later = new TestBrowser({ bindings: { ...env, LICENSE_KEY_SECRET: newSecret() } });
    for (const [name, value] of browser.cookies) later.cookies.set(name, value);
    const after = await later.get(`/account/licenses/${id}`);
    expect([after.status, after.headers.get("Location")]).toEqual([303, expect.stringContaining("/account/sign-in")]);
  });

  it("LICENSE_SIGNING_KEY, without overlap: every token stops at once, and the key gets a new one", async () => {
    const { key } = await issueLicense();
    const lease = await tokenFor(key, "a", { offline: true });
    const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const { x = "", d = "" } = await exportJWK(privateKey);
    const rotated = { LICENSE_SIGNING_KEY: JSON.stringify({ kty: "OKP", crv: "Ed25519", kid: "next", x, d }) };
    const body = { fingerprint: "a" };
    expect(await codeOf(await askRotated(rotated, "/v1/licenses/token", lease, body))).toBe("TOKEN_INVALID");
    expect(await codeOf(await askRotated(rotated, "/v1/licenses/me", lease))).toBe("TOKEN_INVALID");
    expect((await askRotated(rotated, "/v1/licenses/token", key, body)).status).toBe(200);
    const jwks = await (await askRotated(rotated, "/.well-known/jwks.json", "")).json<{ keys: { kid: string }[] }>();
    expect(jwks.keys.map(({ kid }) => kid)).toEqual(["next"]);
  });

  it("DOWNLOAD_LINK_SECRET: links that were handed out fail, and the same token gets a new one", async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0" });
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    const download = "/v1/workers/premium-cpu/1.0.0/download?platform=linux-x86_64";
    const { download_url } = await (await hive("GET", download, { credential: token })).json<{
      download_url: string;
    }>();
    const rotated = { DOWNLOAD_LINK_SECRET: newSecret() };
    expect(await codeOf(await askRotated(rotated, download_url, ""))).toBe("LINK_INVALID");
    const fresh = await askRotated(rotated, download, token);
    const link = await fresh.json<{ download_url: string }>();
    const bytes = await askRotated(rotated, link.download_url, "");
    expect(bytes.status).toBe(200);
    await bytes.arrayBuffer();
  });

  it("the key of one license: tokens and leases of the old key stop at once, under any secret", async () => {
    const { id, key } = await issueLicense();
    const lease = await tokenFor(key, "a", { offline: true });
    await adminAct(id, "rotate-key");
    for (const secrets of [{}, { LICENSE_KEY_SECRET: newSecret() }]) {
      expect(await codeOf(await askRotated(secrets, "/v1/licenses/me", lease))).toBe("KEY_ROTATED");
    }
    expect((await readLicense(env.DB, id))?.generation).toBe(1);
    expect(await codeOf(await activate(key, "a"))).toBe("KEY_ROTATED");
  });
});
