import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { licenseRecordOf } from "../../../../src/domain/licensing/license/record.ts";
import { readLicense } from "../../../../src/domain/licensing/license/store.ts";
import { licensingSecrets } from "../../../../src/domain/licensing/secrets.ts";
import { type LicenseTokenClaims, signLicenseToken } from "../../../../src/domain/licensing/token/token.ts";
import { DAY, HOUR } from "../../../../src/lib/time.ts";
import { readConfig } from "../../../../src/platform/config/config.ts";
import { codeOf } from "../../../support/admin-request.ts";
import { activate, hive, issueLicense, tokenFor } from "../../../support/license-fixture.ts";
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

  it.each([0, 1])(
    "stays refused everywhere after %i s, and only tokens of the new seat are accepted",
    async (seconds) => {
      await publishRelease({ worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0" });
      const { key } = await issueLicense();
      const stolen = await tokenFor(key, "a", { offline: true });
      passSeconds(seconds);
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
    },
  );

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
    passSeconds(1);
    await tokenFor(key, "a");
    const [machine] = (await readLicense(env.DB, id))?.machines ?? [];
    expect(await recordAt(nowSeconds())).toEqual({ [machine?.fingerprint_hash ?? ""]: nowSeconds() });
    expect(await recordAt(nowSeconds() + 32 * DAY)).toBeUndefined();
  });
});
