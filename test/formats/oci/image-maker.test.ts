import { unpackTar } from "modern-tar";
import { describe, expect, it } from "vitest";
import type { FramedFacts, Segment } from "../../../src/domain/releases/framing/framing.ts";
import type { PackageSigner } from "../../../src/domain/releases/framing/signer.ts";
import { maker } from "../../../src/formats/oci/image-maker.ts";
import { encodeHex } from "../../../src/lib/encoding.ts";

const program = new TextEncoder().encode("program");

/** Images are not signed by a package's key. */
const signer = {} as PackageSigner;

const facts: FramedFacts = {
  worker: {
    id: "llm-worker-rbee-cpu",
    tier: "free",
    backend: "cpu",
    summary: "Runs language models on any CPU.",
    homepage: "https://rbee.dev/",
    license: "GPL-3.0-or-later",
  },
  version: "1.2.0-rc.1",
  platform: "linux-aarch64",
  binary: {
    filename: "worker-linux-aarch64",
    content: { size: program.length, sha256: "" },
    encoding: "identity",
    enclose: (head, tail) => [head, { offset: 0, length: program.length }, tail],
  },
  requires: { libc: { name: "musl" } },
  imageBase: null,
  documents: { "b.txt": "second", LICENSE: "license\n" },
  madeAt: 1_790_000_000,
};

const bytesOf = (segments: readonly Segment[]): Promise<Uint8Array<ArrayBuffer>> =>
  new Blob(
    segments.map((one) => (one instanceof Uint8Array ? one : program.slice(one.offset, one.offset + one.length))),
  )
    .arrayBuffer()
    .then((buffer) => new Uint8Array(buffer));

const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** The layer of facts and the index that the maker gives for it. */
async function made(of: FramedFacts) {
  const layer = await bytesOf((await maker.rounds[0]?.(of, signer, [])) ?? []);
  const hex = await sha256(layer);
  const sums = [{ size: layer.length, sha256: hex, sha256With: () => new Uint8Array() }];
  const index = (await maker.index(of, signer, sums)) as Record<string, string>;
  const read = (name: string) => JSON.parse(index[name] ?? "");
  return { layer, hex, index, config: read("config"), manifest: read("manifest") };
}

describe("an image", () => {
  it("has a layer with the program and its documents, owned by root", async () => {
    const { layer } = await made(facts);
    const members = await unpackTar(layer, { strict: true });
    expect(members.map(({ header: { name, mode } }) => [name, mode?.toString(8)])).toEqual([
      ["usr/", "755"],
      ["usr/bin/", "755"],
      ["usr/share/", "755"],
      ["usr/share/doc/", "755"],
      ["usr/share/doc/llm-worker-rbee-cpu/", "755"],
      ["usr/share/doc/llm-worker-rbee-cpu/LICENSE", "644"],
      ["usr/share/doc/llm-worker-rbee-cpu/b.txt", "644"],
      ["usr/bin/llm-worker-rbee-cpu", "755"],
    ]);
    expect(members.at(-1)?.data).toEqual(program);
    expect(members.every(({ header }) => header.uid === 0 && header.mtime?.getTime() === 1_790_000_000_000)).toBe(true);
  });

  it("has a config that names the layer and starts the worker", async () => {
    const { config, hex } = await made(facts);
    expect(config).toMatchObject({
      created: "2026-09-21T14:13:20Z",
      architecture: "arm64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [`sha256:${hex}`] },
      config: { Entrypoint: ["/usr/bin/llm-worker-rbee-cpu"] },
    });
    expect(config.config.Labels).toMatchObject({
      "org.opencontainers.image.version": "1.2.0-rc.1",
      "org.opencontainers.image.licenses": "GPL-3.0-or-later",
      "org.opencontainers.image.description": "Runs language models on any CPU.",
    });
  });

  it("has a manifest with the digests and sizes of both, and keeps the bytes of each", async () => {
    const { index, manifest, layer, hex } = await made(facts);
    const text = (name: string) => new Uint8Array(new TextEncoder().encode(index[name]));
    expect(index["config_sha256"]).toBe(await sha256(text("config")));
    expect(index["manifest_sha256"]).toBe(await sha256(text("manifest")));
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { digest: `sha256:${index["config_sha256"]}`, size: text("config").length },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: `sha256:${hex}`, size: layer.length }],
    });
  });

  it("is the same for the same facts", async () => {
    const [one, other] = [await made(facts), await made({ ...facts })];
    expect(other.index).toEqual(one.index);
    expect(other.layer).toEqual(one.layer);
  });

  it("of a CUDA worker asks NVIDIA's runtime for the GPU, and says if it may need another image's C library", async () => {
    const { config } = await made({
      ...facts,
      worker: { ...facts.worker, backend: "cuda" },
      requires: { libc: { name: "glibc", version: "2.31" } },
    });
    expect(config.config.Env).toContain("NVIDIA_VISIBLE_DEVICES=all");
    expect(config.config.Env).toContain("NVIDIA_DRIVER_CAPABILITIES=compute,utility");
    expect(config.config.Labels["org.opencontainers.image.description"]).toContain("COPY --from");
    expect((await made(facts)).config.config.Env).toHaveLength(1);
  });
});
