import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { codeOf, newAddress } from "../../support/admin-request.ts";
import { activate, issueLicense } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const OTHER = "https://gwc.rbee.dev";
const bindings: Env = Object.assign({ ...env }, { OTHER_ORIGINS: OTHER });
const PREMIUM = "llm-worker-rbee-premium-cpu";

/** Sends a request to this URL through the whole Worker, which accepts `OTHER` beside PUBLIC_URL. */
async function send(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(url, {
    method,
    redirect: "manual",
    headers: { "CF-Connecting-IP": newAddress(), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const context = createExecutionContext();
  const response = await worker.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

const HTML = { headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

describe("at another origin, the service", () => {
  it.each(["/health", "/v1/workers", "/workers/cpu", "/workers/cpu/PKGBUILD", "/install.sh", "/openapi.json"])(
    "answers %s as at PUBLIC_URL",
    async (path) => {
      const [here, there] = [await send(`https://catalog.test${path}`), await send(OTHER + path)];
      expect(there.status).toBe(200);
      expect(await there.text()).toBe(await here.text());
    },
  );

  it("hands out links to PUBLIC_URL, which work there", async () => {
    const bytes = randomBytes(100);
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", bytes });
    const { key } = await issueLicense();
    expect((await activate(key, "box")).status).toBe(201);
    const headers = { Authorization: `Basic ${btoa(`box:${key}`)}` };
    const answer = await send(`${OTHER}/v1/workers/${PREMIUM}/latest/download?platform=linux-x86_64`, { headers });
    const { download_url } = await answer.json<{ download_url: string }>();
    expect(download_url).toMatch(/^https:\/\/catalog\.test\/dl\//);
    const file = await send(download_url);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
    // The same link works at the origin that was asked, too.
    const same = await send(OTHER + new URL(download_url).pathname);
    expect(new Uint8Array(await same.arrayBuffer())).toEqual(bytes);
  });

  it.each(["/", "/admin", "/account?x=1", "/plans", "/w/cpu", "/nowhere"])(
    "sends a person who opens %s to PUBLIC_URL",
    async (path) => {
      const response = await send(OTHER + path, HTML);
      expect([response.status, response.headers.get("Location")]).toEqual([301, `https://catalog.test${path}`]);
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("Set-Cookie")).toBeNull();
    },
  );

  it("answers a browser that opens the catalog's own documents", async () => {
    expect((await send(`${OTHER}/workers`, HTML)).headers.get("Content-Type")).toBe("application/json");
  });

  it("redirects plain http to its own https address, and any other host to PUBLIC_URL", async () => {
    for (const [url, location] of [
      ["http://gwc.rbee.dev/workers?x=1", "https://gwc.rbee.dev/workers?x=1"],
      ["http://gwc.rbee.dev.evil.test/workers", "https://catalog.test/workers"],
      ["http://gwc.rbee.dev:8080/workers", "https://catalog.test/workers"],
    ] as const) {
      const response = await send(url);
      expect([response.status, response.headers.get("Location")]).toEqual([301, location]);
    }
    const refused = await send("http://gwc.rbee.dev/workers", { headers: { Authorization: "Bearer x" } });
    expect([refused.status, await codeOf(refused)]).toEqual([403, "HTTPS_REQUIRED"]);
  });

  it.each(["/account/sign-in", "/admin/sign-in", "/%61dmin/sign-in", "/checkout"])(
    "takes no form at %s, from any site",
    async (path) => {
      for (const origin of [OTHER, "https://catalog.test", "https://evil.test"]) {
        const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: origin };
        const response = await send(OTHER + path, { method: "POST", headers, body: "key=x" });
        expect([response.status, await codeOf(response)]).toEqual([403, "FORM_REFUSED"]);
      }
    },
  );

  it("serves the console and the account to no program, however their paths are written", async () => {
    for (const path of ["/admin", "/%61dmin", "/account", "/%61ccount/sign-in", "/checkout/success?session_id=x"]) {
      const response = await send(OTHER + path, { headers: { Accept: "*/*" } });
      expect([response.status, response.headers.get("Location")]).toEqual([301, `https://catalog.test${path}`]);
    }
  });
});
