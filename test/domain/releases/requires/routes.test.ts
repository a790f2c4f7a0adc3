import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { declarationOf, publishRelease, randomBytes, type TestFile } from "../../../support/publish-release.ts";
import { get, newPublisher, post, type Release, releaseOf } from "../../../support/release-requests.ts";

const WORKER = "llm-worker-rbee-cuda";
const bytes = randomBytes(10);

let id = "";
beforeEach(async () => {
  await newPublisher();
  ({ id } = await releaseOf(post("", { worker_id: WORKER, version: "1.0.0" })));
});

const declare = async (file: Partial<TestFile>, more: object = {}) =>
  post(`/${id}/artifacts`, { ...(await declarationOf({ bytes, ...file })), ...more });

const codeOf = async (response: Response) => {
  const { code, errors } = await response.json<{ code: string; errors?: { path: string }[] }>();
  return [response.status, code, errors?.[0]?.path];
};

describe("a declared file", () => {
  it("keeps its needs in their one form, and shows them", async () => {
    expect((await declare({ filename: "a" }, { requires: { gpu: ["sm_90", "sm_80"] } })).status).toBe(201);
    expect((await declare({ filename: "b" }, { requires: {} })).status).toBe(201);
    const { artifacts }: Release = await releaseOf(get(`/${id}`));
    expect(artifacts.map(({ filename, requires }) => [filename, requires])).toEqual([
      ["a", { gpu: ["sm_80", "sm_90"] }],
      ["b", null],
    ]);
  });

  it("stands beside another of its platform with other needs, and not with the same", async () => {
    expect((await declare({ filename: "a" }, { requires: { cuda: { min: "12.4" } } })).status).toBe(201);
    expect((await declare({ filename: "b" }, { requires: { cuda: { min: "13.0" } } })).status).toBe(201);
    const again = await declare({ filename: "a" }, { requires: { cuda: { min: "12.4" } } });
    expect(again.status).toBe(200);
    const rival = await declare({ filename: "c" }, { requires: { cuda: { min: "13.0" } } });
    expect(rival.status).toBe(409);
    expect((await rival.json<{ detail: string }>()).detail).toMatch(
      /^The release has another file there: b for linux-x86_64 with CUDA 13\.0 \(a driver for CUDA 13 or newer\) \(art_\w+\)\. Delete it first, or give/,
    );
    expect(await codeOf(await declare({ filename: "a" }, { requires: { cuda: { min: "11.8" } } }))).toEqual([
      ...[409, "CONFLICT", undefined],
    ]);
  });

  it.each([
    [{ requires: { vram: 8 } }, "requires"],
    [{ requires: { cuda: "12.4" } }, "requires.cuda"],
    [{ requires: { cuda: { min: "13", max: "12" } } }, "requires.cuda.max"],
    [{ requires: { backend: "rocm" } }, "requires.backend"],
    [{ requires: { gpu: ["gfx1100"] } }, "requires.gpu"],
    [{ platform: "windows-x86_64", requires: { libc: { name: "glibc" } } }, "requires.libc"],
  ])("with %j is refused at %s", async (more, path) => {
    expect(await codeOf(await declare({ filename: "a" }, more))).toEqual([422, "VALIDATION_FAILED", path]);
  });
});

describe("several builds of a platform", () => {
  const base = `https://catalog.test/v1/workers/${WORKER}`;
  const link = async (query: string) => {
    const response = await exports.default.fetch(`${base}/latest/download${query}`);
    const { filename, sha256, code } = await response.json<{ filename?: string; sha256?: string; code?: string }>();
    return { filename, sha256, code };
  };

  beforeEach(async () => {
    await publishRelease({
      ...{ worker_id: WORKER, version: "2.0.0" },
      files: [
        { bytes: randomBytes(10), filename: "w-cuda13", requires: { cuda: { min: "13.0" } } },
        { bytes: randomBytes(10), filename: "w+cuda12", requires: { cuda: { min: "12.4" } } },
        { bytes: randomBytes(10), filename: "w.exe", platform: "windows-x86_64" },
      ],
    });
  });

  it("have a default, which is the one that runs on most machines", async () => {
    expect((await link("?platform=linux-x86_64")).filename).toBe("w+cuda12");
    expect((await link("")).code).toBe("ARTIFACT_NOT_FOUND");
  });

  it("are downloaded by name", async () => {
    expect((await link("?filename=w-cuda13")).filename).toBe("w-cuda13");
    expect((await link("?filename=w%2Bcuda12&platform=linux-x86_64")).filename).toBe("w+cuda12");
    expect((await link("?filename=w-cuda13&platform=windows-x86_64")).code).toBe("ARTIFACT_NOT_FOUND");
    expect((await link("?filename=none")).code).toBe("ARTIFACT_NOT_FOUND");
  });

  it("give a recipe the default", async () => {
    const worker_id = "llm-worker-rbee-premium-cuda";
    await publishRelease({
      ...{ worker_id, version: "1.0.0" },
      files: [
        { bytes: randomBytes(10), filename: "w-cuda13", requires: { cuda: { min: "13.0" } } },
        { bytes: randomBytes(10), filename: "w-cuda12", requires: { cuda: { min: "12.4" } } },
      ],
    });
    const recipe = await (await exports.default.fetch(`https://catalog.test/workers/${worker_id}/PKGBUILD`)).text();
    expect(recipe).toContain("w-cuda12");
    expect(recipe).not.toContain("w-cuda13");
  });

  it("are listed with their needs", async () => {
    const response = await exports.default.fetch(`${base}/versions`);
    const { versions } = await response.json<{ versions: { artifacts: { requires: unknown }[] }[] }>();
    expect(versions[0]?.artifacts.map(({ requires }) => requires)).toEqual([
      { cuda: { min: "13.0" } },
      { cuda: { min: "12.4" } },
      null,
    ]);
  });
});
