import { concatBytes } from "@noble/hashes/utils.js";
import type { FramedFacts, FramingMaker } from "../../domain/releases/framing/framing.ts";
import type { ImageBase } from "../../domain/releases/framing/image-base.ts";
import { encodeHex, sha256 } from "../../lib/encoding.ts";
import { tarEnd, tarHeader, tarPadding } from "../../lib/tar.ts";
import { toRfc3339 } from "../../lib/time.ts";
import type { ImageIndex } from "./image.ts";
import { architectureOf, digestOf, MEDIA_TYPES } from "./names.ts";

/**
 * Makes images. The framed file is the image's layer, a tar. The image's config and manifest are made once with its
 * sums and kept, so that an image's digest never changes with this code.
 */
export const maker: FramingMaker = {
  filename: ({ worker, version, platform }) => `${worker.id}-${version}-${architectureOf(platform) ?? platform}.tar`,
  rounds: [
    async (facts) => {
      const { head, tail } = layerAround(facts);
      return facts.binary.enclose(head, tail);
    },
  ],
  async index(facts, _signer, sums): Promise<ImageIndex> {
    const layer = sums.at(-1);
    if (!layer) throw new Error("the layer has no sums");
    if (facts.binary.encoding !== "identity") throw new Error("the digest of a compressed layer's tar is not known");
    const architecture = architectureOf(facts.platform);
    if (!architecture) throw new Error(`no image is for ${facts.platform}`);
    const base = baseOf(facts);
    const diffIds = [...base.layers.map(({ diff_id }) => diff_id), layer.sha256].map(digestOf);
    const config = JSON.stringify(configOf(facts, architecture, diffIds));
    const configHex = encodeHex(await sha256(config));
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: { mediaType: MEDIA_TYPES.config, digest: digestOf(configHex), size: lengthOf(config) },
      layers: [
        ...base.layers.map(({ media_type, sha256, size }) => ({
          mediaType: media_type,
          digest: digestOf(sha256),
          size,
        })),
        { mediaType: MEDIA_TYPES.layer, digest: digestOf(layer.sha256), size: layer.size },
      ],
      annotations: annotationsOf(facts),
    });
    return {
      architecture,
      config,
      config_sha256: configHex,
      base_layers: base.layers.map(({ sha256, size }) => ({ sha256, size })),
      manifest,
      manifest_sha256: encodeHex(await sha256(manifest)),
    };
  },
};

const lengthOf = (text: string): number => new TextEncoder().encode(text).length;

/** The parts of the layer before and after the program. Documents come first, so that nothing large follows it. */
export function layerAround({ worker, binary, documents, madeAt: mtime }: FramedFacts) {
  const folder = (name: string) => tarHeader({ kind: "folder", name, mode: 0o755, mtime });
  const file = (name: string, mode: number, size: number) => tarHeader({ kind: "file", name, mode, size, mtime });
  const texts = Object.entries(documents)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, text]) => {
      const bytes = new TextEncoder().encode(text);
      return [file(`usr/share/doc/${worker.id}/${name}`, 0o644, bytes.length), bytes, tarPadding(bytes.length)];
    });
  const folders = ["usr", "usr/bin"];
  if (texts.length > 0) folders.push("usr/share", "usr/share/doc", `usr/share/doc/${worker.id}`);
  const { size } = binary.content;
  return {
    head: concatBytes(...folders.map(folder), ...texts, file(`usr/bin/${worker.id}`, 0o755, size)),
    tail: concatBytes(tarPadding(size), tarEnd()),
  };
}

/** The variables with which NVIDIA's container runtime gives an image a GPU, as NVIDIA's own CUDA images have them. */
const NVIDIA_ENVIRONMENT = ["NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"];

/** The base of the image: none for a static program, which needs no other files. */
const baseOf = ({ requires, imageBase }: FramedFacts): Pick<ImageBase, "layers" | "env"> & Partial<ImageBase> =>
  imageBase !== null && requires?.libc?.name !== "musl" ? imageBase : { layers: [], env: [] };

/** The variables of the environment: those of the base, else the usual path of commands. */
function environmentOf(facts: FramedFacts): string[] {
  const own = facts.worker.backend === "cuda" ? NVIDIA_ENVIRONMENT : [];
  const { env } = baseOf(facts);
  const isSet = (one: string) => env.some((other) => other.startsWith(one.slice(0, one.indexOf("=") + 1)));
  return [...env, ...[PATH, ...own].filter((one) => !isSet(one))];
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The config of an image (image-spec, config.md). `diffIds` are the digests of the layers' uncompressed tars. */
function configOf(facts: FramedFacts, architecture: string, diffIds: readonly string[]) {
  const { worker, version, madeAt } = facts;
  const created = toRfc3339(madeAt);
  return {
    created,
    architecture,
    os: "linux",
    config: {
      Env: environmentOf(facts),
      Entrypoint: [`/usr/bin/${worker.id}`],
      WorkingDir: "/",
      Labels: annotationsOf(facts),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: [
      ...baseOf(facts).layers.map(() => ({ created, comment: baseOf(facts).name })),
      { created, created_by: `/usr/bin/${worker.id} ${version}`, comment: "rbee worker catalog" },
    ],
  };
}

/** The annotations of an image, which are also its labels (image-spec, annotations.md). */
function annotationsOf(facts: FramedFacts): Record<string, string> {
  const { worker, version, madeAt, requires } = facts;
  const { name, digest } = baseOf(facts);
  const alone = name === undefined ? programAlone(requires) : null;
  return {
    "org.opencontainers.image.title": worker.id,
    "org.opencontainers.image.description": alone ? `${worker.summary} ${alone}` : worker.summary,
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.created": toRfc3339(madeAt),
    "org.opencontainers.image.url": worker.homepage,
    "org.opencontainers.image.licenses": worker.license,
    ...(name !== undefined && { "org.opencontainers.image.base.name": name }),
    ...(digest !== undefined && { "org.opencontainers.image.base.digest": digest }),
  };
}

/** The sentence with which an image says that it may need another one's files; null for a static program. */
const programAlone = (requires: FramedFacts["requires"]): string | null =>
  requires?.libc?.name === "musl"
    ? null
    : "This image has no C library: copy the program into an image that has one, with COPY --from.";
