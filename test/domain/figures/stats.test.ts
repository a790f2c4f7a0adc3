import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readStats } from "../../../src/domain/figures/stats.ts";
import { DAY, type UnixSeconds } from "../../../src/lib/time.ts";
import { foldDownloads } from "../../../src/platform/usage/fold.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { download, record } from "../../support/usage-fixture.ts";

const NOW = 1_800_000_000;

const license = (
  index: number,
  facts: { admin_state?: string; expires_at?: UnixSeconds; grace_seconds?: number } = {},
) => {
  const row = {
    id: `lic_${index}`,
    email: "ada@example.com",
    plan: "premium-monthly",
    entitlements: "[]",
    versions: "*",
    machine_limit: 5,
    offline_days: 0,
    status_index: index,
    livemode: 1,
    last_change: "chg",
    created_at: NOW,
    updated_at: NOW,
    ...facts,
  };
  return insert("licenses", row);
};

function insert(table: string, row: Record<string, string | number | null>): D1PreparedStatement {
  const names = Object.keys(row);
  return env.DB.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`).bind(
    ...Object.values(row),
  );
}

const machine = (index: number, deactivated_at: UnixSeconds | null) =>
  insert("machines", {
    id: `mach_${index}`,
    license_id: "lic_1",
    fingerprint_hash: `hash-${index}`,
    activated_at: NOW,
    last_seen_at: NOW,
    deactivated_at,
    last_change: "chg",
  });

const release = (index: number, status: string) =>
  insert("releases", {
    id: `rel_${index}`,
    worker_id: "llm-worker-rbee-premium-cpu",
    version: `1.${index}.0`,
    channel: "stable",
    status,
    created_at: NOW,
    last_change: "chg",
  });

describe("the counts for operators", () => {
  it("count licenses by the same status that decides downloads", async () => {
    await env.DB.batch([
      license(1),
      license(2, { expires_at: NOW + 1 }),
      license(3, { expires_at: NOW - 1, grace_seconds: DAY }),
      license(4, { expires_at: NOW }),
      license(5, { admin_state: "revoked" }),
      license(6, { admin_state: "suspended" }),
    ]);
    expect((await readStats(env, NOW)).licenses).toEqual({ active: 3, expired: 1, revoked: 1, suspended: 1 });
  });

  it("count activated machines, releases by status and unpublished changes", async () => {
    await env.DB.batch([
      license(1),
      machine(1, null),
      machine(2, null),
      machine(3, NOW - 1),
      release(1, "published"),
      release(2, "published"),
      release(3, "draft"),
      insert("outbox", { change_id: "chg_1", topic: "license", key: "lic_1", created_at: NOW - 90 }),
      insert("outbox", { change_id: "chg_2", topic: "license", key: "lic_1", created_at: NOW - 30 }),
    ]);
    expect(await readStats(env, NOW)).toMatchObject({
      active_machines: 2,
      releases: { published: 2, draft: 1 },
      outbox: { entries: 2, oldest_age: 90 },
    });
  });

  it("count downloads of each file in total and in the last days, with and without a license", async () => {
    const ago = (days: number) => NOW - days * DAY;
    await record(
      download(1, { at: ago(1), license_id: "lic_1" }),
      download(2, { at: ago(6), version: "1.1.0" }),
      download(3, { at: ago(7), version: "1.1.0" }),
      download(4, { at: ago(29), version: "1.1.0", license_id: "lic_1" }),
      download(5, { at: ago(400), version: "1.1.0" }),
    );
    const file = { worker_id: "llm-worker-rbee-premium-cpu", platform: "linux-x86_64" };
    const counted = [
      { ...file, version: "1.1.0", total: 4, last_7_days: 1, last_30_days: 3 },
      { ...file, version: "1.0.0", total: 1, last_7_days: 1, last_30_days: 1 },
    ];
    expect((await readStats(env, NOW)).downloads).toEqual(counted);
    await foldDownloads(env.STATISTICS, NOW);
    expect((await readStats(env, NOW)).downloads).toEqual(counted);
  });

  it("are zero for an unused service", async () => {
    const { token } = await makeToken(["stats:read"]);
    const response = await ask("GET", "/v1/admin/stats", { token });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      at: expect.stringMatching(/Z$/),
      licenses: { active: 0, suspended: 0, revoked: 0, expired: 0 },
      machines: { active: 0 },
      releases: { draft: 0, published: 0, yanked: 0, blocked: 0 },
      downloads: { total: 0, last_7_days: 0, last_30_days: 0, files: [], complete: true },
      outbox: { entries: 0, oldest_age: null },
    });
  });
});
