import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { newAddress } from "../../support/admin-request.ts";
import { activate, issueLicense } from "../../support/license-fixture.ts";
import { askWith, newPostbox } from "../../support/postbox.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { openShop } from "../../support/shop.ts";

const { shopEnv, stripe, pay, status } = await openShop();

/** The headers by which a client, or a proxy in front of it, may claim another host. */
const HOSTILE = {
  Host: "evil.test",
  "X-Forwarded-Host": "evil.test",
  "X-Forwarded-Proto": "http",
  "X-Forwarded-Server": "evil.test",
  "X-Original-Host": "evil.test",
  "X-Host": "evil.test",
  Forwarded: "host=evil.test;proto=http",
};

/** Sends a request whose URL and headers name another host. Its answer must not name that host anywhere. */
async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
  const context = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://evil.test${path}`, {
    method,
    redirect: "manual",
    headers: { "CF-Connecting-IP": newAddress(), ...HOSTILE, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await worker.fetch(request, shopEnv, context);
  // Some answers are archives, of which text() warns.
  const text = new TextDecoder().decode(await response.arrayBuffer());
  await waitOnExecutionContext(context);
  expect(`${[...response.headers].join("\n")}\n${text}`).not.toContain("evil");
  return { response, text };
}

const WORKER = "llm-worker-rbee-premium-cpu";
const JSON_TYPE = { "Content-Type": "application/json" };

describe("with a hostile Host", () => {
  it("download links, redirects and signatures lead to PUBLIC_URL", async () => {
    await publishRelease({ worker_id: WORKER, version: "1.0.0", bytes: randomBytes(100) });
    const { key } = await issueLicense();
    expect((await activate(key, "box")).status).toBe(201);
    const authorized = { Authorization: `Basic ${btoa(`box:${key}`)}` };
    const link = await ask("GET", `/v1/workers/${WORKER}/latest/download?platform=linux-x86_64`, authorized);
    expect(JSON.parse(link.text).download_url).toMatch(/^https:\/\/catalog\.test\/dl\//);
    const file = await ask("GET", `/v1/workers/${WORKER}/1.0.0/files/worker-linux-x86_64`, authorized);
    expect([file.response.status, file.response.headers.get("Location")]).toEqual([
      302,
      expect.stringMatching(/^https:\/\/catalog\.test\/dl\//),
    ]);
  });

  it("a checkout returns to PUBLIC_URL", async () => {
    const { text } = await ask("POST", "/v1/checkout", JSON_TYPE, { plan: "premium-lifetime" });
    const session = await stripe.checkout.sessions.retrieve(JSON.parse(text).session_id);
    expect([session.success_url, session.cancel_url]).toEqual([
      expect.stringMatching(
        /^https:\/\/catalog\.test\/checkout\/success\?session_id=\{CHECKOUT_SESSION_ID\}&return=[\w-]{43}$/,
      ),
      expect.stringMatching(/^https:\/\/catalog\.test\/checkout\/cancelled\?plan=/),
    ]);
  });

  it("the success page and the billing portal name PUBLIC_URL", async () => {
    const bought = await pay("premium-monthly");
    const { key = "" } = await status(bought);
    const page = await ask("GET", `/checkout/success?session_id=${bought.sessionId}`, { Cookie: bought.cookie });
    expect(page.text).toContain("https://catalog.test");
    const { text } = await ask("POST", "/v1/billing-portal", { Authorization: `Bearer ${key}` });
    const portal = await (await fetch(JSON.parse(text).url)).text();
    expect(portal).toContain("https://catalog.test/account");
    expect(portal).not.toContain("evil");
  });

  it("a recovery link leads to PUBLIC_URL", async () => {
    const postbox = newPostbox();
    await issueLicense({ email: "ada@example.com" });
    await askWith(postbox, "POST", "/v1/licenses/recover", { json: { email: "ada@example.com" }, headers: HOSTILE });
    expect(postbox.letters).toHaveLength(1);
    expect(JSON.stringify(postbox.letters)).not.toContain("evil");
  });

  it.each([
    "/",
    "/w/llm-worker-rbee-cpu",
    "/plans",
    "/install",
    "/account",
    "/admin",
    "/docs",
    "/nowhere",
    "/openapi.json",
    "/workers",
    "/workers/cpu/PKGBUILD",
    "/workers/premium-cpu/PKGBUILD",
    "/workers/premium-cpu/.SRCINFO",
    "/install.sh",
    "/install.md",
    "/homebrew/Formula/llm-worker-rbee-metal.rb",
    "/arch/rbee/os/x86_64/rbee.db",
    "/cgit/aur.git/plain/PKGBUILD?h=llm-worker-rbee-premium-cpu",
    "/packages-meta-ext-v1.json.gz",
    "/llm-worker-rbee-premium-cpu.git/info/refs",
    "/robots.txt",
    "/sitemap.xml",
    "/.well-known/jwks.json",
    "/v1/plans",
    "/rpc/v5/info?arg[]=llm-worker-rbee-premium-cpu",
    "/v1/licenses/me",
  ])("%s does not name that host", async (path) => {
    await publishRelease({ worker_id: WORKER, version: "1.0.0", bytes: randomBytes(100) });
    const { response } = await ask("GET", path, { Accept: "*/*" });
    expect(response.status).toBeLessThan(500);
  });
});
