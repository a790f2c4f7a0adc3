import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRequires } from "../../src/cli/publish/requires-file.ts";
import { formatRelease, Release } from "../../src/cli/release-view.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const read = (path: string, named?: string) => readRequires(path, "linux-x86_64", named);

describe("the needs of a file to publish", () => {
  it("are in FILE.requires.json, in a named file, or in the argument itself", async () => {
    const path = join(await temporaryFolder(), "w-linux-x86_64");
    expect(await read(path)).toBeNull();
    await writeFile(`${path}.requires.json`, '\uFEFF{"gpu": ["sm_90", "sm_80", "sm_90"], "cuda": {"min": "12.4"}}');
    expect(await read(path)).toEqual({ cuda: { min: "12.4" }, gpu: ["sm_80", "sm_90"] });
    await writeFile(`${path}.other`, '{"cuda": {"min": "13.0"}}');
    expect(await read(path, `${path}.other`)).toEqual({ cuda: { min: "13.0" } });
    expect(await read(path, '{"memory_bytes": 8}')).toEqual({ memory_bytes: 8 });
    expect(await read(path, "{}")).toBeNull();
  });

  it.each([
    ["{", "--requires is not usable: it is not JSON."],
    ['{"gpus": ["sm_80"]}', "gpus"],
    ['{"cuda": {"min": "twelve"}}', "--requires is not usable: cuda.min: must be a dotted number, such as 12.4."],
    ['{"cuda": {"min": "13", "max": "12"}}', "cuda.max: must not be below min"],
    ['{"backend": "cpu", "cuda": {"min": "12"}}', "The worker is for cpu, which needs no cuda."],
  ])("are refused before anything is sent: %s", async (text, reason) => {
    await expect(read("w", text)).rejects.toThrow(reason);
  });

  it("are refused if the named file cannot be read, or if one text is for several files", async () => {
    await expect(read("w", "/no/such/file.json")).rejects.toThrow("/no/such/file.json cannot be read.");
    const folder = await temporaryFolder();
    const { code, stderr } = await runCli(
      [
        "release",
        "publish",
        "a-linux-x86_64",
        "b-linux-x86_64",
        "--worker",
        "w",
        "--version",
        "1.0.0",
        "--requires",
        "{}",
      ],
      { XDG_CONFIG_HOME: folder, DEV_DIR: folder, RBEE_CATALOG_URL: "http://localhost:1", RBEE_ADMIN_TOKEN: "t" },
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining("put FILE.requires.json beside each")]);
  });
});

const artifact = {
  ...{ id: "art_1", kind: "binary", platform: "linux-x86_64", filename: "w-cuda12-linux-x86_64", size: 3 },
  ...{ sha256: "0".repeat(64), state: "uploading", signature: null, pgp_signature: null },
};
const release = {
  ...{ id: "rel_1", worker_id: "w", version: "1.0.0", channel: "stable", status: "draft", source_tag: null },
  ...{ provenance: null, artifacts: [{ ...artifact, requires: { cuda: { min: "12.4" }, cpu_features: ["avx2"] } }] },
};

it("release show tells what each file needs", () => {
  expect(formatRelease(Release.parse(release))).toContain("CUDA 12.4 (a driver for CUDA 12 or newer), avx2");
  expect(formatRelease(Release.parse({ ...release, artifacts: [artifact] }))).toContain("w-cuda12-linux-x86_64");
});

it("release publish sends the needs of each file, and refuses other ones than the draft has", async () => {
  const folder = await temporaryFolder();
  const paths = ["w-cuda12-linux-x86_64", "w-cuda13-linux-x86_64"].map((name) => join(folder, name));
  for (const path of paths) await writeFile(path, "abc");
  await writeFile(`${paths[0]}.requires.json`, '{"cuda": {"min": "12.4"}}');
  await writeFile(`${paths[1]}.requires.json`, '{"cuda": {"min": "13.0"}}');
  // As `dist/*` names them.
  const named = paths.flatMap((path) => [path, `${path}.requires.json`]);
  let artifacts: unknown[] = [];
  const declared: { filename: string; requires?: unknown }[] = [];
  const catalog = await serve(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    if (request.method === "POST" && request.url?.endsWith("/artifacts")) declared.push(JSON.parse(text));
    const upload = { part_size: 3, parts: [{ part: 1 }] };
    const check = { state: "passed", checked: 3, problem: null };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(
      JSON.stringify({
        release: { ...release, artifacts },
        artifact: { id: "art_1", state: "uploading" },
        upload,
        check,
      }),
    );
  });
  const env = { XDG_CONFIG_HOME: folder, DEV_DIR: folder, RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: "t" };
  const publish = () => runCli(["release", "publish", ...named, "--worker", "w", "--version", "1.0.0"], env);
  const first = await publish();
  expect([first.code, first.stderr.includes("not usable")]).toEqual([0, false]);
  expect(declared.map(({ filename, requires }) => [filename, requires])).toEqual([
    ["w-cuda12-linux-x86_64", { cuda: { min: "12.4" } }],
    ["w-cuda13-linux-x86_64", { cuda: { min: "13.0" } }],
  ]);
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  artifacts = [{ ...artifact, sha256, requires: { cuda: { min: "11.8" } } }];
  const second = await publish();
  catalog.close();
  expect([second.code, second.stderr]).toEqual([
    1,
    expect.stringContaining(
      "has w-cuda12-linux-x86_64 with other requires already (CUDA 11.8 (a driver for CUDA 11 or newer))",
    ),
  ]);
});
