import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { readHiveState } from "../../src/cli/hive/state.ts";
import { ReleaseIndex } from "../../src/domain/delivery/index/release-index.ts";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { formatMinisignSecretKey, generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { type Run, run } from "../end-to-end/program-run.ts";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { serve } from "../support/node/http-server.ts";
import { installed } from "../support/node/installed.ts";
import { runCli } from "../support/node/run-cli.ts";
import { BUILDER, provenanceOf, SOURCE } from "../support/provenance-text.ts";

/** `rbee-catalog verify` and stock minisign against the running catalog, and against mirrors that lie. */
const WORKER = "llm-worker-rbee-premium-cpu";
const FREE = "llm-worker-rbee-cpu";
const INDEX = `v1/workers/${WORKER}/index.json`;
const WorkerList = z.object({ workers: z.array(z.object({ id: z.string() })) });
const KEY_FILES = ["keys/index-signing.pub", "keys/index-signing.pub.minisig"];

const runnable = process.platform === "linux" && process.arch === "x64" && installed("minisign", "curl");

let catalog: RunningCatalog;
let root = "";
let mirror: { url: string; close: () => void };
const folder = (): string => join(root, "workers");
const file = (worker: string): string => join(folder(), worker);
const mirrored = (path: string): string => join(root, "mirror", path);
const releasePublicKey = (): string => join(root, "release-signing.pub");

/** `rbee-catalog` on a hive with a memory of its own. */
const hive = (name: string, ...args: string[]): Promise<Run> =>
  runCli(args, {
    DEV_DIR: join(root, "nowhere"),
    XDG_CONFIG_HOME: join(root, name),
    RBEE_CATALOG_URL: catalog.url,
    RBEE_LICENSE_KEY: catalog.licenseKey,
    RBEE_MACHINE: "verifying-machine",
  });
const verify = (...args: string[]): Promise<Run> => hive("hive", "verify", "--dir", folder(), ...args);
/** A hive that knows the release key and has never seen an index, at the mirror. */
const verifyByMirror = (...args: string[]): Promise<Run> =>
  hive(
    `stranger-${Math.random()}`,
    "verify",
    "--dir",
    folder(),
    "--mirror",
    `${mirror.url}/`,
    "--release-key",
    releasePublicKey(),
    ...args,
  );

const minisign = (...args: string[]): string =>
  execFileSync("minisign", args, { cwd: root, encoding: "utf8", stdio: "pipe" });

/** Copies a file of the catalog with curl, as any mirror would. */
async function copy(path: string, to = mirrored(path)): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  const { code, stderr } = await run("curl", ["-fsS", `${catalog.url}/${path}`, "-o", to]);
  if (code !== 0) throw new Error(stderr);
}

/** The message of a refusal for the sake of integrity. */
async function refusal(verifying: Promise<Run>): Promise<string> {
  const { code, stderr } = await verifying;
  expect([code, stderr]).toEqual([6, expect.any(String)]);
  return stderr;
}

/** The key file of the catalog's own index key, which no mirror has. */
function indexKeyFile(): string {
  const variables = parseEnv(readFileSync(join(catalog.folder, "dev.vars"), "utf8"));
  return z.object({ secret_key: z.string() }).parse(JSON.parse(variables["INDEX_SIGNING_KEY"] ?? "")).secret_key;
}

/** Signs the mirror's index anew with a key, by the real minisign. */
function signMirrored(keyFile: string): void {
  minisign("-S", "-s", keyFile, "-m", mirrored(INDEX), "-x", mirrored(`${INDEX}.minisig`), "-t", "anything");
}

beforeAll(async () => {
  if (!runnable) return;
  catalog = await startCatalog();
  root = mkdtempSync(join(tmpdir(), "rbee-verify-"));
  mirror = await serve((request, response) => {
    try {
      response.end(readFileSync(mirrored(request.url?.slice(1) ?? "")));
    } catch {
      response.writeHead(404).end();
    }
  });
  await hive("hive", "activate");
  for (const worker of [FREE, WORKER]) {
    const { code, stderr } = await hive("hive", "install", worker, "--dir", folder());
    if (code !== 0) throw new Error(stderr);
  }
  writeFileSync(releasePublicKey(), await (await fetch(`${catalog.url}/keys/release-signing.pub`)).text());
  const published = join(catalog.folder, `${WORKER}-linux-x86_64`);
  const sha256 = execFileSync("sha256sum", [published], { encoding: "utf8" }).slice(0, 64);
  writeFileSync(join(root, "provenance.intoto.jsonl"), provenanceOf({ filename: `${WORKER}-linux-x86_64`, sha256 }));
  await catalog.publish(WORKER, "1.0.0", [published], "--provenance", join(root, "provenance.intoto.jsonl"));
});

