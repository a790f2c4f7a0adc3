import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Metric } from "../../../src/domain/figures/metrics.ts";
import { LICENSE_DOWNLOAD_TABLES } from "../../../src/platform/usage/partition.ts";
import { makeToken } from "../../support/admin-request.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { pageAt, signedInByKey } from "../../support/customer.ts";
import { ownerToken } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { newPostbox } from "../../support/postbox.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { openShop } from "../../support/shop.ts";
import {
  brokenStatistics,
  countStatistics,
  LICENSE_DOWNLOADS,
  record,
  silentStatistics,
} from "../../support/usage-fixture.ts";

const { ask, bought, shopEnv } = await openShop();

const WORKER = "llm-worker-rbee-premium-cpu";
const bytes = randomBytes(1000);

/** What the queue has taken. */
let taken: unknown[];
const DOWNLOADS = { send: async (message: unknown) => void taken.push(message) } as unknown as Queue;

beforeEach(async () => {
  taken = [];
  Object.assign(shopEnv, { DOWNLOADS, STATISTICS: env.STATISTICS });
  await publishRelease({ worker_id: WORKER, version: "1.0.0", bytes });
});

const bearer = (credential: string) => ({ headers: { Authorization: `Bearer ${credential}` } });

/** Buys, activates, downloads, revokes, and is refused: everything that is sold. */
async function sellAndRevoke(): Promise<{ key: string; postbox: ReturnType<typeof newPostbox> }> {
  const postbox = newPostbox();
  Object.assign(shopEnv, { EMAIL: postbox.env.EMAIL });
  const { id, key } = await bought("premium-lifetime");
  expect(postbox.letters).toHaveLength(1);
  const activated = await ask("POST", "/v1/licenses/activate", { ...bearer(key), body: { fingerprint: "m" } });
  expect(activated.status).toBe(201);
  const { token } = await activated.json<{ token: string }>();
  const link = await ask("GET", `/v1/workers/${WORKER}/latest/files/worker-linux-x86_64`, bearer(token));
  const file = await ask("GET", new URL(link.headers.get("Location") ?? "").pathname);
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
  const revoked = await ask("POST", `/v1/admin/licenses/${id}/revoke`, {
    ...bearer(await ownerToken()),
    body: { reason: "because" },
  });
  expect(revoked.status).toBe(200);
  expect((await ask("GET", `/v1/workers/${WORKER}/latest/download`, bearer(token))).status).toBe(403);
  return { key: (await bought("premium-lifetime")).key, postbox };
}

/** Reads every page and answer with figures. */
async function readFigures(key: string): Promise<Record<string, string>> {
  const { token } = await makeToken(["stats:read"]);
  const admin = await signedIn(["owner"], shopEnv);
  const { results } = await env.DB.prepare("SELECT id FROM licenses").all<{ id: string }>();
  const release = await env.DB.prepare("SELECT id FROM releases").first<string>("id");
  const stats = await ask("GET", "/v1/admin/stats", bearer(token));
  const metrics = await ask("GET", "/v1/admin/metrics", bearer(token));
  expect([stats.status, metrics.status]).toEqual([200, 200]);
  return {
    stats: await stats.text(),
    metrics: await metrics.text(),
    dashboard: await read(admin, "/admin"),
    license: await read(admin, `/admin/licenses/${results[0]?.id}`),
    release: await read(admin, `/admin/releases/${release}`),
    system: await read(admin, "/admin/system"),
    account: await pageAt(await signedInByKey(key, shopEnv)),
    worker: await (await ask("GET", `/w/${WORKER}`)).text(),
  };
}

describe("statistics that are full, or gone", () => {
  it("do not stop a purchase, mail, activation, download or revocation, and pages show a note instead of figures", async () => {
    Object.assign(shopEnv, { STATISTICS: brokenStatistics });
    const { key } = await sellAndRevoke();
    const pages = await readFigures(key);
    expect(JSON.parse(pages["stats"] ?? "")).toMatchObject({ downloads: { total: 0, complete: false } });
    const { metrics } = JSON.parse(pages["metrics"] ?? "") as { metrics: Metric[] };
    expect(metrics.find(({ name }) => name === "rbee_statistics_up")?.samples).toEqual([{ labels: {}, value: 0 }]);
    for (const page of ["dashboard", "license", "release"]) expect(pages[page]).toContain("tatistics do not answer");
    expect(pages["account"]).toContain("The list of downloads is not available at the moment.");
    expect(pages["worker"]).toContain("1.0.0");
    expectLogged("statistics.unavailable");
    expectLogged("downloads.unreadable");
  });

  it("lose no download with a license: the queue keeps it, and its consumer writes it later", async () => {
    Object.assign(shopEnv, { STATISTICS: brokenStatistics });
    await sellAndRevoke();
    const downloads = taken.filter((message) => "link_id" in (message as object));
    expect(downloads).toHaveLength(1);
    await record(...downloads, ...downloads);
    expect(await countStatistics(LICENSE_DOWNLOADS)).toBe(1);
  });

  it("may have lost their tables", async () => {
    await env.STATISTICS.batch(
      ["download_days", "license_places", ...LICENSE_DOWNLOAD_TABLES].map((table) =>
        env.STATISTICS.prepare(`DROP TABLE ${table}`),
      ),
    );
    const { key } = await sellAndRevoke();
    expect((await readFigures(key))["stats"]).toContain('"complete":false');
    expectLogged("statistics.unavailable");
    expectLogged("downloads.unreadable");
  });
});

it("statistics that never answer: delay no sale, and the queue keeps what they do not take", async () => {
  Object.assign(shopEnv, { STATISTICS: silentStatistics });
  const { key } = await bought("premium-lifetime");
  const activated = await ask("POST", "/v1/licenses/activate", { ...bearer(key), body: { fingerprint: "m" } });
  const { token } = await activated.json<{ token: string }>();
  const link = await ask("GET", `/v1/workers/${WORKER}/latest/files/worker-linux-x86_64`, bearer(token));
  const file = await ask("GET", new URL(link.headers.get("Location") ?? "").pathname);
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
  expect(taken).toMatchObject([{ worker_id: WORKER, version: "1.0.0" }]);
  const { token: reader } = await makeToken(["stats:read"]);
  const stats = await ask("GET", "/v1/admin/stats", bearer(reader));
  expect(await stats.json()).toMatchObject({ downloads: { complete: false } });
  expectLogged("statistics.unavailable");
});
