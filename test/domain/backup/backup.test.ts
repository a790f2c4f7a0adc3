import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { backupIdAt } from "../../../src/domain/backup/format.ts";
import { backupJob, continueBackup } from "../../../src/domain/backup/run.ts";
import { LEFT_OUT, TRAIL } from "../../../src/domain/backup/schema.ts";
import { listBackups } from "../../../src/domain/backup/store.ts";
import { readMetrics } from "../../../src/domain/figures/metrics.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { startJob } from "../../../src/platform/jobs/job.ts";
import { formatBytes } from "../../../src/web/page/kit.ts";
import { ledgerRows, objectsOf, readManifest, rowsOf } from "../../support/backup-reader.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { fillLedger } from "../../support/full-ledger.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const shop = await openShop();
const NOW = Date.UTC(2026, 10, 28, 2) / 1000;
const ID = "2026-11-28T02-00-00Z";

/** Backs the ledger up at `at`, in one invocation. Returns the id of the backup. */
async function backUp(at: number): Promise<string> {
  const id = backupIdAt(at);
  vi.useFakeTimers({ now: at * 1000, toFake: ["Date"] });
  expect(await continueBackup(env, id, { isFirst: true, calls: 10_000, hasTime: () => true })).toBeNull();
  vi.useRealTimers();
  return id;
}

const tableNames = async () =>
  (
    await env.DB.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
    ).all<{ name: string }>()
  ).results.map(({ name }) => name);

it("a backup has every row of every table, and the objects of releases, and leaves nothing behind in the ledger", async () => {
  await fillLedger(shop);
  const schema = "SELECT sql FROM sqlite_schema ORDER BY rowid";
  const before = (await env.DB.prepare(schema).all()).results;
  expect(backupJob.isDue(NOW)).toBe(true);
  const queue = new HeldQueue();
  const bindings = { ...env, JOBS: queue.binding };
  await startJob(bindings, "backup", NOW);
  await queue.deliverAll(bindings);
  const manifest = await readManifest(ID);
  const tables = (await tableNames()).filter((name) => !LEFT_OUT.includes(name));
  expect(manifest.tables.map(({ name }) => name).sort()).toEqual(tables.sort());
  expect(manifest).toMatchObject({ id: ID, left_out: LEFT_OUT, deployment: { public_url: env.PUBLIC_URL } });
  expect(manifest.migrations).toEqual(env.TEST_MIGRATIONS.map(({ name }) => name));
  const rows = await rowsOf(manifest);
  // The job writes these after the backup has ended.
  const { watermarks: _, jobs: __, ...ledger } = await ledgerRows(tables);
  expect(rows).toMatchObject(ledger);
  expect(manifest.tables.map(({ name, rows: count }) => [name, count])).toEqual(
    manifest.tables.map(({ name }) => [name, rows[name]?.length]),
  );
  const objects = await objectsOf(manifest);
  const kinds = Map.groupBy(objects, ({ key }) => key.split("/")[0]);
  expect([...kinds.keys()]).toEqual(["artifacts", "frames", "provenance"]);
  expect([kinds.get("artifacts")?.length, kinds.get("provenance")?.length]).toEqual([2, 1]);
  const framed = await env.DB.prepare("SELECT frame_key FROM framed_files ORDER BY 1").all<{ frame_key: string }>();
  expect(kinds.get("frames")?.map(({ key }) => key)).toEqual(framed.results.map(({ frame_key }) => frame_key));
  for (const { key, size } of objects) expect((await env.BINARIES.head(key))?.size).toBe(size);
  expect((await env.DB.prepare(schema).all()).results).toEqual(before);
  expect(await ledgerRows(["backup_captures", "backup_changes"])).toEqual({ backup_captures: [], backup_changes: [] });

  const { bytes } = (await listBackups(env.BACKUPS)).backups[0] ?? { bytes: 0 };
  const metrics = await readMetrics(env, currentTime());
  const sampleOf = (name: string) => metrics.find((metric) => metric.name === name)?.samples[0]?.value;
  expect([sampleOf("rbee_backup_bytes"), sampleOf("rbee_backup_age_seconds")]).toEqual([bytes, expect.closeTo(0, -2)]);
  const page = await read(await signedIn(), "/admin/system");
  expect(page).toContain("Last backup of the ledger");
  expect(page).toContain(formatBytes(bytes));
});