afterAll(async () => {
  if (!runnable) return;
  mirror.close();
  await catalog.stop();
  rmSync(root, { recursive: true, force: true });
});

beforeEach(async () => {
  if (!runnable) return;
  await copy("workers");
  const { workers } = WorkerList.parse(JSON.parse(readFileSync(mirrored("workers"), "utf8")));
  const indexes = workers.map(({ id }) => `v1/workers/${id}/index.json`).flatMap((at) => [at, `${at}.minisig`]);
  const copied = [...KEY_FILES, `v1/workers/${WORKER}/1.0.0/provenance`, ...indexes];
  await Promise.all(copied.map((path) => copy(path)));
});

describe.skipIf(!runnable)("stock minisign", () => {
  it("verifies an index from the release key down", () => {
    const key = mirrored("keys/index-signing.pub");
    expect(minisign("-V", "-p", releasePublicKey(), "-m", key)).toContain("purpose:worker-index");
    expect(minisign("-V", "-p", key, "-m", mirrored(INDEX))).toContain(`worker:${WORKER}`);
    writeFileSync(mirrored(INDEX), readFileSync(mirrored(INDEX), "utf8").replace("1.0.0", "1.0.1"));
    expect(() => minisign("-V", "-p", key, "-m", mirrored(INDEX))).toThrow("Signature verification failed");
  });
});

describe.skipIf(!runnable)("what is installed", () => {
  it("is verified, with who built it", async () => {
    const { code, stdout } = await verify();
    expect(code).toBe(0);
    expect(stdout).toContain(`${FREE} 0.1.0`);
    expect(stdout).toContain(`${WORKER} 1.0.0 (${WORKER}-linux-x86_64), as it was published and signed`);
    expect(stdout).toContain(`Built by ${BUILDER}, from ${SOURCE.uri} at ${SOURCE.revision}`);
  });

  it("is told from any other file, wherever it lies", async () => {
    const moved = join(root, "some-file");
    writeFileSync(moved, readFileSync(file(WORKER)));
    const right = await verify(moved, "--json");
    expect(JSON.parse(right.stdout)).toMatchObject({
      files: [{ path: moved, result: "current", worker_id: WORKER, version: "1.0.0" }],
    });
    writeFileSync(moved, Buffer.concat([readFileSync(file(WORKER)), Buffer.from("x")]));
    const altered = await verify(moved);
    expect([altered.code, altered.stdout]).toEqual([6, expect.stringContaining("FAILED: not a published file")]);
  });

  it("is refused under the name of another worker, and not found under none", async () => {
    const other = join(root, "other");
    mkdirSync(other);
    writeFileSync(join(other, FREE), readFileSync(file(WORKER)));
    writeFileSync(join(other, "stranger"), "#!/bin/sh\n");
    const { code, stdout } = await hive("hive", "verify", "--dir", other, "--json");
    const { files } = z.object({ files: z.array(z.looseObject({ result: z.string() })) }).parse(JSON.parse(stdout));
    expect([code, files.map(({ result }) => result)]).toEqual([6, ["refused", "refused"]]);
    expect((await verify("llm-worker-rbee-premium-cuda")).code).toBe(4);
  });
});

describe.skipIf(!runnable)("what a hive remembers", () => {
  it("is nothing that only keys of an unproved catalog say", async () => {
    const env = { XDG_CONFIG_HOME: join(root, "unproved") };
    const stranger = join(root, "stranger-file");
    writeFileSync(stranger, "#!/bin/sh\n");
    expect((await hive("unproved", "verify", stranger)).code).toBe(6);
    expect(await readHiveState(env)).toEqual({ activation: null, release_keys: {}, indexes: {} });
    expect((await hive("unproved", "verify", file(WORKER))).code).toBe(0);
    const { release_keys, indexes } = await readHiveState(env);
    expect([Object.keys(release_keys), Object.keys(indexes)]).toEqual([[catalog.url], [catalog.url]]);
  });

  it("is not what a long run found when it began", async () => {
    const env = { XDG_CONFIG_HOME: join(root, "busy") };
    const slow = await serve(async (request, response) => {
      if (request.url?.endsWith("index.json")) await hive("busy", "activate");
      response.end(readFileSync(mirrored(request.url?.slice(1) ?? "")));
    });
    const key = ["--release-key", releasePublicKey(), "--dir", folder()];
    const { code } = await hive("busy", "verify", WORKER, "--mirror", slow.url, ...key);
    slow.close();
    expect([code, (await readHiveState(env)).activation?.url]).toEqual([0, catalog.url]);
  });
});

