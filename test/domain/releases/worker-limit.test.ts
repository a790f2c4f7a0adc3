import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { consoleRoutes } from "../../../src/web/console/routes.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const MINE = "llm-worker-rbee-premium-cpu";
const OTHERS = "llm-worker-rbee-premium-cuda";
const NOWHERE = "rel_06b4m2v8w5r7q1t3x9z2k4n6p8";
const SCOPES = ["releases:read", "releases:write", "releases:withdraw"] as const;

const limited = () => makeToken([...SCOPES], null, [MINE]);

const publish = (worker_id: string, version: string) =>
  publishRelease({ worker_id, version, files: [{ bytes: randomBytes(100) }] });

/** Every operation of the API on one release. */
const OPERATIONS = [
  ...new Set(
    (await app.whole()).routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/admin/releases/:id"))
      .map(({ method, path }) => `${method} ${path}`),
  ),
].map((line) => line.split(" ") as [string, string]);

/** Every page and form of the console on one release. */
const PAGES = [
  ...new Set(
    consoleRoutes.routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/admin/releases/:id"))
      .map(({ path }) => path),
  ),
];

describe("a token that is limited to some workers", () => {
  it("the operations and pages of a release are many, so the cases below are not empty", () => {
    expect(OPERATIONS.length).toBeGreaterThan(10);
    expect(PAGES.length).toBeGreaterThan(4);
  });

  it.each(OPERATIONS)(
    "%s %s: another worker's release and an unknown one get the same refusal",
    async (method, path) => {
      const { token } = await limited();
      const foreign = await publish(OTHERS, "1.0.0");
      const artifact = foreign.artifacts[0]?.id ?? "";
      const answers = [];
      for (const id of [foreign.id, NOWHERE]) {
        const filled = path.replace(":id", id).replace(":artifact_id", artifact).replace(":n", "1");
        const response = await ask(method, filled, { token, ...(method === "GET" ? {} : { body: "{ not json" }) });
        const { request_id: _own, ...problem } = await response.json<Record<string, unknown>>();
        answers.push([response.status, problem]);
      }
      expect(answers[0]).toEqual(answers[1]);
      const detail = expect.stringContaining(path.endsWith("/unblock") ? "scope owner" : MINE);
      expect(answers[0]).toMatchObject([403, { code: "INSUFFICIENT_SCOPE", detail }]);
      const row = await env.DB.prepare("SELECT status FROM releases WHERE id = ?").bind(foreign.id).first("status");
      expect(row).toBe("published");
    },
  );

  it("the console: each page of another worker's release refuses like one of an unknown release", async () => {
    const { token } = await limited();
    const browser = new TestBrowser();
    await browser.post("/admin/sign-in", { form: { token } });
    const foreign = await publish(OTHERS, "1.0.0");
    // Only an owner may lift a block, and no owner is limited.
    for (const path of PAGES.filter((one) => !one.endsWith("/unblock"))) {
      for (const id of [foreign.id, NOWHERE]) {
        const response = await browser.get(path.replace(":id", id));
        expect([path, response.status, (await response.text()).includes("limited to the releases")]).toEqual([
          path,
          403,
          true,
        ]);
      }
    }
    const list = await browser.get("/admin/releases");
    expect(await list.text()).not.toContain(OTHERS);
  });

  it("drafts, publishes, yanks and lists its own worker's releases alone", async () => {
    const { token } = await limited();
    const mine = await publish(MINE, "1.0.0");
    await publish(OTHERS, "1.0.0");
    const draft = (worker_id: string) =>
      ask("POST", "/v1/admin/releases", { token, body: { worker_id, version: "1.1.0" } });
    expect((await draft(MINE)).status).toBe(201);
    expect((await draft("premium-cuda")).status).toBe(403);
    expect((await ask("POST", `/v1/admin/releases/${mine.id}/yank`, { token, body: { reason: "r" } })).status).toBe(
      200,
    );
    const list = await ask("GET", "/v1/admin/releases", { token });
    const { releases } = await list.json<{ releases: { worker_id: string }[] }>();
    expect(releases.map(({ worker_id }) => worker_id)).toEqual([MINE, MINE]);
    expect((await ask("GET", `/v1/admin/releases?worker_id=${OTHERS}`, { token })).status).toBe(403);
  });

  it("a version that another worker has already is not told: the limit comes before the conflict", async () => {
    const { token } = await limited();
    await publish(OTHERS, "2.0.0");
    const response = await ask("POST", "/v1/admin/releases", { token, body: { worker_id: OTHERS, version: "2.0.0" } });
    expect(response.status).toBe(403);
  });

  it("a part sent to another worker's file is refused before its bytes are read", async () => {
    const { token } = await limited();
    const { id, artifacts } = await publish(OTHERS, "1.0.0");
    const response = await exports.default.fetch(
      `https://catalog.test/v1/admin/releases/${id}/artifacts/${artifacts[0]?.id}/parts/1`,
      { method: "PUT", headers: { Authorization: `Bearer ${token}` }, body: new Uint8Array(10) },
    );
    expect(response.status).toBe(403);
  });
});
