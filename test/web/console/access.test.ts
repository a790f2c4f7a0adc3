import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { allows, type NeededScope, SCOPES } from "../../../src/platform/config/scopes.ts";
import { consoleRoutes } from "../../../src/web/console/routes.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn, TestBrowser } from "../../support/cookie-browser.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { addPublisher } from "../../support/publishing.ts";
import { addHook } from "../../support/webhook-fixture.ts";

type Route = { method: "GET" | "POST"; path: string };

/** Every page and form of the console except the sign-in. */
const ROUTES: Route[] = [
  ...new Set(
    consoleRoutes.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`),
  ),
]
  .map((line) => ({
    method: line.startsWith("GET") ? ("GET" as const) : ("POST" as const),
    path: line.replace(/^\w+ /, ""),
  }))
  .filter(({ path }) => path !== "/admin/sign-in");

/** The scope of each path, by the first pattern that matches. It is the scope of the same act in the API. */
const NEEDED: [RegExp, NeededScope | null][] = [
  [/^GET \/admin\/(orders|revenue)(\/csv)?$/, "money:read"],
  [/^\w+ \/admin\/orders\/:id\/plan$/, "licenses:issue"],
  [/^\w+ \/admin\/orders\/:id\/license$/, "licenses:write"],
  [/^\w+ \/admin\/orders\/:id\/refund$/, "money:refund"],
  [/^GET \/admin\/licenses(\/:id)?$/, "licenses:read"],
  [/^POST \/admin\/licenses\/search$/, "licenses:read"],
  [/^\w+ \/admin\/licenses\/:id\/erase$/, "owner"],
  [/^\w+ \/admin\/licenses\/(new|:id\/amend)$/, "licenses:issue"],
  [/^\w+ \/admin\/licenses\/:id\/refund$/, "money:refund"],
  [/^\w+ \/admin\/licenses\//, "licenses:write"],
  [/^GET \/admin\/releases(\/:id)?$/, "releases:read"],
  [/^\w+ \/admin\/releases\/:id\/unblock$/, "owner"],
  [/^\w+ \/admin\/releases\/:id\/(yank|unyank|block)$/, "releases:withdraw"],
  [/^\w+ \/admin\/releases\//, "releases:write"],
  [/^GET \/admin\/audit(\/csv)?$/, "audit:read"],
  [/^GET \/admin\/tokens$/, "tokens:read"],
  [/^\w+ \/admin\/tokens\/:id\/keep$/, "owner"],
  [/^\w+ \/admin\/tokens\//, "tokens:write"],
  [/^\w+ \/admin\/publishers(\/.*)?$/, "owner"],
  [/^GET \/admin\/webhooks(\/:id)?$/, "audit:read"],
  [/^\w+ \/admin\/webhooks\//, "webhooks:write"],
  [/^\w+ \/admin\/system(\/doctor)?$/, "stats:read"],
  [/^\w+ \/admin\/system\/(republish|dead-letters\/:id)$/, "owner"],
  [/^GET \/admin\/system\/events\/:id\/dismiss$/, "licenses:write"],
  [/^POST \/admin\/system\//, "licenses:write"],
  [/^GET \/admin$/, null],
  [/^\w+ \/admin\/search$/, null],
  [/^POST \/admin\/sign-out$/, null],
];

function neededFor({ method, path }: Route): NeededScope | null {
  const line = `${method} ${path}`;
  const known = NEEDED.find(([pattern]) => pattern.test(line));
  if (!known) throw new Error(`${line} is new: say here which scope opens it`);
  return known[1];
}

const guarded = ROUTES.filter((route) => neededFor(route) !== null);

/** Existing things for the parameters of the paths. */
async function things(): Promise<(path: string) => string> {
  const { id, key } = await issueLicense();
  await tokenFor(key, "m");
  const machine = await env.DB.prepare("SELECT id FROM machines").first<string>("id");
  const release = await publishRelease({
    worker_id: "llm-worker-rbee-premium-cpu",
    version: "1.0.0",
    files: [{ bytes: randomBytes(100) }],
  });
  await env.DB.prepare(
    "INSERT INTO stripe_events (id, type, created, received_at, attention) VALUES ('evt_1', 'invoice.paid', 1, 1, 1)",
  ).run();
  await env.DB.prepare(
    "INSERT INTO orders (id, plan, machines, state, created_at) VALUES ('ord_1', 'premium-lifetime', 25, 'open', 1)",
  ).run();
  const token = await env.DB.prepare("SELECT id FROM admin_tokens ORDER BY id LIMIT 1").first<string>("id");
  const publisher = await addPublisher();
  const { id: hook } = await addHook();
  return (path) => {
    const one = path.startsWith("/admin/licenses")
      ? id
      : path.startsWith("/admin/releases")
        ? release.id
        : path.startsWith("/admin/orders")
          ? "ord_1"
          : path.startsWith("/admin/system/events")
            ? "evt_1"
            : path.startsWith("/admin/publishers")
              ? publisher
              : path.startsWith("/admin/webhooks")
                ? hook
                : (token ?? "");
    return path
      .replace(":sequence", "1")
      .replace(":machine_id", machine ?? "")
      .replace(":id", one);
  };
}

describe("console access", () => {
  it("the routes include pages and forms, so the cases below are not empty", () => {
    expect(guarded.filter(({ method }) => method === "GET").length).toBeGreaterThan(15);
    expect(guarded.filter(({ method }) => method === "POST").length).toBeGreaterThan(12);
  });

  it("every page and form refuses a visitor without a session", async () => {
    const fill = await things();
    for (const { method, path } of ROUTES) {
      const browser = new TestBrowser();
      const response =
        method === "GET" ? await browser.get(fill(path)) : await browser.post(fill(path), { form: { reason: "r" } });
      expect([path, response.status]).toEqual([path, 303]);
      expect(response.headers.get("Location")).toMatch(/^\/admin\/sign-in(\?|$)/);
    }
  });

  it.each(SCOPES)("an admin with only %s gets the same access as in the API", async (scope) => {
    const fill = await things();
    const browser = await signedIn([scope]);
    for (const route of guarded) {
      const path = fill(route.path);
      const isAllowed = allows([scope], neededFor(route) ?? "owner");
      const response = route.method === "GET" ? await browser.get(path) : await browser.post(path);
      // With a sufficient scope, a form without its token is refused with another code.
      const text = await response.text();
      const says =
        response.status === 403 ? (text.includes("This needs the scope") ? "scope" : "form") : response.status;
      const expected = isAllowed ? (route.method === "GET" ? 200 : "form") : "scope";
      // A token with more scopes than the visitor is not even named.
      const isOthers =
        route.path.startsWith("/admin/tokens/:id") && isAllowed && scope !== "owner" && route.method === "GET";
      expect([route.method, path, isOthers ? response.status : says]).toEqual([
        route.method,
        path,
        isOthers ? 403 : expected,
      ]);
    }
  });

  it("pages link only to acts that the admin may carry out", async () => {
    const fill = await things();
    for (const scope of SCOPES) {
      const browser = await signedIn([scope]);
      for (const { path } of guarded.filter(({ method }) => method === "GET")) {
        const response = await browser.get(fill(path));
        if (response.status !== 200) continue;
        for (const [, href = ""] of (await response.text()).matchAll(/href="(\/admin\/[^"?#]+)/g)) {
          const led = ROUTES.find(
            (route) => route.method === "GET" && new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}$`).test(href),
          );
          const needed = led ? neededFor(led) : null;
          if (needed !== null) expect([scope, path, href, allows([scope], needed)]).toEqual([scope, path, href, true]);
        }
      }
    }
  });

  it("a form without the session's token, from another session or from another site is refused and changes nothing", async () => {
    const fill = await things();
    const [browser, other] = [await signedIn(), await signedIn()];
    const csrf_token = csrfTokenIn(await read(browser, "/admin/licenses"));
    const foreign = csrfTokenIn(await read(other, "/admin/licenses"));
    const { results: before } = await env.DB.prepare("SELECT id FROM audit ORDER BY id").all();
    const form = { reason: "r", idempotency_key: crypto.randomUUID(), days: "1", until: "" };
    for (const { path } of ROUTES.filter(({ method }) => method === "POST")) {
      const attempts = [
        browser.post(fill(path), { form }),
        browser.post(fill(path), { form: { ...form, csrf_token: foreign } }),
        browser.post(fill(path), {
          form: { ...form, csrf_token },
          headers: { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
        }),
      ];
      for (const response of await Promise.all(attempts)) expect([path, response.status]).toEqual([path, 403]);
    }
    const { results: after } = await env.DB.prepare("SELECT id FROM audit ORDER BY id").all();
    expect(after).toEqual(before);
  });

  it("pages are not stored, run nothing inline, and cannot be framed", async () => {
    const fill = await things();
    const browser = await signedIn();
    for (const { path } of guarded.filter(({ method }) => method === "GET")) {
      const response = await browser.get(fill(path));
      expect(response.headers.get("Cache-Control"), path).toBe("no-store");
      expect(response.headers.get("Content-Security-Policy"), path).toContain("default-src 'none'");
      expect(await response.text(), path).not.toMatch(/<script(?! src=)|style="|onclick=/);
    }
  });
});
