import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { packTar } from "modern-tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { runCli } from "../support/node/run-cli.ts";
import { provenanceOf } from "../support/provenance-text.ts";
import type { Catalog } from "./running-catalog.ts";
import { sharedCatalog } from "./shared-catalog.ts";

const WORKER = "llm-worker-rbee-premium-metal";
const FILE = `${WORKER}-macos-aarch64`;
const Answer = z.object({
  release: z.looseObject({
    id: z.string(),
    status: z.string(),
    artifacts: z.array(z.looseObject({ filename: z.string(), signature: z.string().nullable() })),
  }),
});

let catalog: Catalog;
let folder = "";
let sum = "";

beforeAll(async () => {
  catalog = await sharedCatalog();
  folder = await mkdtemp(join(tmpdir(), "rbee-sign-"));
  const bytes = randomBytes(100_000);
  sum = createHash("sha256").update(bytes).digest("hex");
  await writeFile(join(folder, FILE), bytes);
  await writeFile(join(folder, "provenance"), provenanceOf({ filename: FILE, sha256: sum }));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const upload = (version: string, ...options: string[]) =>
  catalog.admin("release", "publish", join(folder, FILE), "--worker", WORKER, "--version", version, ...options);

/** `release sign` on the machine of the release key's holder, which has a cache of its own. */
const sign = (version: string, ...options: string[]) =>
  runCli(["release", "sign", version, "--sign-key", join(catalog.folder, "release-signing.key"), ...options], {
    RBEE_CATALOG_URL: catalog.url,
    RBEE_ADMIN_TOKEN: catalog.adminToken,
    XDG_CACHE_HOME: folder,
    XDG_CONFIG_HOME: folder,
  });
const show = async (version: string) =>
  Answer.parse(JSON.parse((await catalog.admin("release", "show", `${WORKER}@${version}`, "--json")).stdout)).release;

describe("release sign", () => {
  it("publishes what release publish --unsigned-draft has uploaded, with the signature of the key", async () => {
    const version = "0.1.0-alpha.71";
    const uploaded = await upload(version, "--unsigned-draft", "--provenance", join(folder, "provenance"));
    expect([uploaded.code, uploaded.stderr]).toEqual([0, expect.stringContaining("Not published yet")]);
    // Again: it sends nothing twice and publishes nothing.
    expect((await upload(version, "--unsigned-draft")).code).toBe(0);
    expect(await show(version)).toMatchObject({ status: "draft", artifacts: [{ signature: null }] });

    const asked = await sign(`${WORKER}@${version}`);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const signed = await sign(version, "--worker", WORKER, "--yes");
    expect([signed.code, signed.stdout]).toEqual([0, expect.stringContaining("published")]);
    for (const shown of [WORKER, version, "alpha", sum, FILE, "attached, not verified"]) {
      expect(signed.stderr).toContain(shown);
    }
    const [artifact] = (await show(version)).artifacts;
    expect(artifact?.signature).toContain(`file:${FILE}\tworker:${WORKER}\tversion:${version}`);
    expect(await readdir(join(folder, "rbee", "drafts"))).toEqual([]);
    // The answer was lost: the same command again finds it published.
    expect((await sign(version, "--worker", WORKER, "--yes")).code).toBe(0);
  });

  it("signs the contents of a package with it", async () => {
    const version = "0.1.0-alpha.75";
    const worker = "llm-worker-rbee-premium-cpu";
    const pkginfo = [
      `pkgname = ${worker}`,
      "pkgver = 0.1.0alpha.75-1",
      "pkgdesc = A worker of a test",
      "arch = x86_64",
      "license = GPL-3.0-or-later",
    ].join("\n");
    const tar = await packTar([
      { header: { name: ".PKGINFO", size: pkginfo.length }, body: pkginfo },
      { header: { name: `usr/local/bin/${worker}`, size: 4 }, body: "work" },
    ]);
    const file = join(folder, `${worker}-0.1.0alpha.75-1-x86_64.pkg.tar.zst`);
    await writeFile(file, zstdCompressSync(tar));
    const named = ["--worker", worker, "--version", version];
    const uploaded = await catalog.admin("release", "publish", file, ...named, "--unsigned-draft");
    expect([uploaded.code, uploaded.stderr]).toEqual([0, expect.stringContaining("Not published yet")]);
    const signed = await sign(`${worker}@${version}`, "--yes");
    expect([signed.code, signed.stderr]).toEqual([0, expect.stringContaining(worker)]);
    const shown = await catalog.admin("release", "show", `${worker}@${version}`, "--json");
    const { status, artifacts } = Answer.parse(JSON.parse(shown.stdout)).release;
    expect([status, artifacts[0]?.signature]).toEqual(["published", expect.stringMatching(/\tcontents:[0-9a-f]{64}/)]);
  });

  it("continues a download, and signs nothing but the expected sums", async () => {
    const version = "0.1.0-alpha.72";
    await upload(version, "--unsigned-draft");
    const { id } = await show(version);
    const sums = join(folder, "expected");
    for (const text of [`${"ab".repeat(32)}  ${FILE}\n`, `${sum}  dist/${FILE}\n${sum}  other\n`]) {
      await writeFile(sums, text);
      const refused = await sign(id, "--yes", "--expect", sums);
      expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("Nothing is signed")]);
    }
    await writeFile(sums, "nonsense\n");
    expect((await sign(id, "--yes", "--expect", sums)).code).toBe(2);

    const drafts = join(folder, "rbee", "drafts", id);
    await mkdir(drafts, { recursive: true });
    const whole = await readFile(join(folder, FILE));
    await writeFile(join(drafts, `${sum}-${FILE}`), whole.subarray(0, 40_000));
    await writeFile(sums, `${sum} *dist/${FILE}\n`);
    expect((await sign(id, "--yes", "--expect", sums)).code).toBe(0);
    expect((await show(version)).status).toBe("published");
  });

  it("refuses a damaged part of a download, and a draft that is gone", async () => {
    const version = "0.1.0-alpha.73";
    await upload(version, "--unsigned-draft");
    const { id } = await show(version);
    const drafts = join(folder, "rbee", "drafts", id);
    await mkdir(drafts, { recursive: true });
    await writeFile(join(drafts, `${sum}-${FILE}`), randomBytes(40_000));
    const damaged = await sign(id, "--yes");
    expect([damaged.code, damaged.stderr]).toEqual([6, expect.stringContaining("has the sha256")]);
    expect((await show(version)).status).toBe("draft");
    expect((await catalog.admin("release", "delete", id, "--yes")).code).toBe(0);
    expect((await sign(id, "--yes")).code).toBe(4);
  });

  it("is the only one of the two that takes a key", async () => {
    const both = await upload("0.1.0-alpha.74", "--unsigned-draft", "--sign-key", join(catalog.folder, "x"));
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--unsigned-draft takes no --sign-key")]);
  });
});
