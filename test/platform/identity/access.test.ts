import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { accessScopes } from "../../../src/platform/identity/access.ts";
import { codeOf, makeToken, newAddress } from "../../support/admin-request.ts";
import { expectLogged } from "../../support/logged.ts";

const TEAM = "rbee.cloudflareaccess.com";
const AUDIENCE = "f00d".repeat(16);
const accessEnv = {
  ...env,
  ACCESS_TEAM_DOMAIN: TEAM,
  ACCESS_AUD: AUDIENCE,
  ACCESS_SCOPES: JSON.stringify({ "Ada@rbee.dev": ["owner"], "*@rbee.dev": ["audit:read"] }),
};

type Keys = { privateKey: CryptoKey; publicKey: CryptoKey };
let keys: Keys;
let strangers: Keys;

beforeAll(async () => {
  keys = await generateKeyPair("RS256", { extractable: true });
  strangers = await generateKeyPair("RS256", { extractable: true });
});

let certs: () => Promise<Response>;
const fetched: string[] = [];

beforeEach(() => {
  certs = async () =>
    Response.json({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" }] });
  fetched.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    fetched.push(String(input));
    return certs();
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const sign = (
  claims: Record<string, unknown> = {},
  { alg = "RS256", key = keys.privateKey as CryptoKey | Uint8Array, kid = "k1" } = {},
) => {
  const now = currentTime();
  const all = { iss: `https://${TEAM}`, aud: [AUDIENCE], iat: now, exp: now + 600, email: "ada@rbee.dev", ...claims };
  return new SignJWT(all).setProtectedHeader({ alg, kid }).sign(key);
};

const ask = (assertion: string, init: RequestInit = {}, path = "/v1/admin/audit") =>
  app.fetch(
    new Request(`https://catalog.test${path}`, {
      ...init,
      headers: { "CF-Connecting-IP": newAddress(), "Cf-Access-Jwt-Assertion": assertion, ...init.headers },
    }),
    accessEnv,
    createExecutionContext(),
  );

describe("an admin through Cloudflare Access", () => {
  it("acts under their mail address, and the team's keys are fetched once", async () => {
    const body = JSON.stringify({ name: "made by a person", scopes: ["audit:read"] });
    const headers = {
      "Content-Type": "application/json",
      Origin: "https://catalog.test",
      "Sec-Fetch-Site": "same-origin",
    };
    expect((await ask(await sign(), { method: "POST", body, headers }, "/v1/admin/tokens")).status).toBe(201);
    expect((await ask(await sign())).status).toBe(200);
    expect(await env.DB.prepare("SELECT actor FROM audit").first()).toEqual({ actor: "access:ada@rbee.dev" });
    expect(fetched).toEqual([`https://${TEAM}/cdn-cgi/access/certs`]);
  });

  it("has the scopes of their domain, else none", async () => {
    expect((await ask(await sign({ email: "bob@rbee.dev" }))).status).toBe(200);
    expect(await codeOf(await ask(await sign({ email: "bob@rbee.dev" }), {}, "/v1/admin/tokens"))).toBe(
      "INSUFFICIENT_SCOPE",
    );
    expect(await codeOf(await ask(await sign({ email: "eve@evil.example" })))).toBe("INSUFFICIENT_SCOPE");
  });

  it("gets TOKEN_EXPIRED after the end of the session", async () => {
    const now = currentTime();
    expect(await codeOf(await ask(await sign({ iat: now - 900, exp: now - 120 })))).toBe("TOKEN_EXPIRED");
  });

  it("is not authenticated without an Access configuration", async () => {
    const request = new Request("https://catalog.test/v1/admin/audit", {
      headers: { "Cf-Access-Jwt-Assertion": await sign() },
    });
    expect(await codeOf(await app.fetch(request, env))).toBe("CREDENTIAL_REQUIRED");
    expect(fetched).toEqual([]);
  });

  it("is identified only by an admin token if one is sent, valid or not", async () => {
    const { token } = await makeToken(["stats:read"]);
    const by = (bearer: string) => ({ headers: { Authorization: `Bearer ${bearer}` } });
    expect(await codeOf(await ask(await sign(), by(token)))).toBe("INSUFFICIENT_SCOPE");
    expect(await codeOf(await ask(await sign(), by("guess")))).toBe("TOKEN_INVALID");
  });
});

describe("an Access assertion", () => {
  const publicKeyBytes = async () => new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)));
  const unsigned = async () => {
    const [, payload = ""] = (await sign()).split(".");
    return `${btoa('{"alg":"none","kid":"k1"}').replaceAll("=", "")}.${payload}.`;
  };

  it.each<[string, () => Promise<string>]>([
    ["another team's", () => sign({ iss: "https://evil.cloudflareaccess.com" })],
    ["another application's", () => sign({ aud: ["beef".repeat(16)] })],
    ["of nobody", () => sign({ email: undefined })],
    ["of an empty address", () => sign({ email: "" })],
    ["without an end", () => sign({ exp: undefined })],
    ["not valid yet", () => sign({ nbf: currentTime() + 600 })],
    ["signed by a stranger", () => sign({}, { key: strangers.privateKey })],
    ["under a key nobody has", () => sign({}, { kid: "k2" })],
    ["not signed", unsigned],
    ["signed with the public key as HMAC secret", async () => sign({}, { alg: "HS256", key: await publicKeyBytes() })],
    ["garbage", async () => "garbage"],
    ["cut short", async () => (await sign()).slice(0, -20)],
  ])("is refused if it is %s", async (_name, make) => {
    const response = await ask(await make());
    expect([response.status, await codeOf(response)]).toEqual([401, "TOKEN_INVALID"]);
  });

  it.each<[string, () => Promise<Response>]>([
    ["cannot be reached", () => Promise.reject(new TypeError("network"))],
    ["answer with an error", async () => new Response("no", { status: 500 })],
    ["are not JSON", async () => new Response("<html>")],
    ["are no key set", async () => Response.json({})],
  ])("is a 503 and not invalid if the team's keys %s", async (_name, broken) => {
    certs = broken;
    const response = await ask(await sign());
    expect([response.status, await codeOf(response)]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expectLogged("issuer.keys_unavailable");
    certs = async () => Response.json({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1" }] });
    expect((await ask(await sign())).status).toBe(200);
  });
});

describe("a change through Access", () => {
  it.each([
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "same-origin", Origin: "http://catalog.test" },
  ])("is refused from another site: %o", async (headers) => {
    const path = `/v1/admin/tokens/${(await makeToken(["audit:read"])).record.id}`;
    const response = await ask(await sign(), { method: "DELETE", headers }, path);
    expect([response.status, await codeOf(response)]).toEqual([403, "INSUFFICIENT_SCOPE"]);
    const row = await env.DB.prepare("SELECT revoked_at FROM admin_tokens").first();
    expect(row).toEqual({ revoked_at: null });
  });
});

describe("the scopes of a mail address", () => {
  it("are those of the address and of its domain, in any case", () => {
    expect(accessScopes({ "Ada@Rbee.dev": ["stats:read"], "*@rbee.dev": ["audit:read"] }, "ada@rbee.dev")).toEqual([
      "audit:read",
      "stats:read",
    ]);
  });

  it.each(["ada@evil.rbee.dev", "ada@rbee.dev.evil.example", "rbee.dev", "*@rbee.dev@evil.example"])(
    "are not granted to %s",
    (mail) => {
      expect(accessScopes({ "*@rbee.dev": ["owner"] }, mail)).toEqual([]);
    },
  );
});
