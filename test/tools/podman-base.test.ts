import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { hasNamespaces, newContainerUser, runImage } from "../support/node/containers.ts";
import { installed } from "../support/node/installed.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/** No other suite looks at this worker or at the base of its backend. */
const WORKER = "sd-worker-rbee-rocm";
const PROGRAM = "/bin/echo";
const [ARCHITECTURE, PLATFORM] = process.arch === "arm64" ? ["arm64", "linux-aarch64"] : ["amd64", "linux-x86_64"];

/** An image layout with one layer: this machine's C library, and the loader that starts programs with it. */
async function libraryLayout(): Promise<string> {
  const folder = workDirectory();
  const { stdout } = await runAsUser(folder, ["ldd", PROGRAM]);
  const libraries = [...stdout.matchAll(/(\/\S+\.so\S*) \(/g)].flatMap(([, path]) => (path ? [path.slice(1)] : []));
  const packed = await runAsUser(folder, ["tar", "-chf", "layer.tar", "-C", "/", ...libraries]);
  expect(packed).toMatchObject({ code: 0 });
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  const add = (mediaType: string, bytes: Buffer) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(folder, "blobs/sha256", hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (kind: string, content: object) =>
    add(`application/vnd.oci.image.${kind}.v1+json`, Buffer.from(JSON.stringify(content)));
  const layer = add("application/vnd.oci.image.layer.v1.tar", readFileSync(join(folder, "layer.tar")));
  const rootfs = { type: "layers", diff_ids: [layer.digest] };
  const config = json("config", { architecture: ARCHITECTURE, os: "linux", rootfs, config: {} });
  const manifest = json("manifest", { schemaVersion: 2, config, layers: [layer] });
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  return folder;
}

const tools = installed("podman", "ldd", "tar");

describe.skipIf(!tools || !hasNamespaces())("podman", () => {
  it("runs a program that needs a C library from an image on a base that has it", async () => {
    const catalog = await sharedCatalog();
    const base = ["container", "base", await libraryLayout(), "--name", "example.com/library:1", "--backend", "rocm"];
    expect(await catalog.admin(...base, "--reason", "test")).toMatchObject({ code: 0 });
    const file = join(workDirectory(), `${WORKER}-${PLATFORM}`);
    writeFileSync(file, readFileSync(PROGRAM));
    await catalog.publish(WORKER, "0.90.0", [file], "--requires", '{"libc":{"name":"glibc"}}');

    const { host } = new URL(catalog.url);
    const user = await newContainerUser(host);
    const image = `${host}/rbee/${WORKER}`;
    expect(await user.podman("pull", image)).toMatchObject({ code: 0 });
    const { code, stdout } = await runImage(user, image, "--version");
    expect([code, stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(/^echo \(GNU coreutils\)/)]);
  });
});
