import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ask, newAddress } from "../../support/admin-request.ts";
import { askWorker } from "../../support/ask-worker.ts";
import { imageFile, publishImages, registryError } from "../../support/image-fixture.ts";
import { count, hive, ownerToken } from "../../support/license-fixture.ts";
import { randomBytes, sha256Hex } from "../../support/publish-release.ts";

const WORKER = "llm-worker-rbee-cpu";
const AT = `/v2/rbee/${WORKER}`;
const DIGEST = `sha256:${"a".repeat(64)}`;

const layer = randomBytes(3000);

const upload = async (sha256: string, body: Uint8Array<ArrayBuffer>, token: string) =>
  askWorker(`https://catalog.test/v1/admin/image-bases/layers/${sha256}`, {
    method: "PUT",
    headers: {
      Authorization: `Bearer ${token}`,
      "CF-Connecting-IP": newAddress(),
      "Content-Type": "application/octet-stream",
      "Content-Length": String(body.length),
    },
    body,
  });

const setBase = async (sha256: string, token: string) =>
  ask("POST", "/v1/admin/image-bases", {
    token,
    body: {
      backend: "cpu",
      platform: "linux-x86_64",
      reason: "the C library",
      base: {
        name: "example.com/debian:12",
        digest: DIGEST,
        env: ["PATH=/bin", "LANG=C.UTF-8"],
        layers: [
          {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip",
            sha256,
            size: layer.length,
            diff_id: "b".repeat(64),
          },
        ],
      },
    },
  });

/** The manifest of the image for amd64, and its config. */
async function imageOf(version: string) {
  const json = async (path: string) => (await hive("GET", `${AT}/${path}`)).json<Record<string, never>>();
  const index = (await json(`manifests/${version}`)) as unknown as { manifests: { digest: string }[] };
  const manifest = (await json(`manifests/${index.manifests[0]?.digest}`)) as unknown as {
    layers: { digest: string; mediaType: string }[];
    config: { digest: string };
    annotations: Record<string, string>;
  };
  const config = (await json(`blobs/${manifest.config.digest}`)) as unknown as {
    rootfs: { diff_ids: string[] };
    config: { Env: string[] };
  };
  return { manifest, config };
}

const glibc = { requires: { libc: { name: "glibc" } } };

describe("the base of container images", () => {
  it("is below the layer of a program that is not static, in images that are made from then on", async () => {
    const token = await ownerToken();
    const sha256 = await sha256Hex(layer);
    await publishImages(WORKER, "1.0.0", { files: [imageFile("linux-x86_64", glibc)] });
    expect((await upload(sha256, layer, token)).status).toBe(204);
    expect((await setBase(sha256, token)).status).toBe(204);
    await publishImages(WORKER, "1.1.0", { files: [imageFile("linux-x86_64", glibc)] });
    await publishImages(WORKER, "1.2.0", { files: [imageFile("linux-x86_64")] });

    const { manifest, config } = await imageOf("1.1.0");
    expect(manifest.layers.map(({ digest }) => digest)[0]).toBe(`sha256:${sha256}`);
    expect(manifest.layers).toHaveLength(2);
    expect(config.rootfs.diff_ids[0]).toBe(`sha256:${"b".repeat(64)}`);
    expect(config.config.Env).toEqual(["PATH=/bin", "LANG=C.UTF-8"]);
    expect(manifest.annotations).toMatchObject({
      "org.opencontainers.image.base.name": "example.com/debian:12",
      "org.opencontainers.image.base.digest": DIGEST,
    });
    expect(manifest.annotations["org.opencontainers.image.description"]).not.toContain("COPY --from");
    for (const version of ["1.0.0", "1.2.0"]) expect((await imageOf(version)).manifest.layers).toHaveLength(1);

    const blob = await hive("GET", `${AT}/blobs/sha256:${sha256}`, { headers: { Range: "bytes=1000-" } });
    expect(blob.status).toBe(206);
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(layer.subarray(1000));
    // Another repository has no image on it.
    await publishImages("llm-worker-rbee-cuda", "1.0.0");
    const other = await hive("GET", `/v2/rbee/llm-worker-rbee-cuda/blobs/sha256:${sha256}`);
    expect(await registryError(other)).toMatchObject({ status: 404, code: "BLOB_UNKNOWN" });
  });

  it("is set by an owner only, and with layers that R2 has, whose bytes have their sums", async () => {
    const token = await ownerToken();
    const sha256 = await sha256Hex(layer);
    const early = await setBase(sha256, token);
    expect(early.status).toBe(409);
    expect(await early.json()).toMatchObject({ code: "CONFLICT", detail: `Upload these layers first: ${sha256}.` });
    const wrong = await upload("c".repeat(64), layer, token);
    expect(await wrong.json()).toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await upload(sha256, layer, "rbee_adm_wrong")).status).toBe(401);
    expect((await env.BINARIES.list({ prefix: "image-bases/" })).objects).toEqual([]);
    expect(await count("image_bases")).toBe(0);
  });
});