it("later backups name the full files of the audit trail again, unless their rows are others by then", async () => {
  // 2,592,000 characters fill two full files and a part of a third.
  const add = env.DB.prepare(
    `INSERT INTO audit (id, at, actor, action, subject, reason, details, request_id, client_request_id)
     SELECT ?1 || printf('%03d', value), 1, 'license:lic_1', 'machine.lease', 'x', NULL, json_object('text', ?2), NULL, NULL
     FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 144) SELECT value FROM n)`,
  );
  const backUpOn = async (day: number) => {
    const id = await backUp(NOW + day * 86_400);
    const manifest = await readManifest(id);
    const trail = await ledgerRows([TRAIL]);
    expect((await rowsOf(manifest))[TRAIL]).toEqual(trail[TRAIL]);
    return manifest.tables.find(({ name }) => name === TRAIL)?.chunks.map(({ key }) => key.replace(`${id}/`, "")) ?? [];
  };
  const shared = async () => (await env.BACKUPS.list({ prefix: `${TRAIL}/` })).objects.map(({ key }) => key);
  await add.bind("a", "x".repeat(90_000)).run();
  const [first = "", second = "", ...rest] = await backUpOn(0);
  expect([first, second]).toEqual([
    expect.stringMatching(/^audit\/0{10}60-a060-/),
    expect.stringMatching(/^audit\/0{9}120-a120-/),
  ]);
  expect(rest).toEqual(["audit/000003.jsonl.gz"]);
  await add.bind("b", "y").run();
  expect(await backUpOn(1)).toEqual([first, second, "audit/000003.jsonl.gz"]);
  // Old entries of hives may be deleted: the file that had them is made again, and the one behind it is not.
  await env.DB.prepare("DELETE FROM audit WHERE id = 'a007'").run();
  const [again = "", ...unchanged] = await backUpOn(2);
  expect(again).toMatch(/^audit\/0{10}60-a060-/);
  expect([again === first, unchanged]).toEqual([false, [second, "audit/000003.jsonl.gz"]]);
  expect((await shared()).sort()).toEqual([first, again, second].sort());
  // The only way to change a row is a migration: all files are read anew then.
  await env.DB.batch(
    [
      "DROP TRIGGER audit_is_never_changed",
      "UPDATE audit SET reason = 'a name was here' WHERE id = 'a100'",
      "INSERT INTO d1_migrations (name) VALUES ('9999_forget_a_name.sql')",
    ].map((sql) => env.DB.prepare(sql)),
  );
  const [, rewritten] = await backUpOn(3);
  expect(rewritten).not.toBe(second);
  // In 13 months no backup names the first files any more. A file that the bucket has lost is made again as well.
  const [latest = ""] = await shared();
  await env.BACKUPS.delete(latest);
  const last = await backUpOn(400);
  expect((await shared()).sort()).toEqual(last.filter((key) => !key.endsWith("audit/000003.jsonl.gz")).sort());
  expect(await shared()).not.toContain(first);
});

it("a backup is made although the manifest of the last one is damaged, and shares no file with it", async () => {
  const damaged = await backUp(NOW);
  await env.BACKUPS.put(`${damaged}/manifest.json`, "{", { customMetadata: await summaryOf(damaged) });
  const manifest = await readManifest(await backUp(NOW + 86_400));
  expectLogged("backup.nothing_shared");
  // Whether a file of the trail is named by the damaged one cannot be known: none is deleted.
  expectLogged("backup.cleanup_failed");
  const { [TRAIL]: trail } = await rowsOf(manifest);
  expect(trail).toEqual((await ledgerRows([TRAIL]))[TRAIL]);
});

const summaryOf = async (id: string) => (await env.BACKUPS.head(`${id}/manifest.json`))?.customMetadata ?? {};