describe.skipIf(!runnable)("a mirror", () => {
  it("that copies faithfully is as good as the catalog", async () => {
    const { code, stdout, stderr } = await verifyByMirror(file(WORKER), "--json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      files: [{ result: "current", version: "1.0.0", provenance: { builder_id: BUILDER, source: SOURCE } }],
    });
  });

  it("cannot vouch for itself", async () => {
    const stranger = await hive("stranger", "verify", file(WORKER), "--mirror", mirror.url);
    expect([stranger.code, stranger.stderr]).toEqual([2, expect.stringContaining("--release-key FILE")]);
  });

  it("that alters an index is refused", async () => {
    writeFileSync(mirrored(INDEX), readFileSync(mirrored(INDEX), "utf8").replace('"published"', '"yanked"'));
    expect(await refusal(verifyByMirror(WORKER))).toContain("not over this file");
  });

  it("that signs with a key of its own is refused", async () => {
    const own = await generateMinisignKey();
    writeFileSync(join(root, "own.key"), formatMinisignSecretKey(own), { mode: 0o600 });
    signMirrored("own.key");
    expect(await refusal(verifyByMirror(WORKER))).toContain("not trusted");
    writeFileSync(mirrored("keys/index-signing.pub"), formatMinisignPublicKey(own));
    minisign(
      "-S",
      "-s",
      "own.key",
      "-m",
      mirrored("keys/index-signing.pub"),
      "-t",
      "timestamp:1\tpurpose:worker-index",
    );
    expect(await refusal(verifyByMirror(WORKER))).toContain("not vouched for");
  });

  it("that serves the index of another worker is refused", async () => {
    for (const suffix of ["", ".minisig"]) {
      await copy(`v1/workers/${FREE}/index.json${suffix}`, mirrored(`${INDEX}${suffix}`));
    }
    expect(await refusal(verifyByMirror(WORKER))).toContain(`it is the index of ${FREE}`);
  });

  it("that goes on serving an index after its week is refused, though the catalog's own key has signed it", async () => {
    const index = ReleaseIndex.parse(JSON.parse(readFileSync(mirrored(INDEX), "utf8")));
    writeFileSync(mirrored(INDEX), JSON.stringify({ ...index, expires_at: "2026-01-01T00:00:00Z" }));
    writeFileSync(join(root, "index.key"), indexKeyFile(), { mode: 0o600 });
    signMirrored("index.key");
    expect(await refusal(verifyByMirror(WORKER))).toContain("it expired at 2026-01-01T00:00:00Z");
  });

  it("that alters provenance is refused", async () => {
    const provenance = mirrored(`v1/workers/${WORKER}/1.0.0/provenance`);
    writeFileSync(provenance, `${readFileSync(provenance, "utf8")}\n`);
    expect(await refusal(verifyByMirror(WORKER))).toContain("provenance");
    rmSync(provenance);
    expect((await verifyByMirror(WORKER)).code).toBe(0);
  });
});

describe.skipIf(!runnable)("after a new release", () => {
  beforeAll(async () => {
    if (!runnable) return;
    for (const path of [INDEX, `${INDEX}.minisig`]) await copy(path, mirrored(`${path}.old`));
    const next = join(root, `${WORKER}-linux-x86_64`);
    writeFileSync(next, Buffer.concat([readFileSync(file(WORKER)), Buffer.from("newer")]));
    await catalog.publish(WORKER, "1.1.0", [next]);
  });

  it("the old one is outdated, and a mirror cannot offer the old index to who has seen the new", async () => {
    const now = await verify(WORKER);
    expect([now.code, now.stdout]).toEqual([0, expect.stringContaining("Version 1.1.0 is available")]);
    // Genuine, and good for days yet.
    for (const path of [INDEX, `${INDEX}.minisig`]) copyFileSync(mirrored(`${path}.old`), mirrored(path));
    expect(await refusal(verify("--mirror", mirror.url, WORKER))).toContain("it is older");
  });

  it("a version that is yanked or withdrawn is told", async () => {
    await catalog.admin("release", "yank", `${WORKER}@1.0.0`, "--reason", "test");
    const yanked = await verify(WORKER);
    expect([yanked.code, yanked.stdout]).toEqual([0, expect.stringContaining("was yanked")]);
    await catalog.admin("release", "block", `${WORKER}@1.0.0`, "--reason", "test", "--yes");
    const blocked = await verify(WORKER);
    expect([blocked.code, blocked.stdout]).toEqual([5, expect.stringContaining("HAS BEEN WITHDRAWN")]);
    expect(blocked.stderr).toContain("Withdrawn: 1 of 1.");
  });
});
