import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { declareArtifact } from "../../../src/domain/releases/artifact/upload.ts";
import { manifestFromLedger } from "../../../src/domain/releases/manifest-publication.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { watchAnswers } from "../../support/described-answers.ts";
import { publishRecipe } from "../../support/publish-recipe.ts";
import { declarationOf, publisher, publishRelease, randomBytes, sha256Hex } from "../../support/publish-release.ts";

/** A release of a free worker whose files are a source archive, and a binary if that is asked for. */
const worker_id = "llm-worker-rbee-cpu";
const filename = `${worker_id}-1.2.0-source.tar.gz`;
const folder = `/v1/workers/${worker_id}/1.2.0`;

watchAnswers();

const get = (path: string, init: RequestInit = {}) =>
  exports.default.fetch(new Request(`http://localhost${path}`, { redirect: "manual", ...init }));

const archive = { platform: "any" as const, filename, bytes: randomBytes(3000) };
const release = { worker_id, version: "1.2.0", source: { source_tag: "v1.2.0" } };

it("a source archive is served with its signature like a binary, and the recipe builds it by its sum", async () => {
  const secretKey = await generateMinisignKey();
  await publishRecipe({ ...release, files: [{ ...archive, secretKey }] });
  const sum = await sha256Hex(archive.bytes);

  const redirect = await get(`${folder}/files/${filename}`);
  const location = redirect.headers.get("Location") ?? "";
  expect(new URL(location).pathname).toBe(`/dl/free/${worker_id}/1.2.0/${sum}/${filename}`);
  const bytes = new Uint8Array(await (await get(new URL(location).pathname)).arrayBuffer());
  expect(await sha256Hex(bytes)).toBe(sum);
  const signature = await get(`${folder}/files/${filename}.minisig`);
  const link = new URL(signature.headers.get("Location") ?? "");
  expect(await (await get(link.pathname)).text()).toContain(`file:${filename}\tworker:${worker_id}\tversion:1.2.0`);
  expect(await (await get(`${folder}/download?filename=${filename}`)).json()).toMatchObject({
    platform: "any",
    sha256: sum,
  });

  const recipe = await (await get(`/workers/${worker_id}/PKGBUILD`)).text();
  expect(recipe).toMatch(new RegExp(`\\nsource=\\("${filename}::http[^"]*${folder}/files/${filename}"\\)\\n`));
  expect(recipe).toContain(`\nsha256sums=('${sum}')\n`);
  const worker = await (await get(`/v1/workers/${worker_id}`)).json();
  expect(worker).toMatchObject({ version: "1.2.0", released: true, source: { type: "git", tag: "v1.2.0" } });
  const page = await (await get(`/w/${worker_id}`, { headers: { Accept: "text/html" } })).text();
  expect(page).toContain("Source archive");
  expect(page).toContain(`href="${folder}/files/${filename}.minisig"`);
});

it("a source archive is in the listing and the signed index beside the artifacts, and is none of them", async () => {
  await publishRelease({ ...release, files: [archive, { bytes: randomBytes(10) }] });
  const facts = { filename, size: 3000, sha256: await sha256Hex(archive.bytes) };
  for (const path of [`/v1/workers/${worker_id}/versions`, `/v1/workers/${worker_id}/index.json`]) {
    const { versions } = await (await get(path)).json<{
      versions: { source_archive: object; artifacts: object[] }[];
    }>();
    expect(versions[0]?.source_archive).toMatchObject(facts);
    expect(versions[0]?.artifacts).toHaveLength(1);
  }
  const download = await (await get(`${folder}/download?platform=linux-x86_64`)).json();
  expect(download).toMatchObject({ filename: "worker-linux-x86_64" });
  const { releases } = await manifestFromLedger(env.DB, worker_id, currentTime());
  expect(releases[0]?.artifacts.map(({ kind }) => kind)).toEqual(["binary"]);
});

it("a release of a source archive alone offers no file for a platform", async () => {
  await publishRelease({ ...release, files: [archive] });
  expect((await get(`${folder}/download?platform=linux-x86_64`)).status).toBe(404);
  const machine = { platform: "linux-x86_64" };
  const body = JSON.stringify({ worker: worker_id, machine });
  const asked = await get("/v1/workers/resolve", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json" },
  });
  expect(await asked.json()).toMatchObject({ choice: null, ruled_out: [{ code: "NOT_RELEASED" }] });
});

it.each([
  ["of another name", { filename: "other-source.tar.gz" }, `The source archive of this release is named ${filename}.`],
  ["for a platform", { platform: "linux-x86_64" as const }, "A source archive is for any platform."],
  ["with needs", { requires: { backend: "cpu" as const } }, "A source archive has no requires: only binaries have."],
])("a source archive %s is refused", async (_, change, message) => {
  const draft = await publishRelease({ ...release, version: "1.1.0", files: [{ bytes: randomBytes(10) }] });
  const { createRelease } = await import("../../../src/domain/releases/act.ts");
  const made = await createRelease(env.DB, publisher(), { ...release, channel: "stable", notes: null });
  expect(made.id).not.toBe(draft.id);
  const declared = await declarationOf({ ...archive, ...change });
  await expect(declareArtifact(env, publisher(), made.id, declared)).rejects.toThrow(message);
});

it("a binary is for a platform, and a premium worker has no source archive", async () => {
  const { createRelease } = await import("../../../src/domain/releases/act.ts");
  const free = await createRelease(env.DB, publisher(), { ...release, channel: "stable", notes: null });
  const binary = await declarationOf({ ...archive, filename: "worker" });
  await expect(declareArtifact(env, publisher(), free.id, binary)).rejects.toThrow("Only a source archive is for any");
  const premium = {
    worker_id: "llm-worker-rbee-premium-cpu",
    version: "1.2.0",
    channel: "stable",
    notes: null,
  } as const;
  const sold = await createRelease(env.DB, publisher(), premium);
  const declared = await declarationOf({ ...archive, filename: `${premium.worker_id}-1.2.0-source.tar.gz` });
  await expect(declareArtifact(env, publisher(), sold.id, declared)).rejects.toThrow("is not built from source");
});

it("a release with a source archive is not published without its tag", async () => {
  await expect(publishRelease({ worker_id, version: "1.2.0", files: [archive] })).rejects.toThrow(
    "A source archive is of a tag, and the release names none.",
  );
});
