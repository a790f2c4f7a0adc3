import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { codeOf, makeToken, newAddress } from "../../support/admin-request.ts";
import { issueLicense } from "../../support/license-fixture.ts";

/** Sends a request to this URL through the whole Worker. */
async function send(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  at: Env = env,
): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(url, {
    method,
    redirect: "manual",
    headers: { "CF-Connecting-IP": newAddress(), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const context = createExecutionContext();
  const response = await worker.fetch(request, at, context);
  await waitOnExecutionContext(context);
  return response;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };

describe("over plain http, the service", () => {
  it.each(["/workers", "/workers/cpu/PKGBUILD", "/install.sh", "/v1/plans?x=1", "/account", "/dl/abc", "/nowhere"])(
    "redirects a read of %s to https",
    async (path) => {
      for (const method of ["GET", "HEAD"]) {
        const response = await send(`http://catalog.test${path}`, { method });
        expect([response.status, response.headers.get("Location")]).toEqual([301, `https://catalog.test${path}`]);
      }
    },
  );

  it("redirects to PUBLIC_URL whatever the Host says", async () => {
    const response = await send("http://evil.test//evil.test/workers", { headers: { "X-Forwarded-Proto": "https" } });
    expect(response.headers.get("Location")).toBe("https://catalog.test//evil.test/workers");
  });

  it("accepts no license key, no token and no admin token", async () => {
    const { key } = await issueLicense();
    const { token } = await makeToken(["owner"]);
    for (const [path, credential] of [
      ["/v1/licenses/me", `Bearer ${key}`],
      ["/v1/licenses/me", `Basic ${btoa(`box:${key}`)}`],
      ["/v1/admin/licenses", `Bearer ${token}`],
      ["/workers", `Bearer ${key}`],
    ] as const) {
      const response = await send(`http://catalog.test${path}`, { headers: { Authorization: credential } });
      expect([response.status, response.headers.get("Location")]).toEqual([403, null]);
      expect(response.headers.get("X-Request-Id")).not.toBeNull();
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ code: "HTTPS_REQUIRED", status: 403 });
      expect(text).not.toContain("http://");
    }
  });

  it("changes nothing, and takes no key from a form or a body", async () => {
    const { key } = await issueLicense();
    for (const [path, headers, body] of [
      ["/v1/checkout", JSON_TYPE, '{"plan": "premium-lifetime"}'],
      ["/v1/licenses/recover", JSON_TYPE, '{"email": "ada@example.com"}'],
      ["/v1/stripe/webhook", JSON_TYPE, "{}"],
      ["/account/sign-in", FORM_TYPE, `key=${key}`],
    ] as const) {
      const response = await send(`http://catalog.test${path}`, { method: "POST", headers, body });
      expect([response.status, await codeOf(response)]).toEqual([403, "HTTPS_REQUIRED"]);
      expect(response.headers.get("Set-Cookie")).toBeNull();
    }
  });

  it("tells a browser so by a page", async () => {
    const response = await send("http://catalog.test/account/sign-in", {
      method: "POST",
      headers: { ...FORM_TYPE, Accept: "text/html", "Sec-Fetch-Mode": "navigate" },
      body: "key=x",
    });
    expect(response.status).toBe(403);
    expect(response.headers.get("Content-Type")).toContain("text/html");
    expect(await response.text()).toContain("Use https://catalog.test");
  });
});

describe("a development server", () => {
  const local = { ...env, PUBLIC_URL: "http://localhost:8787" };

  it("accepts credentials on loopback", async () => {
    const { token } = await makeToken(["owner"]);
    const headers = { Authorization: `Bearer ${token}` };
    for (const host of ["localhost:8787", "127.0.0.1:8787", "[::1]:8787"]) {
      expect((await send(`http://${host}/v1/admin/licenses`, { headers }, local)).status).toBe(200);
    }
  });

  it("serves public reads at another address, and accepts no credential there", async () => {
    const { token } = await makeToken(["owner"]);
    expect((await send("http://catalog.invalid/workers", {}, local)).status).toBe(200);
    for (const request of [
      { headers: { Authorization: `Bearer ${token}` } },
      { headers: { Cookie: "__Host-rbee_session=x" } },
      { method: "POST", headers: FORM_TYPE, body: "key=x" },
    ]) {
      const response = await send("http://catalog.invalid/v1/admin/licenses", request, local);
      expect([response.status, await codeOf(response)]).toEqual([403, "HTTPS_REQUIRED"]);
    }
  });
});
