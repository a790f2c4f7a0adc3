import { env } from "cloudflare:workers";
import { exportJWK } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { ask, codeOf, newAddress } from "../../support/admin-request.ts";
import { expectLogged } from "../../support/logged.ts";
import { addPublisher, exchange, runTokens, serveKeys, serveKeysOf } from "../../support/publishing.ts";
import { ISSUER, RunIssuer, runClaims } from "../../support/workflow-run.ts";

let issuer: RunIssuer;
let stranger: RunIssuer;

beforeAll(async () => {
  [issuer, stranger] = await Promise.all([RunIssuer.open(), RunIssuer.open()]);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets `seconds` pass. */
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

const encode = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

/** The text of a token, for the parts that it is cut into. */
const parts = async () => (await issuer.sign()).split(".");

describe("the token of a workflow run", () => {
  const now = currentTime();

  // The clock stands still, so that a slow machine does not age the tokens.
  beforeEach(() => void vi.setSystemTime(now * 1000));

  it.each<[string, () => Promise<unknown>, string]>([
    ["garbage", async () => "garbage", "no signed JWT"],
    ["two parts", async () => (await parts()).slice(0, 2).join("."), "no signed JWT"],
    ["cut short", async () => (await issuer.sign()).slice(0, -20), "signature"],
    ["of another issuer", () => issuer.sign({ iss: "https://gitlab.com" }), "must come from"],
    ["of an issuer that begins alike", () => issuer.sign({ iss: `${ISSUER}/evil` }), "must come from"],
    ["of an enterprise's issuer", () => issuer.sign({ iss: `${ISSUER}/octocat-inc` }), "must come from"],
    ["for another audience", () => issuer.sign({ aud: "https://github.com/rbee-dev" }), "audience"],
    ["for an audience that begins alike", () => issuer.sign({ aud: "rbee-catalog-staging" }), "audience"],
    ["for a list of audiences", () => issuer.sign({ aud: ["rbee-catalog", "pypi"] }), "audience"],
    ["for a list of our audience alone", () => issuer.sign({ aud: ["rbee-catalog"] }), "audience"],
    ["for no audience", () => issuer.sign({ aud: undefined }), "audience"],
    ["not valid yet", () => issuer.sign({ nbf: now + 600 }), "not valid yet"],
    ["of the future", () => issuer.sign({ iat: now + 600, exp: now + 900 }), "not valid yet"],
    ["without an end", () => issuer.sign({ exp: undefined }), "`exp`"],
    ["without a beginning", () => issuer.sign({ iat: undefined }), "`iat`"],
    ["without an id", () => issuer.sign({ jti: undefined }), "`jti`"],
    ["with an empty id", () => issuer.sign({ jti: "" }), "`jti`"],
    ["without the repository's id", () => issuer.sign({ repository_id: undefined }), "`repository_id`"],
    ["with a name for an id", () => issuer.sign({ repository_id: "rbee-dev/workers" }), "`repository_id`"],
    ["without the owner's id", () => issuer.sign({ repository_owner_id: undefined }), "`repository_owner_id`"],
    ["without its workflow", () => issuer.sign({ workflow_ref: undefined }), "`workflow_ref`"],
    ["without its event", () => issuer.sign({ event_name: undefined }), "`event_name`"],
    ["without its ref", () => issuer.signAll({ ...runClaims(), ref: undefined }, header(), key()), "`ref`"],
    ["without its commit", () => issuer.sign({ sha: undefined }), "`sha`"],
    ["signed by a stranger", () => issuer.sign({}, { ...stranger.current, kid: issuer.current.kid }), "signature"],
    ["signed with a key that nobody has", () => stranger.sign(), "no key"],
    ["that names no key", () => issuer.signAll(runClaims(), { alg: "RS256" }, key()), "no key"],
    ["not signed", async () => `${encode({ ...header(), alg: "none" })}.${(await parts())[1]}.`, "RS256"],
    [
      "signed with the public key as HMAC secret",
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(issuer.current.publicKey)));
        return issuer.signAll(runClaims(), { alg: "HS256", kid: issuer.current.kid }, secret);
      },
      "RS256",
    ],
    [
      "that brings its own key",
      async () => {
        const jwk = await exportJWK(stranger.current.publicKey);
        const own = { ...header(), jwk } as { alg: string };
        return issuer.signAll(runClaims(), own, stranger.current.privateKey);
      },
      "signature",
    ],
    [
      "with changed claims",
      async () => {
        const [head, , signature] = await parts();
        return `${head}.${encode(runClaims({ environment: "other" }))}.${signature}`;
      },
      "signature",
    ],
  ])("that is %s is refused", async (_name, make, says) => {
    serveKeysOf(issuer);
    await addPublisher();
    const response = await exchange(await make());
    const { code, detail } = await response.json<{ code: string; detail: string }>();
    expect([response.status, code]).toEqual([401, "OIDC_TOKEN_INVALID"]);
    expect(detail).toContain(says);
    expect(await runTokens()).toBe(0);
  });

  it.each<[string, () => Promise<string>]>([
    ["past its end", () => issuer.sign({ iat: now - 400, exp: now - 100 })],
    ["old, although its end is far", () => issuer.sign({ iat: now - 3600, nbf: now - 3600, exp: now + 3600 })],
  ])("that is %s is refused as expired", async (_name, make) => {
    serveKeysOf(issuer);
    await addPublisher();
    const response = await exchange(await make());
    expect([response.status, await codeOf(response)]).toEqual([401, "OIDC_TOKEN_EXPIRED"]);
  });

  it("is accepted while the clocks differ by less than a minute", async () => {
    serveKeysOf(issuer);
    await addPublisher();
    expect((await exchange(await issuer.sign({ exp: now - 30 }))).status).toBe(200);
    expect((await exchange(await issuer.sign({ iat: now + 30, exp: now + 330, nbf: now + 30 }))).status).toBe(200);
  });

  it.each<[string, unknown, string]>([
    ["a body without a token", {}, "VALIDATION_FAILED"],
    ["an empty token", { token: "" }, "VALIDATION_FAILED"],
    ["a token that is no text", { token: 1 }, "VALIDATION_FAILED"],
    ["a token that is far too long", { token: "a".repeat(9_000) }, "VALIDATION_FAILED"],
    ["an unknown member", { token: "a", worker: "x" }, "VALIDATION_FAILED"],
    ["a body that is no JSON", "token=a", "MALFORMED_REQUEST"],
    ["a body that is far too long", { token: "a".repeat(20_000) }, "PAYLOAD_TOO_LARGE"],
  ])("is not read from %s", async (_name, body, code) => {
    expect(await codeOf(await ask("POST", "/v1/trusted-publishing/token", { body }))).toBe(code);
  });

  it("that is false counts against its sender, and a genuine one is never refused for it", async () => {
    serveKeysOf(issuer);
    await addPublisher();
    const from = { "CF-Connecting-IP": newAddress() };
    const codes = [];
    for (let i = 0; i < 31; i++) codes.push(await codeOf(await exchange("garbage", from)));
    expect(codes.slice(0, 30)).toEqual(Array(30).fill("OIDC_TOKEN_INVALID"));
    expect(codes[30]).toBe("RATE_LIMITED");
    expect((await exchange(await issuer.sign(), from)).status).toBe(200);
  });

  it("is verified before the ledger is read", async () => {
    serveKeysOf(issuer);
    const read = vi.spyOn(env.DB, "prepare");
    for (const token of ["garbage", await stranger.sign(), await issuer.sign({ event_name: "pull_request" })]) {
      expect((await exchange(token)).ok).toBe(false);
    }
    expect(read).not.toHaveBeenCalled();
    expect((await exchange(await issuer.sign())).status).toBe(403);
    expect(read).toHaveBeenCalled();
  });
});

