import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { runCron } from "../../../src/cron.ts";
import { type Metric, prometheusText, readMetrics } from "../../../src/domain/figures/metrics.ts";
import { currentTime, startOfDay } from "../../../src/lib/time.ts";
import { recordUsage } from "../../../src/platform/usage/store.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const sampleOf = (metrics: Metric[], name: string, labels: Record<string, string> = {}) =>
  metrics
    .find((metric) => metric.name === name)
    ?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value;

it("metrics: count licenses, machines, today's downloads and refusals, and the waiting work with its age", async () => {
  const now = currentTime();
  const { key } = await issueLicense();
  await tokenFor(key, "m");
  const refusal = { area: "download", code: "LICENSE_EXPIRED", worker_id: null, license_id: null, place: null };
  await recordUsage(env.STATISTICS, [{ kind: "refusals", refusals: [{ ...refusal, day: startOfDay(now), count: 4 }] }]);
  await env.DB.prepare("INSERT INTO outbox VALUES ('chg_left', 'license', 'lic_1', ?)")
    .bind(now - 300)
    .run();
  const metrics = await readMetrics(env, now);
  expect(sampleOf(metrics, "rbee_licenses", { status: "active" })).toBe(1);
  expect(sampleOf(metrics, "rbee_machines_active")).toBe(1);
  expect(sampleOf(metrics, "rbee_refusals_today", { area: "download", code: "LICENSE_EXPIRED" })).toBe(4);
  expect(sampleOf(metrics, "rbee_waiting", { queue: "outbox" })).toBe(1);
  expect(sampleOf(metrics, "rbee_waiting_oldest_seconds", { queue: "outbox" })).toBe(300);
  expect(sampleOf(metrics, "rbee_cron_age_seconds")).toBe(now);
  expect([sampleOf(metrics, "rbee_backup_age_seconds"), sampleOf(metrics, "rbee_backup_bytes")]).toEqual([now, 0]);
  const minute = now - (now % 60);
  await runCron(env, minute);
  expectLogged("publication.failed");
  expect(sampleOf(await readMetrics(env, minute + 90), "rbee_cron_age_seconds")).toBe(90);
});

it("prometheusText: is valid Prometheus text with any label value", () => {
  const metrics = [
    { name: "a", help: "One.", samples: [{ labels: {}, value: 1 }] },
    { name: "b", help: "Two.", samples: [{ labels: { x: 'say "hi"\n\\', y: "z" }, value: 0.5 }] },
    { name: "c", help: "None.", samples: [] },
  ];
  expect(prometheusText(metrics)).toBe(
    '# HELP a One.\n# TYPE a gauge\na 1\n# HELP b Two.\n# TYPE b gauge\nb{x="say \\"hi\\"\\n\\\\",y="z"} 0.5\n# HELP c None.\n# TYPE c gauge\n',
  );
});

it("GET /v1/admin/metrics: is JSON, or text for Prometheus' Accept header or ?format=prometheus", async () => {
  const { token } = await makeToken(["stats:read"]);
  const json = await ask("GET", "/v1/admin/metrics", { token });
  expect(json.headers.get("Content-Type")).toBe("application/json");
  expect((await json.json<{ metrics: Metric[] }>()).metrics.length).toBeGreaterThan(5);
  const headers = {
    Accept: "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
  };
  for (const response of [
    await ask("GET", "/v1/admin/metrics", { token, headers }),
    await ask("GET", "/v1/admin/metrics?format=prometheus", { token }),
  ]) {
    expect(response.headers.get("Content-Type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('rbee_licenses{status="active"} 0\n');
  }
});

it("POST /v1/admin/republish: needs an owner and a reason, and publishes every record", async () => {
  await issueLicense();
  const body = { reason: "restored" };
  const owner = (await makeToken(["owner"])).token;
  const { token } = await makeToken(["licenses:write"]);
  expect(await codeOf(await ask("POST", "/v1/admin/republish", { token, body }))).toBe("INSUFFICIENT_SCOPE");
  const silent = await ask("POST", "/v1/admin/republish", { token: owner, body: { reason: "  " } });
  expect(await codeOf(silent)).toBe("VALIDATION_FAILED");
  const response = await ask("POST", "/v1/admin/republish", { token: owner, body });
  expect([response.status, await response.json()]).toEqual([202, { records: 1 }]);
  expect(await env.DB.prepare("SELECT reason FROM audit WHERE action = 'edge.republish'").first("reason")).toBe(
    "restored",
  );
});

it("POST /v1/admin/republish: is 503 with a time to come back at while the queue takes nothing", async () => {
  const { token } = await makeToken(["owner"]);
  // The words of workerd's src/workerd/api/queue.c++.
  const JOBS = { send: () => Promise.reject(new Error("Queue send failed: Too Many Requests")) } as unknown as Queue;
  const request = new Request("https://catalog.test/v1/admin/republish", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ reason: "restored" }),
  });
  const response = await app.fetch(request, { ...env, JOBS }, createExecutionContext());
  expect([response.status, await codeOf(response)]).toEqual([503, "SERVICE_UNAVAILABLE"]);
  expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
  expectLogged("request.failed");
});
