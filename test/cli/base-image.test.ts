import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CatalogRequest } from "../../src/cli/catalog-client.ts";
import { ProblemError } from "../../src/cli/errors.ts";
import { setBaseImage } from "../../src/cli/publish/base-image.ts";
import type { LayoutImage } from "../../src/cli/publish/image-layout.ts";
import { LARGEST_LAYER } from "../../src/domain/releases/framing/base-layer.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const SETTING = { name: "example.com/debian:12", backend: "cuda", reason: "CUDA's libraries" };
const [SMALL, LARGE] = ["a".repeat(64), "b".repeat(64)];

/** An image of a small layer, and of one that no request can carry. */
async function image(): Promise<LayoutImage> {
  const path = join(await temporaryFolder(), "layer");
  await writeFile(path, "layer");
  const layer = { media_type: "application/vnd.oci.image.layer.v1.tar+gzip", diff_id: "c".repeat(64), path };
  return {
    ...{ platform: "linux-x86_64", digest: `sha256:${"d".repeat(64)}`, env: [] },
    layers: [
      { ...layer, sha256: SMALL, size: 5 },
      { ...layer, sha256: LARGE, size: LARGEST_LAYER + 1 },
    ],
  };
}

/** A catalog whose bucket has these layers, and the requests to it. */
function catalog(...bucket: string[]) {
  const requests: string[] = [];
  const send = async ({ method, path }: CatalogRequest): Promise<Response> => {
    requests.push(`${method} ${path}`);
    if (method === "PUT") bucket.push(path.replace(/.*\//, ""));
    const missing = [SMALL, LARGE].filter((sha256) => !bucket.includes(sha256));
    if (method === "PUT" || missing.length === 0) return new Response(null, { status: 204 });
    const detail = `Upload these layers first: ${missing.join(", ")}.`;
    throw new ProblemError(409, { code: "CONFLICT", title: "Conflict", status: 409, detail });
  };
  return { requests, send };
}

const SET = "POST /v1/admin/image-bases";

describe("a base image", () => {
  it("is set without an upload if the catalog has its layers", async () => {
    const client = catalog(SMALL, LARGE);
    await setBaseImage(client, await image(), SETTING);
    expect(client.requests).toEqual([SET]);
  });

  it("uploads the layers that the catalog lacks, and never one that an owner has put into the bucket", async () => {
    const client = catalog(LARGE);
    await setBaseImage(client, await image(), SETTING);
    expect(client.requests).toEqual([SET, `PUT /v1/admin/image-bases/layers/${SMALL}`, SET]);
  });

  it("says where to put a layer that no request can carry", async () => {
    const client = catalog(SMALL);
    await expect(setBaseImage(client, await image(), SETTING)).rejects.toThrow(`bucket as image-bases/${LARGE}`);
    expect(client.requests).toEqual([SET]);
  });
});
