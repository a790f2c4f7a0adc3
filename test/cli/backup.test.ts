import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inOrderOfReferences, literal } from "../../src/cli/backup/restore.ts";
import type { ChangeLine, Row } from "../../src/domain/backup/format.ts";
import { BACKUP, emptyLedger, writeBackup } from "../support/node/backup-folder.ts";
import { runCli } from "../support/node/run-cli.ts";

let folder: string;
let ledger: DatabaseSync;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rbee-backup-"));
  ledger = await emptyLedger();
});
afterEach(async () => {
  ledger.close();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) =>
  runCli(["backup", ...args, "--from", folder], { RBEE_ADMIN_TOKEN: "", DEV_DIR: join(folder, "none") });

const release = (id: string, more: object = {}): Row => ({
  ...{
    id,
    worker_id: "w",
    version: id,
    channel: "stable",
    status: "draft",
    notes: null,
    created_at: 1,
    published_at: null,
  },
  ...{ last_change: "chg_1", source_tag: null, source_repository: null, source_commit: null, source_signature: null },
  ...{ revision: 1, created_by: null, created_run: null, published_by: null, published_run: null, unblocked_at: null },
  ...more,
});
const machine = (id: string, license_id: string): Row => ({
  ...{ id, license_id, fingerprint_hash: id, name: null, platform: null, activated_at: 1, last_seen_at: 1 },
  ...{ deactivated_at: null, lease_until: 0, last_change: "chg_1", status_index: null, status_generation: null },
});

describe("backup verify", () => {
  it("reads the changes instead of the rows that they replace", async () => {
    const changes: ChangeLine[] = [
      { table: "releases", key: ["rel_2"], row: release("rel_2", { version: "2.0.0" }) },
      { table: "releases", key: ["rel_3"], row: release("rel_3") },
      // The version of a deleted draft is free again: both rows together would violate UNIQUE.
      { table: "releases", key: ["rel_1"], row: null },
      { table: "releases", key: ["rel_2"], row: release("rel_2", { version: "rel_1" }) },
    ];
    const rows = { releases: [release("rel_1"), release("rel_2")] };
    await writeBackup(folder, ledger, { rows, changes, counts: { releases: 2 } });
    expect(await run("verify")).toMatchObject({ code: 0, stderr: "" });
    expect(await run("restore", "--out", join(folder, "sql"))).toMatchObject({ code: 0 });
    const restored = new DatabaseSync(":memory:");
    restored.exec(await readFile(join(folder, "sql", "ledger-001.sql"), "utf8"));
    expect(restored.prepare("SELECT id, version FROM releases ORDER BY id").all()).toMatchObject([
      { id: "rel_2", version: "rel_1" },
      { id: "rel_3", version: "rel_3" },
    ]);
  });

  it.each<[string, object, string]>([
    ["a count that differs", { counts: { releases: 3 } }, "releases has 0 rows, and the ledger had 3."],
    [
      "a row without a column",
      { rows: { releases: [{ id: "rel_1" }] } },
      "A row of releases does not fit: worker_id is missing.",
    ],
    [
      "a column too many",
      { rows: { releases: [release("rel_1", { more: 1 })] } },
      "does not fit: there is no column more.",
    ],
    [
      "a broken constraint",
      { rows: { releases: [release("rel_1", { channel: "x" })] } },
      "does not fit: CHECK constraint failed",
    ],
    [
      "a text in place of a number",
      { rows: { releases: [release("rel_1", { created_at: "x" })] } },
      "does not fit: cannot store TEXT",
    ],
    [
      "two rows with one key",
      { rows: { releases: [release("rel_1"), release("rel_1")] } },
      "does not fit: UNIQUE constraint",
    ],
    [
      "a reference to no row",
      { rows: { machines: [machine("mac_1", "lic_1")] } },
      "A row of machines names a row of licenses that is not there.",
    ],
    [
      "a release without its object in the list",
      offered(),
      "The list of objects is not the one that the releases name.",
    ],
  ])("finds %s", async (_, contents, fault) => {
    await writeBackup(folder, ledger, contents);
    expect(await run("verify")).toMatchObject({ code: 6, stdout: "", stderr: expect.stringContaining(fault) });
  });

  it("finds a file of other bytes, and runs no statement but CREATE", async () => {
    const manifest = await writeBackup(folder, ledger, { rows: { releases: [release("rel_1")] } });
    await writeFile(join(folder, BACKUP, "releases", "000001.jsonl.gz"), "other");
    expect(await run("verify")).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("releases/000001.jsonl.gz is not the file"),
    });
    const evil = { ...manifest, schema: [...manifest.schema, `ATTACH DATABASE '${folder}/made' AS other`] };
    await writeFile(join(folder, BACKUP, "manifest.json"), JSON.stringify(evil));
    expect((await run("verify")).code).not.toBe(0);
    expect(await readdir(folder)).not.toContain("made");
  });
});

