import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { formatMinisignPublicKey, formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const CPU = "llm-worker-rbee-cpu";
const OTHER = "llm-worker-rbee-cuda";
const NEWEST = randomBytes(1000);
const OLDER = randomBytes(1000);
const WITHDRAWN = randomBytes(1000);
const sum = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const key = await generateMinisignKey();
const blake2b = new Uint8Array(createHash("blake2b512").update(NEWEST).digest());
const minisig = formatMinisignSignature(await signMinisign(key, blake2b, `worker:${CPU}\tversion:1.1.0`));

const version = (name: string, bytes: Buffer, status = "published") => ({
  ...{ version: name, channel: "stable", status, published_at: "2026-11-01T00:00:00Z", provenance_sha256: null },
  artifacts: [
    {
      platform: "linux-x86_64",
      kind: "binary",
      filename: CPU,
      size: bytes.length,
      sha256: sum(bytes),
      signature: null,
    },
  ],
});

const listed = (id: string, over: object) => ({ id, description: `For ${id}`, tier: "free", latest: null, ...over });

let isOut = false;
const catalog = await serve((request, response) => {
  const { url = "", headers } = request;
  const link = (path: string): string => `http://${headers.host}${path}`;
  const json = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
  if (isOut) return json(503, { code: "SERVICE_UNAVAILABLE" });
  if (url === `/v1/workers/${CPU}/index.json`) {
    const versions = [version("1.1.0", NEWEST), version("1.0.0", OLDER), version("0.9.0", WITHDRAWN, "blocked")];
    return json(200, { latest: "1.1.0", versions });
  }
  if (url.startsWith("/v1/workers?")) {
    asked = url;
    return json(200, { workers: [listed(CPU, { latest: "1.1.0" }), listed(OTHER, { tier: "premium" })] });
  }
  if (url === "/keys/release-signing.pub") return response.end(formatMinisignPublicKey(key));
  if (url === "/minisig") return response.end(minisig);
  if (url === "/bytes") return response.end(NEWEST);
  if (url.includes("/download")) {
    const file = { filename: CPU, size: NEWEST.length, sha256: sum(NEWEST), worker_id: CPU, version: "1.1.0" };
    return json(200, { ...file, download_url: link("/bytes"), signature_url: link("/minisig") });
  }
  return json(404, { code: url.endsWith("resolve") ? "NOT_FOUND" : "WORKER_NOT_FOUND", detail: "None such." });
});
afterAll(catalog.close);

let asked = "";
let folder = "";
let dir = "";
beforeEach(async () => {
  [isOut, folder] = [false, await temporaryFolder()];
  dir = join(folder, "workers");
  await mkdir(dir);
});

const run = (...words: string[]) => {
  const env = { DEV_DIR: folder, XDG_CONFIG_HOME: join(folder, "config"), RBEE_CATALOG_URL: catalog.url };
  return runCli([...words, ...(words[0] === "search" ? [] : ["--dir", dir])], env);
};

describe("rbee-catalog list", () => {
  it("shows each worker with its version, the newest one and the way to update", async () => {
    await writeFile(join(dir, CPU), OLDER);
    await writeFile(join(dir, OTHER), "built by hand");
    await writeFile(join(dir, `${CPU}-${sum(NEWEST)}.1.abc.part`), "half");
    const { code, stdout, stderr } = await run("list");
    expect([code, stdout.split("\n")]).toEqual([
      0,
      [
        "WORKER                VERSION  LATEST  STATE                  SIZE",
        `${CPU}   1.0.0    1.1.0   outdated               1000 B`,
        `${OTHER}  -        -       not a published build  13 B`,
        "",
      ],
    ]);
    expect(stderr).toBe("Update them: `rbee-catalog upgrade`\n");
  });

  it("lists the files also while the catalog does not answer", async () => {
    await writeFile(join(dir, CPU), OLDER);
    isOut = true;
    const { code, stdout, stderr } = await run("list", "--json");
    expect([code, JSON.parse(stdout).workers]).toEqual([
      0,
      [{ worker: CPU, version: null, latest: null, state: "unknown", size: 1000, path: join(dir, CPU) }],
    ]);
    expect(stderr).toBe("");
  });

  it("says how to install the first worker", async () => {
    expect((await run("list")).stdout).toContain("Install one: `rbee-catalog install`");
  });
});

describe("rbee-catalog upgrade", () => {
  it.each([
    ["an outdated", OLDER, "1.0.0"],
    ["a withdrawn", WITHDRAWN, "0.9.0"],
  ])("replaces %s worker with the checked newest version", async (_, bytes, from) => {
    await writeFile(join(dir, CPU), bytes);
    const { code, stdout } = await run("upgrade");
    expect([code, stdout]).toEqual([0, `${CPU}  ${from} -> 1.1.0\n`]);
    expect(await readFile(join(dir, CPU))).toEqual(NEWEST);
    expect((await run("upgrade", "cpu")).stdout).toBe("All workers are up to date.\n");
  });

  it("with --dry-run changes nothing, and leaves a build of one's own alone", async () => {
    await writeFile(join(dir, CPU), OLDER);
    await writeFile(join(dir, OTHER), "built by hand");
    const { stdout } = await run("upgrade", "--dry-run", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ outdated: [{ worker: CPU, version: "1.0.0", latest: "1.1.0" }] });
    await run("upgrade");
    expect(await readFile(join(dir, OTHER), "utf8")).toBe("built by hand");
  });

  it("ends with 7 if the catalog does not answer, and with 4 for a worker that is not installed", async () => {
    expect((await run("upgrade", CPU)).code).toBe(4);
    await writeFile(join(dir, CPU), OLDER);
    isOut = true;
    expect((await run("upgrade")).code).toBe(7);
    expect(await readFile(join(dir, CPU))).toEqual(OLDER);
  });
});

describe("rbee-catalog uninstall", () => {
  it("removes the worker and the rest of its downloads, and no other worker", async () => {
    const others = [`${CPU}-big`, `${CPU}-big-${sum(OLDER)}.1.abc.part`];
    for (const name of [CPU, `${CPU}-${sum(NEWEST)}.1.abc.part`, ...others]) await writeFile(join(dir, name), "x");
    const { code, stdout } = await run("uninstall", "cpu");
    expect([code, stdout]).toEqual([0, `Removed ${CPU} from ${dir}.\n`]);
    expect((await readdir(dir)).sort()).toEqual(others);
    expect((await run("uninstall", CPU)).code).toBe(4);
  });
});

describe("rbee-catalog search", () => {
  it("finds workers by words and hardware, and says what is not released", async () => {
    const { code, stdout } = await run("search", "gpu", "fast", "--platform", "linux-x86_64", "-t", "free");
    expect([code, asked]).toEqual([0, "/v1/workers?q=gpu+fast&platform=linux-x86_64&tier=free"]);
    expect(stdout).toMatch(/llm-worker-rbee-cpu +free +1\.1\.0 +For llm/);
    expect(stdout).toMatch(/llm-worker-rbee-cuda +premium +coming soon/);
  });
});
