import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../../src/cli/errors.ts";
import { fileOf, mirrorClient } from "../../src/cli/mirror.ts";
import { indexComment, releaseIndex } from "../../src/domain/delivery/index/release-index.ts";
import { delegateIndexKey } from "../../src/lib/minisign/index-key.ts";
import { formatMinisignPublicKey, formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { signText } from "../../src/lib/minisign/text.ts";
import { currentTime } from "../../src/lib/time.ts";
import { FACTS, releaseOf } from "../support/index-fixture.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

/** `install --mirror`: without the catalog, by the signed index alone. */
const CPU = "llm-worker-rbee-cpu";
const CUDA = "llm-worker-rbee-cuda";
const releaseKey = await generateMinisignKey();
const indexKey = await generateMinisignKey();

let mirror = "";
let home = "";

async function lay(path: string, content: string): Promise<void> {
  const file = join(mirror, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** The program of a build: it says its name. */
const program = (name: string): string => `#!/bin/sh\necho ${name}\n`;

/** Puts a worker with one version of these builds into the mirror. */
async function mirrored(
  workerId: string,
  backend: string,
  builds: readonly { filename: string; requires: object | null }[],
): Promise<void> {
  const version = "1.0.0";
  const artifacts = [];
  for (const { filename, requires } of builds) {
    const bytes = program(filename);
    const blake2b = new Uint8Array(createHash("blake2b512").update(bytes).digest());
    const comment = `file:${filename}\tworker:${workerId}\tversion:${version}`;
    artifacts.push({
      ...{ kind: "binary" as const, platform: "linux-x86_64" as const, filename, size: bytes.length, requires },
      ...{ sha256: createHash("sha256").update(bytes).digest("hex"), object_key: filename, pgp_signature: null },
      signature: formatMinisignSignature(await signMinisign(releaseKey, blake2b, comment)),
    });
    await lay(`v1/workers/${workerId}/${version}/files/${filename}`, bytes);
  }
  const manifest = { worker_id: workerId, published_at: 0, serial: 7, releases: [releaseOf(version, { artifacts })] };
  const facts = { ...FACTS, variant: backend, family: "llm-worker-rbee", tier: "free", backend };
  const index = releaseIndex(facts, manifest, currentTime());
  await lay(`v1/workers/${workerId}/index.json`, JSON.stringify(index));
  await lay(
    `v1/workers/${workerId}/index.json.minisig`,
    await signText(indexKey, JSON.stringify(index), indexComment(index)),
  );
}

beforeEach(async () => {
  mirror = await temporaryFolder();
  home = await temporaryFolder();
  await lay("workers", JSON.stringify({ workers: [{ id: CPU }, { id: CUDA }, { id: "sd-worker-rbee-cpu" }] }));
  await lay("keys/index-signing.pub", formatMinisignPublicKey(indexKey));
  await lay("keys/index-signing.pub.minisig", await delegateIndexKey(releaseKey, indexKey, currentTime()));
  await writeFile(join(home, "release.pub"), formatMinisignPublicKey(releaseKey));
  await mirrored(CPU, "cpu", [
    { filename: `${CPU}-linux-x86_64`, requires: null },
    { filename: `${CPU}-linux-x86_64-musl`, requires: { libc: { name: "musl" } } },
  ]);
  await mirrored(CUDA, "cuda", [{ filename: `${CUDA}-linux-x86_64`, requires: { cuda: { min: "12.4" } } }]);
});

const install = (args: readonly string[], at = mirror) =>
  runCli(["install", ...args, "--dir", join(home, "workers"), "--mirror", at, "--json"], {
    DEV_DIR: home,
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    RBEE_CATALOG_URL: "https://catalog.invalid",
  });

const KEY = () => ["--release-key", join(home, "release.pub")];
const placed = (worker: string) => readFile(join(home, "workers", worker), "utf8");

describe("install from a mirror", () => {
  it("chooses by the signed indexes of a folder, and takes the file from there", async () => {
    const { code, stdout, stderr } = await install([...KEY(), "--platform", "linux-x86_64"]);
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      worker: CPU,
      ruled_out: expect.arrayContaining([expect.objectContaining({ worker_id: CUDA, code: expect.any(String) })]),
      start: { result: "untried" },
    });
    expect(await placed(CPU)).toBe(program(`${CPU}-linux-x86_64`));
  });

  it("takes the same from a web server", async () => {
    const server = await serve(async (request, response) => {
      const bytes = await readFile(join(mirror, request.url ?? "")).catch(() => null);
      response.writeHead(bytes === null ? 404 : 200).end(bytes);
    });
    const { code } = await install(["cpu", ...KEY(), "--platform", "linux-x86_64"], server.url);
    server.close();
    expect([code, await placed(CPU)]).toEqual([EXIT.ok, program(`${CPU}-linux-x86_64`)]);
  });

  it("remembers the indexes, so that an older one is refused later", async () => {
    expect((await install([CPU, ...KEY(), "--platform", "linux-x86_64"])).code).toBe(EXIT.ok);
    const state = JSON.parse(await readFile(join(home, "config/rbee/catalog.json"), "utf8"));
    expect(state.indexes["https://catalog.invalid"].serials).toEqual({ [CPU]: 7, [CUDA]: 7 });
  });

  it("refuses a file that is not that of the index, and leaves nothing", async () => {
    await lay(`v1/workers/${CPU}/1.0.0/files/${CPU}-linux-x86_64`, program(`${CPU}-linux-x86_65`));
    const { code, stderr } = await install([CPU, ...KEY(), "--platform", "linux-x86_64"]);
    expect([code, stderr]).toEqual([EXIT.integrity, expect.stringContaining("its sha256 is")]);
    await expect(placed(CPU)).rejects.toThrow("ENOENT");
  });

  it("needs a key that is not the mirror's own, and says what a worker lacks", async () => {
    const bare = await install([CPU]);
    expect([bare.code, bare.stderr]).toEqual([EXIT.usage, expect.stringContaining("cannot vouch for itself")]);
    const { code, stderr } = await install([CUDA, ...KEY(), "--platform", "macos-aarch64"]);
    expect([code, JSON.parse(stderr).message]).toEqual([
      EXIT.notFound,
      expect.stringContaining("this machine is macos"),
    ]);
  });
});

describe("a mirror", () => {
  it("is a URL or a folder", async () => {
    await expect(mirrorClient(join(home, "none"), () => {})).rejects.toMatchObject({ exitCode: EXIT.usage });
    await expect((await mirrorClient(mirror, () => {})).send({ path: "/nothing" })).rejects.toMatchObject({
      exitCode: EXIT.notFound,
    });
  });

  it.each(["/../x", "/v1/..%2Fx", "/a/%2e%2e/b", "/a%00b"])("has no file at %s", (path) => {
    expect(() => fileOf("/mirror", path)).toThrow("is no file");
  });
});
