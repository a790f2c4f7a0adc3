import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readImageLayout } from "../../src/cli/publish/image-layout.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** A folder with an image layout, as image-spec's image-layout.md shows it: an index of an index of images. */
async function layout(architectures: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  const add = (mediaType: string, content: object | string) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const hex = createHash("sha256").update(text).digest("hex");
    writeFileSync(join(folder, "blobs/sha256", hex), text);
    return { mediaType, digest: `sha256:${hex}`, size: text.length };
  };
  const manifests = architectures.map((architecture) => {
    const layer = add("application/vnd.docker.image.rootfs.diff.tar.gzip", `layer for ${architecture}`);
    const diff_ids = [`sha256:${"d".repeat(64)}`];
    const settings = { Env: ["PATH=/bin"] };
    const config = { architecture, os: "linux", config: settings, rootfs: { type: "layers", diff_ids } };
    return add(MANIFEST, { config: add("application/vnd.oci.image.config.v1+json", config), layers: [layer] });
  });
  writeFileSync(join(folder, "index.json"), JSON.stringify({ manifests: [add(INDEX, { manifests })] }));
  return folder;
}

describe("an image layout", () => {
  it("has an image for each of our platforms, with the sums of its layers and OCI's names of their types", async () => {
    const images = await readImageLayout(await layout(["amd64", "s390x", "arm64"]));
    expect(images.map(({ platform }) => platform)).toEqual(["linux-x86_64", "linux-aarch64"]);
    const sha256 = createHash("sha256").update("layer for amd64").digest("hex");
    expect(images[0]).toMatchObject({
      env: ["PATH=/bin"],
      layers: [
        {
          media_type: "application/vnd.oci.image.layer.v1.tar+gzip",
          sha256,
          size: 15,
          diff_id: "d".repeat(64),
          path: expect.stringMatching(new RegExp(`blobs/sha256/${sha256}$`)),
        },
      ],
    });
  });

  it("without an image for our platforms is refused, and so is another folder", async () => {
    await expect(readImageLayout(await layout(["s390x"]))).rejects.toThrow("no image for linux/amd64 or linux/arm64");
    await expect(readImageLayout(await temporaryFolder())).rejects.toThrow("not a part of an OCI image layout");
  });
});
