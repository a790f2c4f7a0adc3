import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, it, vi } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { uploadArtifact } from "../../src/cli/publish/upload.ts";
import { serve } from "../support/node/http-server.ts";

const MiB = 1024 * 1024;

let folder = "";
afterEach(() => rm(folder, { recursive: true, force: true }));

it("publishing a file of more than 4 GiB sends the missing part's own bytes, and its rest", async () => {
  folder = await mkdtemp(join(tmpdir(), "rbee-upload-"));
  const path = join(folder, "worker-linux-x86_64");
  const step = 8 * MiB;
  const size = 2 ** 32 + step + 1000;
  const written = await open(path, "w");
  const bytes = randomBytes(step + 1000);
  // The file has no other bytes, and takes no more room on the disk.
  await written.write(bytes, 0, bytes.length, 2 ** 32);
  await written.close();

  const received = new Map<string, Buffer>();
  const catalog = await serve(async (request, response) => {
    if (request.method === "PUT") received.set(request.url ?? "", await buffer(request));
    const parts = Array.from({ length: 512 }, (_, index) => ({ part: index + 1 }));
    const upload = { part_size: step, parts };
    const check = request.method === "POST" ? { state: "passed", checked: size, problem: null } : null;
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ artifact: { id: "art_1", state: "uploading" }, upload, check }));
  });
  const facts = { filename: "worker-linux-x86_64", kind: "binary", platform: "linux-x86_64", sha256: "" } as const;
  const file = { ...facts, path, size, signature: null, pgpSignature: null, package: null };
  const progress = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await uploadArtifact(new CatalogClient({ url: catalog.url }), "/file", file);
  progress.mockRestore();
  catalog.close();
  expect([...received.keys()].sort()).toEqual(["/file/parts/513", "/file/parts/514"]);
  expect(received.get("/file/parts/513")?.equals(bytes.subarray(0, step))).toBe(true);
  expect(received.get("/file/parts/514")?.equals(bytes.subarray(step))).toBe(true);
});
