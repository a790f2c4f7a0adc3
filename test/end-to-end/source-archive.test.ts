import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { runCli } from "../support/node/run-cli.ts";
import type { Catalog } from "./running-catalog.ts";
import { sharedCatalog } from "./shared-catalog.ts";

/** A source archive from a checkout to its recipe's users, by the command line and a running catalog. */
const WORKER = "llm-worker-rbee-cpu";
const Versions = z.object({
  versions: z.array(
    z.looseObject({
      version: z.string(),
      source_archive: z.object({ filename: z.string(), sha256: z.string() }).optional(),
      artifacts: z.array(z.unknown()),
    }),
  ),
});

let catalog: Catalog;
const folder = mkdtempSync(join(tmpdir(), "rbee-archive-"));
const checkout = join(folder, "rbee");
const git = (...args: string[]): string => execFileSync("git", ["-C", checkout, ...args], { encoding: "utf8" }).trim();

beforeAll(async () => {
  catalog = await sharedCatalog();
  execFileSync("git", ["init", "-q", checkout]);
  // A path that is longer than a tar's own field for names.
  const deep = `${"folder/".repeat(30)}file`;
  execFileSync("mkdir", ["-p", join(checkout, "folder/".repeat(30))]);
  writeFileSync(join(checkout, deep), "deep");
  writeFileSync(join(checkout, "Cargo.lock"), 'version = 3\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n');
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@a.test", "commit", "-q", "-m", "first");
  for (const version of ["0.1.0-alpha.81", "0.1.0-alpha.82"]) git("tag", `v${version}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const publish = (version: string, ...options: string[]) =>
  catalog.admin(
    ...["release", "publish", "--worker", WORKER, "--version", version],
    ...["--source-tag", `v${version}`, "--source", checkout, ...options],
  );

const key = () => join(catalog.folder, "release-signing.key");

async function published(version: string) {
  const answer = await fetch(`${catalog.url}/v1/workers/${WORKER}/versions`);
  return Versions.parse(await answer.json()).versions.find((one) => one.version === version);
}

it("release publish --source makes, signs and publishes the archive of a checkout, again without a second one", async () => {
  const version = "0.1.0-alpha.81";
  const options = ["--sign-key", key(), "--source-commit", git("rev-parse", "HEAD")];
  const first = await publish(version, ...options);
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining("Making the source archive")]);
  expect((await publish(version, ...options)).code).toBe(0);
  const release = await published(version);
  expect(release?.artifacts).toEqual([]);
  const { filename = "", sha256 = "" } = release?.source_archive ?? {};
  expect(filename).toBe(`${WORKER}-${version}-source.tar.gz`);
  const file = await fetch(`${catalog.url}/v1/workers/${WORKER}/${version}/files/${filename}`);
  const bytes = Buffer.from(await file.arrayBuffer());
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
  const names = execFileSync("tar", ["-tzf", "-"], { input: bytes, encoding: "utf8" }).split("\n");
  expect(names).toEqual(["rbee/Cargo.lock", `rbee/${"folder/".repeat(30)}file`, "rbee/SOURCE-ARCHIVE.txt", ""]);

  writeFileSync(join(folder, filename), bytes);
  const verified = await catalog.admin("verify", join(folder, filename));
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining(`${WORKER} ${version} (${filename})`)]);
});

it("release sign signs an archive that was uploaded without the key", async () => {
  const version = "0.1.0-alpha.82";
  expect((await publish(version, "--unsigned-draft")).code).toBe(0);
  const signed = await runCli(
    [
      ...["release", "sign", `${WORKER}@${version}`, "--sign-key", key(), "--yes"],
      ...["--source-commit", git("rev-parse", "HEAD")],
    ],
    {
      RBEE_CATALOG_URL: catalog.url,
      RBEE_ADMIN_TOKEN: catalog.adminToken,
      XDG_CACHE_HOME: folder,
      XDG_CONFIG_HOME: folder,
    },
  );
  expect([signed.code, signed.stderr]).toEqual([0, expect.stringContaining("source")]);
  expect((await published(version))?.source_archive?.filename).toBe(`${WORKER}-${version}-source.tar.gz`);
  expect(existsSync(join(folder, "rbee", "drafts", version))).toBe(false);
});

it("release publish refuses a source without its tag, a lock file without a source, and no file at all", async () => {
  const bare = (...options: string[]) =>
    catalog.admin("release", "publish", "--worker", WORKER, "--version", "0.1.0-alpha.83", ...options);
  expect(await bare("--source", checkout)).toMatchObject({ code: 2, stderr: expect.stringContaining("--source-tag") });
  expect(await bare("--lockfile", "x")).toMatchObject({ code: 2, stderr: expect.stringContaining("--source makes") });
  expect(await bare()).toMatchObject({ code: 2, stderr: expect.stringContaining("Name the files to publish") });
});
