import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import { hiddenFields } from "../../support/console-admin.ts";
import { csrfTokenIn, TestBrowser } from "../../support/cookie-browser.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const TEAM = "rbee.cloudflareaccess.com";
const AUDIENCE = "f00d".repeat(16);
const accessEnv = {
  ...env,
  ACCESS_TEAM_DOMAIN: TEAM,
  ACCESS_AUD: AUDIENCE,
  ACCESS_SCOPES: JSON.stringify({ "ada@rbee.dev": ["licenses:write"] }),
};

const keys = generateKeyPair("RS256", { extractable: true });

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    const { publicKey } = await keys;
    return Response.json({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" }] });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** The assertion that Cloudflare Access adds to a request of this person. */
async function comingAs(email: string): Promise<Record<string, string>> {
  const now = currentTime();
  const claims = { iss: `https://${TEAM}`, aud: [AUDIENCE], iat: now, exp: now + 600, email };
  const { privateKey } = await keys;
  const assertion = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(privateKey);
  return { "Cf-Access-Jwt-Assertion": assertion };
}

describe("console: a visitor through Cloudflare Access", () => {
  it("is signed in without a form, and acts under their own name", async () => {
    const { id } = await issueLicense();
    const browser = new TestBrowser({ bindings: accessEnv });
    const headers = await comingAs("ada@rbee.dev");
    const form = await browser.get("/admin/sign-in?return=/admin/licenses", headers);
    expect([form.status, form.headers.get("Location")]).toEqual([303, "/admin/licenses"]);
    const path = `/admin/licenses/${id}/suspend`;
    const asked = await (await browser.get(path, headers)).text();
    expect(asked).toContain("ada@rbee.dev");
    const sent = { csrf_token: csrfTokenIn(asked), reason: "r" };
    const preview = await (await browser.post(path, { form: sent, headers })).text();
    expect((await browser.post(path, { form: hiddenFields(preview), headers })).status).toBe(303);
    expect(await count("audit", "action = 'license.suspend' AND actor = 'access:ada@rbee.dev'")).toBe(1);
    expect((await browser.get("/admin/tokens", headers)).status).toBe(403);
  });

  it("is not signed in while the ledger belongs to another deployment", async () => {
    await env.DB.exec("INSERT INTO deployment VALUES (1, 'another', 'https://catalog.test', 0, 0)");
    const browser = new TestBrowser({ bindings: accessEnv });
    expect((await browser.get("/admin/licenses", await comingAs("ada@rbee.dev"))).status).toBe(503);
    expectLogged("deployment.mismatch");
    expect(await count("sessions")).toBe(0);
  });

  it("keeps the session after a link on another site, where the browser withholds its cookie", async () => {
    const browser = new TestBrowser({ bindings: accessEnv });
    const headers = await comingAs("ada@rbee.dev");
    expect((await browser.get("/admin/licenses", headers)).status).toBe(200);
    const withheld = new TestBrowser({ bindings: accessEnv });
    const landed = await withheld.get("/admin/licenses", { ...headers, "Sec-Fetch-Site": "cross-site" });
    expect(await landed.text()).toContain('http-equiv="refresh"');
    expect(withheld.cookies.size).toBe(0);
    expect(await count("sessions")).toBe(1);
  });

  it("is refused with a forged assertion, and is not asked for a password", async () => {
    const headers = { "Cf-Access-Jwt-Assertion": "made.up.assertion", Accept: "text/html" };
    const response = await new TestBrowser({ bindings: accessEnv }).get("/admin", headers);
    expect([response.status, response.headers.get("WWW-Authenticate")]).toEqual([401, 'Bearer realm="rbee"']);
    expect(await response.text()).toContain("The Access assertion is not valid for this service.");
  });

  it("without any scope may do nothing, and is not redirected in circles", async () => {
    const browser = new TestBrowser({ bindings: accessEnv });
    const response = await browser.get("/admin", await comingAs("eve@rbee.dev"));
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("You have no scope in this console.");
  });
});
