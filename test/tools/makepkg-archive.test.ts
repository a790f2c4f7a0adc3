import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeSourceArchive } from "../../src/cli/publish/archive/source-archive.ts";
import { renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { hiveSources, parseAsHive } from "../support/hive-parser.ts";
import { fetchAsHive } from "../support/node/hive-fetch.ts";
import { installed } from "../support/node/installed.ts";
import { makepkg, makepkgMissing, recipePath } from "../support/node/makepkg.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { byHive } from "../support/node/recipe-run.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";
import { type GitHub, startGitHub } from "../support/node/upstream/github.ts";

/**
 * Builds free recipes from a source archive, with the real git, cargo and makepkg, and as a hive does. The archive is
 * made of repositories with upstream's submodules; see test/support/node/upstream. The builds reach no repository.
 */
const cargoInstalled = installed("/usr/bin/cargo", "openssl", "curl", "tar");
const REPOSITORY = "https://github.com/rbee-keeper/rbee.git";
const ID = "llm-worker-rbee-cuda";
const NO_GITHUB = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "http.proxy", GIT_CONFIG_VALUE_0: "http://127.0.0.1:9" };

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub();
  for (const [name, value] of Object.entries(github.env)) vi.stubEnv(name, value);
  // A machine behind a proxy may have settings of its own.
  vi.stubEnv("GIT_SSL_CAINFO", undefined);
  vi.stubEnv("PATH", "/usr/bin:/bin");
  vi.stubEnv("CARGO_NET_OFFLINE", "true");
});
afterEach(() => {
  vi.unstubAllEnvs();
  github.close();
});

const notes: string[] = [];
const made = async (workerId: string, lockfile?: string): Promise<Buffer> => {
  const cache = await temporaryFolder();
  const wanted = { workerId, version: "1.2.0", source: REPOSITORY, tag: "v1.2.0", commit: undefined, lockfile };
  const path = await makeSourceArchive(wanted, { XDG_CACHE_HOME: cache }, (text) => notes.push(text));
  expect(basename(path)).toBe(`${workerId}-1.2.0-source.tar.gz`);
  return readFileSync(path);
};

const sumOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A catalog that serves `bytes` at the address of the archive, and a folder with the recipe of the release. */
async function workspace(bytes: Buffer, sha256 = sumOf(bytes)) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    response.end(bytes);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  const read = (file: "PKGBUILD" | "SRCINFO") => readFileSync(recipePath("llm-worker-cuda", file), "utf8");
  const archive = { path: `/v1/workers/${ID}/1.2.0/files/${ID}-1.2.0-source.tar.gz`, sha256 };
  const { pkgbuild } = renderRecipe(
    { pkgbuild: read("PKGBUILD"), srcinfo: read("SRCINFO") },
    { pkgver: "1.2.0", source: { tag: "v1.2.0", commit: "0".repeat(40), archive }, binaries: [] },
    `http://127.0.0.1:${address.port}`,
  );
  const directory = workDirectory();
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild);
  mkdirSync(join(directory, "bin"));
  for (const [tool, text] of [
    ["nvcc", "echo 'release 13.0, V13.0.1'"],
    ["nvidia-smi", "echo 8.6"],
  ] as const) {
    writeFileSync(join(directory, "bin", tool), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const env = { ...NO_GITHUB, PATH: `${directory}/bin:/usr/bin:/bin`, CARGO_NET_OFFLINE: "true" };
  return { directory, pkgbuild, env, requests, close: () => server.close() };
}

type Workspace = Awaited<ReturnType<typeof workspace>>;

const CLIENTS: readonly [string, (place: Workspace) => Promise<Run>][] = [
  ["makepkg", ({ directory, env }) => makepkg(directory, ["--noarchive", "--nodeps", "--ignorearch"], env)],
  [
    "a hive",
    async ({ directory, pkgbuild, env }) => {
      const srcdir = join(directory, "src");
      await runAsUser(directory, ["mkdir", "-p", `${srcdir}/rbee`]);
      await runAsUser(directory, ["sh", "-c", `echo foreign >${srcdir}/rbee/Cargo.toml`]);
      const fetched = await fetchAsHive(directory, hiveSources.inUse(parseAsHive(pkgbuild)), srcdir, env);
      return fetched.code === 0 ? byHive(directory, pkgbuild, env) : fetched;
    },
  ],
];

describe.skipIf(!cargoInstalled || makepkgMissing !== null)("a source archive", () => {
  it.each(CLIENTS)("is all that %s needs to build CUDA's worker: no repository is asked", async (_, build) => {
    const place = await workspace(await made(ID));
    expect(github.asked()).toContain("NVIDIA/cutlass");
    const run = await build(place);
    expect(run.code, run.stderr).toBe(0);
    expect(existsSync(join(place.directory, "pkg", ID, "usr/local/bin", ID))).toBe(true);
    expect(github.asked()).toEqual([]);
    expect(place.requests).toEqual([`/v1/workers/${ID}/1.2.0/files/${ID}-1.2.0-source.tar.gz`]);
    place.close();
  });

  it.each(CLIENTS)("is refused by %s if its bytes are others than the published ones", async (_, build) => {
    const bytes = await made(ID);
    const place = await workspace(Buffer.concat([bytes, Buffer.from("x")]), sumOf(bytes));
    const run = await build(place);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/did not pass the validity check|did not arrive intact/);
    expect(existsSync(join(place.directory, "src/rbee/target"))).toBe(false);
    place.close();
  });

  it("is downloaded anew by a hive where a proxy sends whole files only", async () => {
    const place = await workspace(await made(ID));
    const part = `src/${ID}-1.2.0-source.tar.gz.part`;
    await runAsUser(place.directory, ["sh", "-c", `mkdir src && echo begun >${part}`]);
    const run = await byHive(place.directory, place.pkgbuild, place.env);
    expect(run.code, run.stderr).toBe(0);
    expect(place.requests).toHaveLength(2);
    place.close();
  });

  it("is the same bytes for two builders, and for the folder of a checkout", async () => {
    const [one, other] = [await made(ID), await made(ID)];
    expect(sumOf(other)).toBe(sumOf(one));
    const checkout = await temporaryFolder();
    await promisify(execFile)("git", ["clone", "-q", "--branch", "v1.2.0", REPOSITORY, join(checkout, "rbee")]);
    const wanted = { workerId: ID, version: "1.2.0", source: join(checkout, "rbee"), tag: "v1.2.0" };
    const path = await makeSourceArchive(
      { ...wanted, commit: undefined, lockfile: undefined },
      { XDG_CACHE_HOME: join(checkout, "cache") },
      () => {},
    );
    expect(sumOf(readFileSync(path))).toBe(sumOf(one));
  });

  it("is made for a worker that is not for ROCm also if rocm-rs is private, and for ROCm it is refused", async () => {
    github.hide("veighnsche/rocm-rs");
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "a.tar.gz"), await made(ID));
    expect(notes.join()).toContain("deps/rocm-rs cannot be fetched, so an empty crate takes its place");
    const names = execFileSync("tar", ["-tzf", join(folder, "a.tar.gz")], { encoding: "utf8" });
    expect(names).toContain("rbee/deps/rocm-rs/Cargo.toml\n");
    await expect(made("llm-worker-rbee-rocm")).rejects.toThrow("git fetch failed");
  });

  it("takes the lock file that the publisher names, and without cargo and a lock file it is refused", async () => {
    const folder = await temporaryFolder();
    const lock = join(folder, "Cargo.lock");
    writeFileSync(lock, 'version = 3\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n');
    mkdirSync(join(folder, "bin"));
    for (const tool of ["git", "tar", "gzip"]) {
      writeFileSync(join(folder, "bin", tool), `#!/bin/sh\nexec /usr/bin/${tool} "$@"\n`, { mode: 0o755 });
    }
    vi.stubEnv("PATH", join(folder, "bin"));
    writeFileSync(join(folder, "a.tar.gz"), await made(ID, lock));
    const text = execFileSync("/usr/bin/tar", ["-xzOf", join(folder, "a.tar.gz"), "rbee/Cargo.lock"], {
      env: { PATH: "/usr/bin:/bin" },
    });
    expect(text.toString()).toBe(readFileSync(lock, "utf8"));
    await expect(made(ID)).rejects.toThrow("cargo is not installed. Install Rust, or give --lockfile FILE.");
  });

  it("is not made of another commit than the signed one", async () => {
    const wanted = { workerId: ID, version: "1.2.0", source: REPOSITORY, tag: "v1.2.0", lockfile: undefined };
    const cache = { XDG_CACHE_HOME: await temporaryFolder() };
    await expect(makeSourceArchive({ ...wanted, commit: "1".repeat(40) }, cache, () => {})).rejects.toThrow(
      `but commit ${"1".repeat(40)} is signed.`,
    );
  });
});