const header = () => ({ alg: "RS256", kid: issuer.current.kid, typ: "JWT" });
const key = () => issuer.current.privateKey;

describe("the issuer's keys", () => {
  const JWKS = `${ISSUER}/.well-known/jwks`;

  it("are fetched once, from the configured address, and used by other isolates", async () => {
    const asked = serveKeysOf(issuer);
    await addPublisher();
    for (let isolate = 0; isolate < 3; isolate++) {
      expect((await exchange(await issuer.sign())).status).toBe(200);
      forgetIsolate();
    }
    expect(asked).toEqual([JWKS]);
  });

  it("are never fetched from an address in a token", async () => {
    const asked = serveKeysOf(issuer);
    const jku = { ...header(), jku: "https://evil.example/jwks", x5u: "https://evil.example/x5u" };
    await exchange(await issuer.signAll(runClaims({ iss: "https://evil.example" }), jku, key()));
    expect(asked).toEqual([]);
    await exchange(await issuer.signAll(runClaims(), jku, key()));
    expect(asked).toEqual([JWKS]);
  });

  it("are fetched again for a new key, at most once a minute", async () => {
    const rotating = await RunIssuer.open();
    const asked = serveKeysOf(rotating);
    await addPublisher();
    expect((await exchange(await rotating.sign())).status).toBe(200);
    await rotating.rotate();
    // Within the minute the new key is not known yet, and false keys cause no request.
    expect(await codeOf(await exchange(await rotating.sign()))).toBe("OIDC_TOKEN_INVALID");
    for (let i = 0; i < 5; i++) await exchange(await stranger.sign());
    expect(asked).toHaveLength(1);
    pass(61);
    expect((await exchange(await rotating.sign())).status).toBe(200);
    expect((await exchange(await rotating.sign({}, rotating.keys[1]))).status).toBe(200);
    for (let i = 0; i < 5; i++) await exchange(await stranger.sign());
    expect(asked).toHaveLength(2);
  });

  it("are not accepted any more once the issuer has withdrawn them", async () => {
    const rotating = await RunIssuer.open();
    serveKeysOf(rotating);
    await addPublisher();
    expect((await exchange(await rotating.sign())).status).toBe(200);
    const withdrawn = rotating.current;
    await rotating.rotate();
    rotating.keys.pop();
    pass(11 * 60);
    expect(await codeOf(await exchange(await rotating.sign({}, withdrawn)))).toBe("OIDC_TOKEN_INVALID");
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ["cannot be reached", () => Promise.reject(new TypeError("network"))],
    ["are answered with an error", () => new Response("no", { status: 500 })],
    ["are behind a redirect", () => new Response(null, { status: 302, headers: { Location: "https://evil.example" } })],
    ["are no JSON", () => new Response("<html>")],
    ["are no key set", () => Response.json({})],
    ["are none", () => Response.json({ keys: [] })],
    ["are of another kind", () => Response.json({ keys: [{ kty: "EC", kid: "k", crv: "P-256", x: "a", y: "b" }] })],
    ["are too many", () => Response.json({ keys: [], more: "a".repeat(300_000) })],
  ])("that %s make the answer 503 with Retry-After", async (_name, answer) => {
    serveKeys(answer);
    await addPublisher();
    const response = await exchange(await issuer.sign());
    expect([response.status, await codeOf(response)]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThanOrEqual(30);
    expectLogged("issuer.keys_unavailable");
    // As soon as they can be fetched, a token works.
    serveKeysOf(issuer);
    expect((await exchange(await issuer.sign())).status).toBe(200);
  });

  it("still verify for a day while the issuer does not answer, and it is asked once a minute", async () => {
    serveKeysOf(issuer);
    await addPublisher();
    expect((await exchange(await issuer.sign())).status).toBe(200);
    const asked = serveKeys(() => new Response("no", { status: 503 }));
    pass(23 * 3600);
    forgetIsolate();
    for (let i = 0; i < 3; i++) expect((await exchange(await issuer.sign())).status).toBe(200);
    expect(asked).toHaveLength(1);
    expectLogged("issuer.keys_unavailable");
    // Nobody can tell whether a key of this name is new.
    expect((await exchange(await stranger.sign())).status).toBe(503);
    pass(2 * 3600);
    expect((await exchange(await issuer.sign())).status).toBe(503);
  });

  it("are fetched although KV fails", async () => {
    serveKeysOf(issuer);
    await addPublisher();
    vi.spyOn(env.EDGE, "get").mockRejectedValue(new Error("KV GET failed: 500"));
    vi.spyOn(env.EDGE, "put").mockRejectedValue(new Error("KV PUT failed: 500"));
    expect((await exchange(await issuer.sign())).status).toBe(200);
    expectLogged("issuer.keys_not_shared");
  });
});
