import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createService } from "../../../../src/app.ts";
import { currentTime } from "../../../../src/lib/time.ts";
import { createRouter } from "../../../../src/platform/http/router.ts";
import { type ConsoleEnv, requireConsole, sessionForm } from "../../../../src/platform/identity/session/guard.ts";
import { csrfTokenIn, TestBrowser } from "../../../support/cookie-browser.ts";
import { count } from "../../../support/license-fixture.ts";

const TEAM = "rbee.cloudflareaccess.com";
const AUDIENCE = "f00d".repeat(16);
const bindings: Env = {
  ...env,
  ACCESS_TEAM_DOMAIN: TEAM,
  ACCESS_AUD: AUDIENCE,
  ACCESS_SCOPES: JSON.stringify({ "ada@rbee.dev": ["licenses:write"], "eve@rbee.dev": ["stats:read"] }),
};

/** A console of two pages. The first returns its own response, as pages do. */
const service = createService();
const pages = createRouter<ConsoleEnv>();
pages.get("/admin", requireConsole(null), (c) => {
  const html = `${c.var.admin.actor}<input name="csrf_token" value="${c.var.session.csrfToken}">`;
  return new Response(html);
});
pages.post("/admin/act", requireConsole("licenses:write"), sessionForm, (c) => c.text("done"));
service.route("/", pages);

let keys: CryptoKeyPair;
beforeAll(async () => {
  keys = await generateKeyPair("RS256", { extractable: true });
});
beforeEach(async () => {
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ keys: [jwk] }));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The header that Access adds to a request. */
const through = async (email: string) => ({
  "Cf-Access-Jwt-Assertion": await new SignJWT({ email })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuer(`https://${TEAM}`)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(currentTime() + 600)
    .sign(keys.privateKey),
});

describe("an admin through Cloudflare Access", () => {
  it("is signed in once without a form, and can send forms", async () => {
    const browser = new TestBrowser({ bindings, service });
    const ada = await through("ada@rbee.dev");
    const html = await (await browser.get("/admin", ada)).text();
    expect(html).toContain("access:ada@rbee.dev");
    expect(browser.cookies.has("__Host-rbee_console")).toBe(true);
    await browser.get("/admin", ada);
    expect(await count("sessions", "kind = 'access'")).toBe(1);
    const form = { csrf_token: csrfTokenIn(html) };
    expect((await browser.post("/admin/act", { form, headers: ada })).status).toBe(200);
  });

  it("is not signed in without the assertion, even with the cookie", async () => {
    const browser = new TestBrowser({ bindings, service });
    await browser.get("/admin", await through("ada@rbee.dev"));
    expect((await browser.get("/admin")).status).toBe(303);
  });

  it("is the person in the assertion, not the owner of an earlier session", async () => {
    const browser = new TestBrowser({ bindings, service });
    const adas = csrfTokenIn(await (await browser.get("/admin", await through("ada@rbee.dev"))).text());
    const eve = await through("eve@rbee.dev");
    expect((await browser.post("/admin/act", { form: { csrf_token: adas }, headers: eve })).status).toBe(303);
    const html = await (await browser.get("/admin", eve)).text();
    expect(html).toContain("access:eve@rbee.dev");
    const form = { csrf_token: csrfTokenIn(html) };
    expect((await browser.post("/admin/act", { form, headers: eve })).status).toBe(403);
  });

  it("without scopes is refused", async () => {
    const browser = new TestBrowser({ bindings, service });
    expect((await browser.get("/admin", await through("mallory@rbee.dev"))).status).toBe(403);
  });
});
