import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, buildBundle } from "../../bench/bundle.ts";
import { samplePackage } from "../../scripts/development/sample-package.ts";
import { developmentSecrets } from "../../scripts/development-secrets.ts";
import { firstOwnerSql } from "../../src/cli/commands/token.ts";
import { newAdminToken } from "../../src/lib/credential.ts";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { formatMinisignSecretKey, generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { ROWS_OF_STRIPE_AND_JOBS } from "../support/node/ledger-rows.ts";
import { runCli } from "../support/node/run-cli.ts";
import { WholeWorker, wranglerD1 } from "../support/node/whole-worker.ts";
import { provenanceOf } from "../support/provenance-text.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const EXECUTABLE = Buffer.alloc(70_000, 7);
const LEFT_OUT = ["sessions", "recovery_links", "device_logins", "job_leases", "backup_captures", "backup_changes"];

/** The tables that have rows only while a job or a backup runs. */
const MAY_BE_EMPTY = ["backup_captures", "backup_changes", "job_leases"];

let folder: string;
let bundle: Bundle;
let variables: Record<string, string>;
let signKey: string;
let source: WholeWorker;
const token = newAdminToken();
const at = (...names: string[]) => join(folder, ...names);

const cli = (catalog: WholeWorker | null, ...args: string[]) =>
  runCli(args, {
    DEV_DIR: at("none"),
    XDG_CONFIG_HOME: at("config"),
    RBEE_CATALOG_URL: catalog?.url ?? "http://127.0.0.1:9",
    ...(catalog && { RBEE_ADMIN_TOKEN: token }),
  });

/** Runs the command, which must succeed, and returns its JSON. */
async function done(catalog: WholeWorker | null, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli(catalog, ...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

/** The key of the license that was sold in the source. */
let sold = "";

/**
 * Puts rows of every kind into the source: through the command line and the API, and those of Stripe and of jobs by
 * SQL.
 */
async function fill(): Promise<void> {
  const { filename, bytes } = await samplePackage({ id: WORKER, version: "1.0.0" }, Buffer.from("#!/bin/sh\n"));
  await writeFile(at(filename), bytes);
  await writeFile(at("worker-linux-x86_64"), EXECUTABLE);
  const publish = [
    "release",
    "publish",
    at("worker-linux-x86_64"),
    at(filename),
    "--worker",
    WORKER,
    "--sign-key",
    signKey,
  ];
  await done(source, ...publish, "--version", "1.0.0", "--notes", "Quotes ' and \"\nand \\n lines");
  const { license, key } = (await done(
    source,
    "license",
    "issue",
    "--plan",
    "premium-lifetime",
    "--email",
    "ada@example.com",
  )) as {
    license: { id: string };
    key: string;
  };
  sold = key;
  const send = (path: string, body: object, headers = {}) =>
    fetch(`${source.url}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const activated = await send(
    "/v1/licenses/activate",
    { fingerprint: "m", name: "attic" },
    { Authorization: `Bearer ${key}` },
  );
  expect(activated.status).toBe(201);
  const admin = { Authorization: `Bearer ${token}`, "Idempotency-Key": "once" };
  expect((await send("/v1/admin/licenses", { plan: "premium-trial", email: "b@example.com" }, admin)).status).toBe(201);
  const { release } = (await (
    await send("/v1/admin/releases", { worker_id: WORKER, version: "2.0.0" }, admin)
  ).json()) as {
    release: { id: string };
  };
  const sha256 = "0".repeat(64);
  const begun = { platform: "linux-x86_64", filename: "w", size: 1, sha256 };
  const { artifact } = (await (await send(`/v1/admin/releases/${release.id}/artifacts`, begun, admin)).json()) as {
    artifact: { id: string };
  };
  const part = `${source.url}/v1/admin/releases/${release.id}/artifacts/${artifact.id}/parts/1`;
  expect((await fetch(part, { method: "PUT", headers: admin, body: "x" })).status).toBe(200);
  const { releases } = (await done(source, "release", "list")) as { releases: { id: string; version: string }[] };
  const published = releases.find(({ version }) => version === "1.0.0")?.id;
  const attested = { filename: "worker-linux-x86_64", sha256: createHash("sha256").update(EXECUTABLE).digest("hex") };
  const provenance = `${source.url}/v1/admin/releases/${published}/provenance`;
  expect((await fetch(provenance, { method: "PUT", headers: admin, body: provenanceOf(attested) })).status).toBe(200);
  const database = await source.database();
  await database.batch(
    ROWS_OF_STRIPE_AND_JOBS.map((sql) =>
      database.prepare(sql.replaceAll("$license", license.id).replaceAll("$artifact", artifact.id)),
    ),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rbee-backup-test-"));
  bundle = await buildBundle(AbortSignal.timeout(600_000));
  const releaseKey = await generateMinisignKey();
  signKey = at("release.key");
  await writeFile(signKey, formatMinisignSecretKey(releaseKey));
  variables = {
    ...(await developmentSecrets(releaseKey)),
    ENVIRONMENT: "development",
    DEPLOYMENT: "rbee-worker-catalog",
    PUBLIC_URL: "http://localhost:8787",
    LIVEMODE: "false",
    LOG_REQUESTS: "none",
    RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
  };
  source = await WholeWorker.start(bundle, at("source"), variables);
  await source.migrate("DB", "migrations");
  await (await source.database()).prepare(await firstOwnerSql(token, "owner")).run();
  await fill();
});

afterAll(async () => {
  await source.stop();
  await rm(folder, { recursive: true });
});

/** Makes a backup by the command line and waits for it. Returns its id. */
async function backUp(): Promise<string> {
  const { backup } = (await done(source, "backup", "create")) as { backup: { id: string } };
  for (;;) {
    const { backups } = (await done(source, "backup", "list")) as { backups: { id: string }[] };
    if (backups.some(({ id }) => id === backup.id)) return backup.id;
  }
}

/** Downloads the file of the sold version with the license key, and returns its bytes. */
async function download(worker: WholeWorker): Promise<Buffer> {
  const headers = { Authorization: `Bearer ${sold}`, "Rbee-Machine": "m" };
  const wanted = `${worker.url}/v1/workers/${WORKER}/1.0.0/download?platform=linux-x86_64`;
  const { download_url } = (await (await fetch(wanted, { headers })).json()) as { download_url: string };
  return Buffer.from(await (await fetch(`${worker.url}${new URL(download_url).pathname}`)).arrayBuffer());
}

describe("a backup", () => {
  let id: string;
  let before: Record<string, string[]>;
  beforeAll(async () => {
    before = await source.rows();
    id = await backUp();
  });

  it("restores every table and object into an empty environment, which then serves what was sold", async () => {
    const empty = Object.entries(before).flatMap(([name, rows]) => (rows.length === 0 ? [name] : []));
    expect(empty.filter((name) => !MAY_BE_EMPTY.includes(name))).toEqual([]);
    // The binary, its four frames (deb, rpm, oci, pkg), the uploaded package, and the provenance.
    expect(await done(source, "backup", "verify")).toMatchObject({ id, objects: { count: 7, checked: true } });
    await done(source, "backup", "restore", "latest", "--out", at("sql"));
    const [file = "", ...others] = await readdir(at("sql"));
    expect(others).toEqual([]);
    await wranglerD1(at("target"), "execute", "DB", "--yes", "--file", at("sql", file));
    const target = await WholeWorker.start(bundle, at("target"), variables);
    try {
      const without = Object.fromEntries(LEFT_OUT.map((name) => [name, []]));
      expect(await target.rows()).toEqual({ ...before, ...without });
      expect(await target.schema()).toEqual(await source.schema());
      await source.copyBucket("BACKUPS", target);
      const lacking = await cli(target, "backup", "verify");
      expect([lacking.code, lacking.stderr]).toEqual([
        6,
        expect.stringMatching(/damaged.\nR2 lacks artifacts\/.*\n.*\n/),
      ]);
      await source.copyBucket("BINARIES", target);
      expect(await done(target, "backup", "verify", id.slice(0, 10))).toMatchObject({ id, objects: { checked: true } });
      expect(await download(target)).toEqual(EXECUTABLE);
    } finally {
      await target.stop();
    }
    // A ledger is restored into an empty database only.
    const again = wranglerD1(at("target"), "execute", "DB", "--yes", "--file", at("sql", file));
    await expect(again).rejects.toThrow("failed");
  });

  it("of an older schema takes the newer migrations after it is restored", async () => {
    const copy = await source.copyBackups(at("older"));
    await done(null, "backup", "restore", "--from", copy, "--out", at("older-sql"));
    await wranglerD1(at("newer"), "execute", "DB", "--yes", "--file", at("older-sql", "ledger-001.sql"));
    await cp("migrations", at("migrations"), { recursive: true });
    await writeFile(
      at("migrations", "9999_future.sql"),
      "ALTER TABLE licenses ADD COLUMN future TEXT NOT NULL DEFAULT 'x';",
    );
    const config =
      'name = "rbee-worker-catalog"\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "rbee-worker-catalog"\n';
    await writeFile(at("wrangler.toml"), `${config}migrations_dir = "migrations"\n`);
    await wranglerD1(at("newer"), "migrations", "apply", "DB", "--config", at("wrangler.toml"));
    const target = await WholeWorker.start(bundle, at("newer"), variables);
    try {
      const found = await (await target.database()).prepare("SELECT future FROM licenses").all();
      expect(found.results).toHaveLength(before["licenses"]?.length ?? 0);
    } finally {
      await target.stop();
    }
  });

  it("that is damaged is found out: an altered file, a missing file, a missing object, no manifest", async () => {
    const copy = await source.copyBackups(at("damaged"));
    const file = join(copy, id, "licenses", "000001.jsonl.gz");
    const bytes = await readFile(file);
    const verify = async () => {
      const { code, stderr } = await cli(null, "backup", "verify", "--from", copy);
      return { code, stderr };
    };
    expect((await verify()).code).toBe(0);
    await writeFile(file, Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1) === 0 ? 1 : 0])]));
    expect(await verify()).toEqual({
      code: 6,
      stderr: expect.stringContaining("licenses/000001.jsonl.gz is not the file"),
    });
    await rm(file);
    expect(await verify()).toEqual({
      code: 6,
      stderr: expect.stringContaining("licenses/000001.jsonl.gz is missing."),
    });
    const damaged = await cli(null, "backup", "restore", "--from", copy, "--out", at("never"));
    expect([damaged.code, await readdir(folder)]).toEqual([6, expect.not.arrayContaining(["never"])]);
    await rm(join(copy, id, "manifest.json"));
    expect(await verify()).toEqual({ code: 4, stderr: expect.stringContaining("There is no backup latest.") });

    const binaries = await source.bucket("BINARIES");
    const key = (await binaries.list({ prefix: "artifacts/" })).objects[0]?.key ?? "";
    const kept = await (await binaries.get(key))?.arrayBuffer();
    await binaries.put(key, "short");
    const short = await cli(source, "backup", "verify");
    expect([short.code, short.stderr]).toEqual([6, expect.stringContaining(`R2 has another size of ${key}.`)]);
    await binaries.put(key, kept ?? "");
  });

  it("is for owners only, and each reader is in the audit trail", async () => {
    const made = await done(source, "token", "create", "--name", "publisher", "--scope", "releases:write");
    for (const path of ["", `/${id}`, `/${id}/file?key=${id}/licenses/000001.jsonl.gz`, `/${id}/objects`]) {
      const headers = { Authorization: `Bearer ${made["token"]}` };
      expect((await fetch(`${source.url}/v1/admin/backups${path}`, { headers })).status).toBe(403);
    }
    const { entries } = (await done(source, "audit", "--action", "backup.read")) as { entries: { subject: string }[] };
    expect(new Set(entries.map(({ subject }) => subject))).toEqual(new Set([id]));
  });
});
