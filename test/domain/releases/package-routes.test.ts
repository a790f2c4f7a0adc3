import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { ArtifactUpload, ReleaseSchema } from "../../../src/domain/releases/view.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { addFile, declarationOf, randomBytes } from "../../support/publish-release.ts";

type Release = z.infer<typeof ReleaseSchema>;
type Upload = z.infer<typeof ArtifactUpload>;

const worker_id = "llm-worker-rbee-premium-cpu";
let token = "";
beforeEach(async () => {
  ({ token } = await makeToken(["releases:write"]));
});

const post = (path: string, body?: unknown) => ask("POST", `/v1/admin/releases${path}`, { token, body });
const put = (path: string, body: BodyInit) =>
  exports.default.fetch(`https://catalog.test/v1/admin/releases${path}`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${token}` },
    body,
  });
const release = async (response: Promise<Response>) => (await (await response).json<{ release: Release }>()).release;
const get = (path: string) => ask("GET", `/v1/admin/releases${path}`, { token });
const draft = (version: string) => release(post("", { worker_id, version }));

describe("a package in a draft", () => {
  it("is accepted beside the binary of the platform if its contents belong to this release", async () => {
    const { id } = await draft("1.2.0");
    await addFile(id, { bytes: randomBytes(10) });
    const packed = packageFile(worker_id, "1.2.0");
    const declaration = { ...(await declarationOf(packed)), pgp_signature: PGP_SIGNATURE };
    const contents = declaration.package ?? { pkginfo: "", files: [] };
    for (const [path, fault] of [
      ["package", { package: undefined }],
      ["package", { filename: "worker-linux-x86_64-too" }],
      ["package.pkginfo", { package: { ...contents, pkginfo: contents.pkginfo.replace("1.2.0-1", "1.2.1-1") } }],
      ["package.files.0", { package: { ...contents, files: ["/etc/passwd"] } }],
      ["package.files.0", { package: { ...contents, files: ["usr/../etc"] } }],
      ["package.files.0", { package: { ...contents, files: ["usr\n%NAME%"] } }],
      ["package.extra", { package: { ...contents, extra: 1 } }],
      ["filename", { filename: `${worker_id}-1.2.0-2-x86_64.pkg.tar.zst` }],
      ["pgp_signature", { pgp_signature: btoa("-----BEGIN PGP SIGNATURE-----") }],
    ] as const) {
      const refused = await post(`/${id}/artifacts`, { ...declaration, ...fault });
      const { code, errors } = await refused.json<{ code: string; errors: { path: string }[] }>();
      expect([path, refused.status, code]).toEqual([path, 422, "VALIDATION_FAILED"]);
      if (path !== "package.extra") expect(errors.map((error) => error.path)).toContain(path);
    }
    const declared = await post(`/${id}/artifacts`, declaration);
    expect(declared.status).toBe(201);
    const { artifact } = await declared.json<Upload>();
    expect(artifact).toMatchObject({ kind: "package", pgp_signature: PGP_SIGNATURE });
    expect((await post(`/${id}/artifacts`, declaration)).status).toBe(200);
    const at = `/${id}/artifacts/${artifact.id}`;
    await put(`${at}/parts/1`, packed.bytes);
    const later = "iHUEABYKAB0WIQQ4hDPCsRqxAFFY";
    expect((await post(`${at}/complete`, { pgp_signature: later })).status).toBe(200);
    expect((await post(`/${id}/publish`)).status).toBe(200);
    expect((await release(get(`/${id}`))).artifacts).toMatchObject([
      { kind: "binary" },
      { kind: "package", pgp_signature: later },
    ]);
  });

  it("may install 5000 files, and a longer list is refused with a problem", async () => {
    const { id } = await draft("1.4.0");
    const declaration = await declarationOf(packageFile(worker_id, "1.4.0"));
    const pkginfo = declaration.package?.pkginfo ?? "";
    const files = (count: number) =>
      Array.from({ length: count }, (_, index) => `usr/lib/worker/${"a".repeat(70)}${index}`);
    const big = { ...declaration, package: { pkginfo, files: files(5000) } };
    expect((await post(`/${id}/artifacts`, big)).status).toBe(201);
    const body = JSON.stringify({ ...declaration, package: { pkginfo, files: files(8000) } });
    const stream = new Blob([body]).stream();
    for (const sent of [body, stream]) {
      const refused = await exports.default.fetch(`https://catalog.test/v1/admin/releases/${id}/artifacts`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: sent,
      });
      expect([refused.status, refused.headers.get("Content-Type")]).toEqual([413, "application/problem+json"]);
      expect(await refused.json()).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    }
  });

  it("can be removed with its contents", async () => {
    const { id } = await draft("1.3.0");
    const declaration = await declarationOf(packageFile(worker_id, "1.3.0"));
    const { artifact } = await (await post(`/${id}/artifacts`, declaration)).json<Upload>();
    const gone = await ask("DELETE", `/v1/admin/releases/${id}/artifacts/${artifact.id}`, { token });
    expect(gone.status).toBe(204);
    expect((await env.DB.prepare("SELECT * FROM packages").all()).results).toEqual([]);
    expect((await post(`/${id}/artifacts`, declaration)).status).toBe(201);
  });
});
