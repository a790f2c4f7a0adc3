import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { packagesFromLedger } from "../../../src/domain/releases/manifest-publication.ts";
import { packageFile } from "../../support/package-fixture.ts";

const WORKER = "llm-worker-rbee-cpu";

it("migrations 0014 and 0019 keep the contents of packages that were declared before", async () => {
  await reset();
  const before = env.TEST_MIGRATIONS.filter(({ name }) => name < "0014");
  await applyD1Migrations(env.DB, before);
  const { contents, filename } = packageFile(WORKER, "1.0.0");
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO releases (id, worker_id, version, channel, status, created_at, last_change)
       VALUES ('rel_1', ?, '1.0.0', 'stable', 'published', 1, 'chg_1')`,
    ).bind(WORKER),
    ...[
      ["art_1", "binary", "w"],
      ["art_2", "package", filename ?? ""],
    ].map((values) =>
      env.DB.prepare(
        `INSERT INTO artifacts (id, release_id, kind, platform, filename, size, sha256, state, object_key, upload_id, part_size,
           created_at, last_change)
         VALUES (?, 'rel_1', ?, 'linux-x86_64', ?, 1, '${"0".repeat(64)}', 'ready', 'k', 'u', 1, 1, 'chg_1')`,
      ).bind(...values),
    ),
    env.DB.prepare("INSERT INTO packages (artifact_id, pkginfo, files) VALUES ('art_2', ?, ?)").bind(
      contents?.pkginfo ?? "",
      JSON.stringify(contents?.files),
    ),
  ]);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  expect(await packagesFromLedger(env.DB, WORKER)).toEqual({ [filename ?? ""]: contents });
  expect((await env.DB.prepare("SELECT artifact_id, format FROM packages").all()).results).toEqual([
    { artifact_id: "art_2", format: "pacman" },
  ]);
});
