import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import * as z from "zod";
import { CHECKS } from "../../../src/domain/doctor/checks.ts";
import { Finding } from "../../../src/domain/doctor/finding.ts";
import { runDoctor } from "../../../src/domain/doctor/report.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { askApp } from "../../support/ask-app.ts";
import { runCronAndJobs } from "../../support/jobs.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";

const Report = z.object({
  at: z.string(),
  deployment: z.object({ public_url: z.string(), mail_domain: z.string() }).nullable(),
  summary: z.record(z.string(), z.number()),
  findings: z.array(Finding),
});

/** Asks the doctor with these bindings in place of the real ones, as an admin with `stats:read`. */
async function report(bindings: object = {}): Promise<z.output<typeof Report>> {
  const { token } = await makeToken(["stats:read"]);
  const headers = { Authorization: `Bearer ${token}` };
  const response = await askApp("/v1/admin/doctor", { headers }, { ...env, ...bindings });
  expect([response.status, response.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
  return Report.parse(await response.json());
}

/** The findings that do not pass, as `check subject status`. */
const faults = ({ findings }: { findings: Finding[] }): string[] =>
  findings
    .filter(({ status }) => status !== "ok")
    .map(({ check, subject, status }) => [check, subject, status].filter(Boolean).join(" "));

/** A KV namespace, bucket or queue whose every method fails. */
const broken = (message: string): unknown => new Proxy({}, { get: () => () => Promise.reject(new Error(message)) });

/** A database that is down. */
const brokenDatabase = {
  prepare: () => Object.assign({ bind: () => broken("D1_ERROR: down") }, { first: down, all: down, run: down }),
  batch: down,
};

async function down(): Promise<never> {
  throw new Error("D1_ERROR: down");
}

it("the doctor finds nothing failed in a deployment that works, and gives a remedy for the rest", async () => {
  await makeToken(["owner"]);
  await runCronAndJobs();
  const { deployment, findings, summary } = await report();
  expect(deployment).toMatchObject({ public_url: "https://catalog.test", mail_domain: "rbee.dev" });
  expect(faults({ findings })).toEqual(["environment failed", "mail-sender warning", "seller warning"]);
  for (const { status, remedy } of findings) expect(remedy === null).toBe(status === "ok");
  expect(Object.values(summary).reduce((sum, count) => sum + count, 0)).toBe(findings.length);
  expect(new Set(findings.map(({ check }) => check)).size).toBeGreaterThan(15);
});

it("the doctor finds a ledger that is down, and leaves the checks that need it unknown", async () => {
  const { token } = await makeToken(["stats:read"]);
  const row = await env.DB.prepare("SELECT *, NULL AS ended FROM admin_tokens").first();
  // The credential is found, and everything after it fails.
  const DB = {
    ...brokenDatabase,
    prepare: (sql: string) =>
      sql.includes("WHERE token.token_hash") ? { bind: () => ({ first: async () => row }) } : brokenDatabase.prepare(),
  };
  const response = await askApp("/v1/admin/doctor", { headers: { Authorization: `Bearer ${token}` } }, { ...env, DB });
  expect(response.status).toBe(200);
  const found = faults(Report.parse(await response.json()));
  expect(found).toEqual(
    expect.arrayContaining(["store ledger (D1) failed", "cron unknown", "size unknown", "owner unknown"]),
  );
});

it.each([
  ["EDGE", "store edge copy (KV) failed"],
  ["BINARIES", "store binaries (R2) failed"],
  ["BACKUPS", "store backups (R2) failed"],
  ["STATISTICS", "store statistics (D1) failed"],
  ["JOBS", "queue jobs failed"],
  ["DOWNLOADS", "queue downloads failed"],
])("the doctor finds a broken %s and still answers", async (name, finding) => {
  const binding = name === "STATISTICS" ? brokenDatabase : broken("out of order");
  expect(faults(await report({ [name]: binding }))).toContain(finding);
});

it("the doctor waits three seconds for a store that hangs", async () => {
  const BINARIES = { head: () => new Promise<never>(() => {}), get: () => new Promise<never>(() => {}) };
  const found = await report({ BINARIES });
  expect(
    found.findings.find(({ subject, status }) => subject === "binaries (R2)" && status === "failed")?.detail,
  ).toContain("no answer within 3000 ms");
});

it("the doctor finds stores of another deployment, and the job marks only stores without a mark", async () => {
  const own = { name: "rbee-worker-catalog", public_url: "https://catalog.test", livemode: false };
  const other = { ...own, public_url: "https://catalog-staging.test" };
  await env.DB.prepare("INSERT INTO deployment VALUES (1, ?, ?, 0, 0)").bind(own.name, own.public_url).run();
  await env.EDGE.put("deployment", JSON.stringify(other));
  const bindings = { ...env, DEPLOYMENT: own.name };
  expect(faults(await report(bindings))).toEqual(
    expect.arrayContaining(["ownership edge copy (KV) failed", "ownership binaries (R2) warning"]),
  );
  await runDoctor(bindings, currentTime());
  const after = await report(bindings);
  expect(faults(after).filter((fault) => fault.startsWith("ownership"))).toEqual([
    "ownership statistics (D1) warning",
    "ownership edge copy (KV) failed",
  ]);
  expect(await env.EDGE.get("deployment", "json")).toEqual(other);
  expect(await env.EDGE.get("doctor")).toBeNull();
});

it("the doctor shows no secret, whatever the bindings say", async () => {
  const { LICENSE_KEY_SECRET, LICENSE_SIGNING_KEY, DOWNLOAD_LINK_SECRET, INDEX_SIGNING_KEY, PACKAGE_SIGNING_KEYS } =
    env;
  const leaky = broken(`refused: Bearer abcdefgh and sk_test_c0ffee and rbee_adm_secret`);
  const text = JSON.stringify(await report({ EDGE: leaky, STRIPE_WEBHOOK_SECRET: "whsec_c0ffee\n" }));
  for (const secret of [
    LICENSE_KEY_SECRET,
    LICENSE_SIGNING_KEY,
    DOWNLOAD_LINK_SECRET,
    INDEX_SIGNING_KEY,
    PACKAGE_SIGNING_KEYS,
    "c0ffee",
  ]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toContain("rbee_adm_secret");
});

it("the doctor names each faulty variable to an admin while every other request is 503, and to nobody else", async () => {
  const { token } = await makeToken(["stats:read"]);
  const { token: small } = await makeToken(["audit:read"]);
  const bindings = { ...env, LICENSE_KEY_SECRET: "short", GRACE_DAYS: "many" };
  const asks = (authorization: string, path = "/v1/admin/doctor") =>
    askApp(path, { headers: authorization === "" ? {} : { Authorization: authorization } }, bindings);
  const response = await asks(`Bearer ${token}`);
  const { deployment, findings } = Report.parse(await response.json());
  expect([response.status, deployment]).toEqual([200, null]);
  expect(findings.map(({ check, subject, status }) => [check, subject, status])).toEqual([
    ["configuration", "LICENSE_KEY_SECRET", "failed"],
    ["configuration", "GRACE_DAYS", "failed"],
  ]);
  expect(findings[0]?.remedy).toContain("wrangler secret put LICENSE_KEY_SECRET");
  expect(findings[1]?.remedy).toContain("wrangler.toml");
  expect(JSON.stringify(findings)).not.toContain("short");
  for (const refused of [
    await asks(""),
    await asks(`Bearer ${small}`),
    await asks("Bearer rbee_adm_guess"),
    await asks(`Bearer ${token}`, "/v1/admin/stats"),
  ]) {
    expect(refused.status).toBe(503);
    expect(await refused.text()).not.toMatch(/LICENSE_KEY_SECRET|GRACE_DAYS/);
  }
  expectLogged("request.failed");
});

it("the doctor needs a credential with stats:read", async () => {
  expect((await ask("GET", "/v1/admin/doctor")).status).toBe(401);
  const { token } = await makeToken(["audit:read"]);
  expect((await ask("GET", "/v1/admin/doctor", { token })).status).toBe(403);
});

it("CHECKS: every finding of the Worker has a check of the table", async () => {
  const { findings } = await report();
  for (const { check } of findings) expect(CHECKS).toHaveProperty(check);
});

it("the doctor finds no fault in the signature of a source archive, which names no platform of a machine", async () => {
  const worker_id = "llm-worker-rbee-cpu";
  await publishRelease({
    ...{ worker_id, version: "1.2.0", source: { source_tag: "v1.2.0" }, platform: "any" },
    ...{ filename: `${worker_id}-1.2.0-source.tar.gz`, secretKey: await generateMinisignKey() },
  });
  expect(faults(await report()).filter((fault) => fault.startsWith("signed-names"))).toEqual([]);
});
