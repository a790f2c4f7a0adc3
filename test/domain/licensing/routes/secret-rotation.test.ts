import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt, exportJWK, generateKeyPair } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../../src/app.ts";
import { formatLicenseKey, importLicenseKeySecret } from "../../../../src/domain/licensing/license/key.ts";
import { licensingSecrets } from "../../../../src/domain/licensing/secrets.ts";
import { type LicenseTokenClaims, signLicenseToken } from "../../../../src/domain/licensing/token/token.ts";
import { decodeBase64Url, encodeBase64Url } from "../../../../src/lib/encoding.ts";
import { DAY } from "../../../../src/lib/time.ts";
import { readConfig } from "../../../../src/platform/config/config.ts";
import { codeOf, newAddress } from "../../../support/admin-request.ts";
import { TestBrowser } from "../../../support/cookie-browser.ts";
import { pageAt, signedInByKey } from "../../../support/customer.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../../../support/license-fixture.ts";
import { publishRelease } from "../../../support/publish-release.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

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
    const { token: renewedToken } = await fresh.json<{ token: string }>();
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

  it("LICENSE_SIGNING_KEY, before it: a forged token opens nothing for an unknown license, machine or generation", async () => {
    const { key } = await issueLicense();
    const claims = decodeJwt<LicenseTokenClaims>(await tokenFor(key, "a"));
    const { keyring } = await licensingSecrets(readConfig(env));
    const outcome = async (forged: Partial<LicenseTokenClaims>) => {
      const token = await signLicenseToken({ ...claims, ...forged }, keyring);
      return codeOf(await hive("GET", "/v1/workers/premium-cpu/1.0.0/download", { credential: token }));
    };
    expect(await outcome({ sub: "lic_00000000000000000000000000" })).toBe("KEY_INVALID");
    expect(await outcome({ machine: "A".repeat(43) })).toBe("MACHINE_DEACTIVATED");
    expect(await outcome({ gen: 1 })).toBe("KEY_ROTATED");
    const unlimited = await signLicenseToken({ ...claims, auth_time: 4_000_000_000 }, keyring);
    expect(await codeOf(await activate(unlimited, "b"))).toBe("KEY_INVALID");
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
    expect(await count("licenses", `id = '${id}' AND generation = 1`)).toBe(1);
    expect(await codeOf(await activate(key, "a"))).toBe("KEY_ROTATED");
  });
});
