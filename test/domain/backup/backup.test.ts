import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { backupJob, continueBackup } from "../../../src/domain/backup/run.ts";
import { APPEND_ONLY, LEFT_OUT } from "../../../src/domain/backup/schema.ts";
import { startJob } from "../../../src/platform/jobs/job.ts";
import { ledgerRows, objectsOf, readManifest, rowsOf } from "../../support/backup-reader.ts";
import { fillLedger } from "../../support/full-ledger.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { openShop } from "../../support/shop.ts";

const shop = await openShop();
const NOW = Date.UTC(2026, 10, 28, 2) / 1000;
const ID = "2026-11-28T02-00-00Z";

/** Backs the ledger up in one invocation. */
const backUp = (at = NOW) =>
  continueBackup(env, new Date(at * 1000).toISOString().replace(/\.\d+/, "").replaceAll(":", "-"), {
    isFirst: true,
    calls: 10_000,
    hasTime: () => true,
  });

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
  expect(objects.map(({ key }) => key.split("/")[0])).toEqual(["artifacts", "artifacts", "provenance"]);
  for (const { key, size } of objects) expect((await env.BINARIES.head(key))?.size).toBe(size);
  expect((await env.DB.prepare(schema).all()).results).toEqual(before);
  expect(await ledgerRows(["backup_captures", "backup_changes"])).toEqual({ backup_captures: [], backup_changes: [] });
});

it("later backups name the full files of the audit trail again, unless the trail is another one", async () => {
  const add = env.DB.prepare(
    `INSERT INTO audit SELECT ?1 || value, 1, 'system', 'test.act', 'x', NULL, json_object('text', ?2), NULL FROM
     (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 60) SELECT value FROM n)`,
  );
  await add.bind("a", "x".repeat(90_000)).run();
  await backUp();
  await add.bind("b", "y").run();
  await backUp(NOW + 86_400);
  const filesOf = async (id: string) =>
    (await readManifest(id)).tables.find(({ name }) => name === APPEND_ONLY)?.chunks.map(({ key }) => key) ?? [];
  const [first = "", ...others] = await filesOf(ID);
  expect(first).toMatch(/^audit\/0{10}60-a60.jsonl.gz$/);
  expect([others, await filesOf("2026-11-29T02-00-00Z")]).toEqual([
    [],
    [first, "2026-11-29T02-00-00Z/audit/000002.jsonl.gz"],
  ]);
  expect((await rowsOf(await readManifest("2026-11-29T02-00-00Z")))["audit"]).toHaveLength(120);
});
