import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Chunk, type Manifest, manifestKey } from "../../src/domain/backup/format.ts";
import { BACKUP, emptyLedger, writeBackup } from "../support/node/backup-folder.ts";
import { runCli } from "../support/node/run-cli.ts";

let outside: string;
let folder: string;
let manifest: Manifest;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "rbee-backup-"));
  folder = join(outside, "bucket");
  const ledger = await emptyLedger();
  manifest = await writeBackup(folder, ledger);
  ledger.close();
});
afterEach(() => rm(outside, { recursive: true }));

const run = (...args: string[]) =>
  runCli(["backup", ...args, "--from", folder], { RBEE_ADMIN_TOKEN: "", DEV_DIR: join(outside, "none") });

const writeManifest = (text: string, id = BACKUP) => writeFile(join(folder, manifestKey(id)), text);

/** Writes the manifest with this file as the only one of the licenses. */
async function withFile(
  bytes: Buffer,
  { at = `${BACKUP}/licenses/000001.jsonl.gz`, ...more }: Partial<Chunk> & { at?: string } = {},
) {
  await mkdir(join(folder, BACKUP, "licenses"), { recursive: true });
  await writeFile(join(folder, at), bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const chunk = { key: at, rows: 0, bytes: bytes.length, sha256, ...more };
  const tables = manifest.tables.map((table) => (table.name === "licenses" ? { ...table, chunks: [chunk] } : table));
  await writeManifest(JSON.stringify({ ...manifest, tables }));
}

describe("a manifest", () => {
  it.each<[string, (whole: Manifest) => object, string]>([
    ["of another format", (whole) => ({ ...whole, format: "rbee-catalog-backup/2" }), "is damaged, or no manifest"],
    ["that names another folder", (whole) => ({ ...whole, id: "2026-11-27T02-00-00Z" }), "is damaged, or no manifest"],
    [
      "with SQL in a table's name",
      ({ tables: [table, ...others], ...whole }) => ({ ...whole, tables: [{ ...table, name: 'x" --' }, ...others] }),
      "is damaged, or no manifest",
    ],
    [
      "with a statement that SQLite refuses",
      (whole) => ({ ...whole, schema: [...whole.schema, "CREATE TABLE x ("] }),
      "The schema does not fit",
    ],
    [
      "with a second statement behind the first one",
      ({ schema, ...whole }) => ({ ...whole, schema: schema.map((sql) => `${sql}; DROP TABLE licenses`) }),
      "The schema is not what its statements make.",
    ],
    [
      "without a table's statement",
      ({ schema, ...whole }) => ({
        ...whole,
        schema: schema.filter((sql) => !sql.startsWith("CREATE TABLE licenses")),
      }),
      "The schema makes no table licenses.",
    ],
    [
      "without a table's rows",
      ({ tables, ...whole }) => ({ ...whole, tables: tables.filter(({ name }) => name !== "audit") }),
      "audit has no rows in the backup, and is not left out.",
    ],
  ])("%s is damaged", async (_, alter, fault) => {
    await writeManifest(JSON.stringify(alter(manifest)));
    expect(await run("verify")).toMatchObject({ code: 6, stdout: "", stderr: expect.stringContaining(fault) });
  });

  it("that is cut off is named, and another backup can be had by its id", async () => {
    const other = "2026-11-29T02-00-00Z";
    await mkdir(join(folder, other));
    await writeManifest(JSON.stringify(manifest).slice(0, 300), other);
    expect(await run("verify")).toMatchObject({ code: 6, stderr: expect.stringContaining(manifestKey(other)) });
    expect(await run("verify", BACKUP)).toMatchObject({ code: 0 });
    expect(await run("verify", "2026-11-27T02-00-00Z")).toMatchObject({ code: 4 });
  });
});

describe("a file of a backup", () => {
  it("outside of its folder is not read", async () => {
    await withFile(gzipSync(""), { at: "../secret.jsonl.gz" });
    expect(await run("verify")).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("../secret.jsonl.gz is missing."),
    });
  });

  it("that is a folder is missing", async () => {
    await withFile(gzipSync(""), { key: BACKUP });
    expect(await run("verify")).toMatchObject({ code: 6, stderr: expect.stringContaining("is missing.") });
  });

  it("that is no gzip, or unpacks to more than any backup has, is damaged", async () => {
    await withFile(Buffer.from("not gzip"));
    expect(await run("verify")).toMatchObject({ code: 6, stderr: expect.stringContaining("incorrect header check") });
    const many = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    await withFile(Buffer.concat(Array.from({ length: 33 }, () => many)));
    expect(await run("verify")).toMatchObject({ code: 6, stderr: expect.stringContaining("larger than 268435456") });
  });

  it("is named without the control characters of its key", async () => {
    await withFile(gzipSync(""), { key: "\u001b]0;x\u0007licenses" });
    const { code, stderr } = await run("verify");
    expect([code, stderr]).toEqual([6, expect.stringContaining("?]0;x?licenses is missing.")]);
  });
});