/** A published release with a file, and no list of objects. */
function offered() {
  const artifact = {
    ...{ id: "art_1", release_id: "rel_1", platform: "linux-x86_64", filename: "f", size: 1, sha256: "0".repeat(64) },
    ...{ signature: null, state: "ready", object_key: "artifacts/f", upload_id: "u", part_size: 1, created_at: 1 },
    ...{
      completed_at: 1,
      last_change: "c",
      kind: "binary",
      pgp_signature: null,
      blake2b512: null,
      requires: null,
      is_source: 0,
    },
  };
  return { rows: { releases: [release("rel_1", { status: "published" })], artifacts: [artifact] } };
}

describe("backup restore", () => {
  it("writes statements that D1 accepts, for this user alone, and marks another deployment only on purpose", async () => {
    ledger.exec("INSERT INTO deployment VALUES (1, 'rbee-worker-catalog', 'https://catalog.test', 1, 1)");
    const insert = ledger.prepare(
      "INSERT INTO releases (id, worker_id, version, channel, notes, created_at, last_change) VALUES (?, 'w', ?, 'stable', ?, 1, 'c')",
    );
    for (let n = 0; n < 250; n++) insert.run(`rel_${n}`, `${n}`, n % 2 ? "\u20ac".repeat(10_000) : "a\n'b'\\n");
    await writeBackup(folder, ledger);
    const sql = join(folder, "sql");
    const mark = ["rbee-worker-catalog-staging", "https://staging.test", "test"];
    expect(await run("restore", "--out", sql, "--mark", ...mark)).toMatchObject({ code: 0 });
    expect((await stat(join(sql, "ledger-001.sql"))).mode & 0o777).toBe(0o600);
    const text = await readFile(join(sql, "ledger-001.sql"), "utf8");
    const restored = new DatabaseSync(":memory:");
    restored.exec(text);
    const releases = "SELECT * FROM releases ORDER BY id";
    expect(restored.prepare(releases).all()).toEqual(ledger.prepare(releases).all());
    expect(restored.prepare("SELECT name, public_url, livemode FROM deployment").all()).toMatchObject([
      { name: mark[0], public_url: mark[1], livemode: 0 },
    ]);
    for (const line of text.split("\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(100_000);
    expect(() => restored.exec(text)).toThrow("already exists");
    expect(await run("restore", "--out", sql)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("cannot be made"),
    });
    expect(await run("restore", "--out", join(folder, "x"), "--mark", "name")).toMatchObject({ code: 2 });
  });

  it("says which backups there are if the wanted one is not", async () => {
    await writeBackup(folder, ledger);
    expect(await run("list")).toMatchObject({ code: 0, stdout: expect.stringContaining(BACKUP) });
    expect(await run("verify", "2026-11-28")).toMatchObject({ code: 0 });
    expect(await run("verify", "2026-11-27")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`from ${BACKUP} to`),
    });
  });

  it("orders tables behind those that they reference", async () => {
    const tables = inOrderOfReferences(ledger, [
      "package_contents",
      "packages",
      "machines",
      "artifacts",
      "licenses",
      "releases",
    ]);
    expect(tables).toEqual(["releases", "artifacts", "packages", "package_contents", "licenses", "machines"]);
  });

  it("writes every text as a literal on one line that SQLite reads back", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom("'", "\n", "\r", "\\", "\0", '"', "\\n"),
        fc.string({ unit: "binary", maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(text, (value) => {
        const sql = literal(value);
        expect(sql).not.toMatch(/[\n\r\0]/);
        expect(ledger.prepare(`SELECT hex(${sql}) AS hex`).get()).toEqual({
          hex: Buffer.from(value).toString("hex").toUpperCase(),
        });
      }),
    );
  });
});
