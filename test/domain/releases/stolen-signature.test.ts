import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { blake2b } from "@noble/hashes/blake2.js";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { signedComment } from "../../../src/domain/releases/artifact/signed-names.ts";
import { contentsDigest } from "../../../src/domain/releases/package-format.ts";
import type { ArtifactUpload, ReleaseSchema } from "../../../src/domain/releases/view.ts";
import type { PacmanContents } from "../../../src/formats/arch/pacman.ts";
import { formatMinisignSignature } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../src/lib/minisign/secret-key.ts";
import type { z } from "../../../src/platform/http/route.ts";
import { makeToken } from "../../support/admin-request.ts";
import { packageFile } from "../../support/package-fixture.ts";
import { declarationOf, randomBytes } from "../../support/publish-release.ts";
import { withReleaseKey } from "../../support/release-keys.ts";

type Release = z.infer<typeof ReleaseSchema>;
type Upload = z.infer<typeof ArtifactUpload>;
type Refusal = { code: string; detail: string; errors?: { path: string; message: string }[] };

/** A thief has a token of a publisher and everything that is published, but not the release key. */
const key = await generateMinisignKey();
const strict = {
  ...env,
  RELEASE_SIGNATURES: "bound",
  RELEASE_SIGNING_PUBLIC_KEYS: withReleaseKey(key),
};
const CUDA = "llm-worker-rbee-cuda";
const bytes = randomBytes(500);

let token = "";
beforeEach(async () => {
  ({ token } = await makeToken(["releases:read", "releases:write"]));
});

async function ask(method: string, path: string, body?: object | Uint8Array<ArrayBuffer>): Promise<Response> {
  const isBytes = body instanceof Uint8Array;
  const request = new Request(`https://catalog.test/v1/admin/releases${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(isBytes ? {} : { "Content-Type": "application/json" }) },
    body: isBytes ? body : JSON.stringify(body ?? {}),
  });
  const context = createExecutionContext();
  const response = await app.fetch(request, strict as Env, context);
  await waitOnExecutionContext(context);
  return response;
}
const draft = async (worker_id: string, version: string) =>
  (await (await ask("POST", "", { worker_id, version })).json<{ release: Release }>()).release;
const signed = async (comment: string, over = bytes) =>
  formatMinisignSignature(await signMinisign(key, new Uint8Array(blake2b(over)), comment));

/** Declares and uploads a file and completes it; the status, and the refusal if there is one. */
async function upload({ id }: Release, declared: object, sent = bytes): Promise<[number, Refusal]> {
  const declaration = await ask("POST", `/${id}/artifacts`, declared);
  if (declaration.status === 422) return [422, await declaration.json<Refusal>()];
  const at = `/${id}/artifacts/${(await declaration.json<Upload>()).artifact.id}`;
  expect((await ask("PUT", `${at}/parts/1`, sent)).status).toBe(200);
  const completed = await ask("POST", `${at}/complete`);
  return [completed.status, await completed.json<Refusal>()];
}

describe("a genuine signed file of another release", () => {
  it("is refused as a newer version and as another worker, with both names, and its release is not published", async () => {
    const old = await draft(CUDA, "1.0.0");
    const genuine = await signed(
      signedComment({ file: "worker-linux-x86_64", worker: CUDA, version: "1.0.0", platform: "linux-x86_64" }),
    );
    const declared = { ...(await declarationOf({ bytes })), signature: genuine };
    expect((await upload(old, declared))[0]).toBe(200);
    const published = await ask("POST", `/${old.id}/publish`);
    expect(published.status).toBe(200);
    const { release } = await published.json<{ release: Release }>();
    expect(release.artifacts).toMatchObject([{ signature_names: ["file", "worker", "version", "platform"] }]);

    for (const [worker, version, ...names] of [
      [CUDA, "1.0.20", "version 1.0.0", "version 1.0.20"],
      [CUDA, "2.0.0-rc.1", "version 1.0.0", "version 2.0.0-rc.1"],
      ["llm-worker-rbee-premium-cuda", "1.0.0", `worker ${CUDA}`, "worker llm-worker-rbee-premium-cuda"],
    ] as const) {
      const fake = await draft(worker, version);
      const [status, { code, errors = [] }] = await upload(fake, declared);
      expect([status, code, errors.map(({ path }) => path)]).toEqual([422, "VALIDATION_FAILED", ["signature"]]);
      for (const name of names) expect(errors[0]?.message).toContain(name);
      expect((await ask("POST", `/${fake.id}/publish`)).status).toBe(409);
    }
    const [status, { errors }] = await upload(await draft(CUDA, "1.1.0"), {
      ...declared,
      filename: "llm-worker-rbee-cuda-linux-x86_64",
    });
    expect([status, errors]).toEqual([422, [expect.objectContaining({ path: "signature" })]]);
  });

  it("is refused without names, where minisign's own comment has only the file", async () => {
    const declared = {
      ...(await declarationOf({ bytes })),
      signature: await signed("file:worker-linux-x86_64\thashed"),
    };
    const [status, { errors }] = await upload(await draft(CUDA, "1.0.0"), declared);
    expect([status, errors]).toEqual([
      422,
      [{ path: "signature", message: expect.stringContaining("rbee-catalog release comment") }],
    ]);
  });
});

describe("a genuine signed package", () => {
  const packed = packageFile(CUDA, "1.0.0", "linux-x86_64", { bytes });
  const { filename = "", contents } = packed;
  const withContents = async (declaredContents: PacmanContents, covered = declaredContents) => ({
    ...(await declarationOf(packed)),
    package: declaredContents,
    signature: await signed(
      signedComment({ file: filename, worker: CUDA, version: "1.0.0", contents: await contentsDigest(covered) }),
    ),
  });

  it("is refused with a declaration that its signature does not cover", async () => {
    if (!contents) throw new Error("a package has contents");
    const { pkginfo, files } = contents;
    for (const lie of [
      { pkginfo: `${pkginfo}\ndepend = other-package`, files },
      { pkginfo: `${pkginfo}\nreplaces = ${CUDA}-git`, files },
      { pkginfo, files: [...files, `usr/bin/${CUDA}`] },
    ]) {
      const release = await draft(CUDA, "1.0.0");
      const [status, { errors }] = await upload(release, await withContents(lie, contents));
      expect([status, errors]).toEqual([422, [expect.objectContaining({ path: "signature" })]]);
      expect((await ask("DELETE", `/${release.id}`)).status).toBe(204);
    }
    expect((await upload(await draft(CUDA, "1.0.0"), await withContents(contents)))[0]).toBe(200);
  });

  it("is refused when it claims the names of others, even if the signature covers the claim", async () => {
    if (!contents) throw new Error("a package has contents");
    const { pkginfo, files } = contents;
    const release = await draft(CUDA, "1.0.0");
    for (const claim of ["replaces = glibc", "provides = sudo=2", "conflict = pacman", "group = base-devel"]) {
      const [status, { errors }] = await upload(
        release,
        await withContents({ pkginfo: `${pkginfo}\n${claim}`, files }),
      );
      expect([claim, status, errors]).toEqual([claim, 422, [expect.objectContaining({ path: "package.pkginfo" })]]);
    }
  });
});
