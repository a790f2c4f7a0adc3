import { baseLayerKey } from "../../domain/releases/framing/base-layer.ts";
import { ARTIFACT_TYPES, EMPTY, EMPTY_HEX, hexOf } from "./manifest.ts";
import { MEDIA_TYPES } from "./names.ts";
import type { Image, Repository, VersionImages } from "./repository.ts";

/** A blob of a version: a layer, a text that the records have, or an object of R2. */
export type Blob = { version: VersionImages } & (
  | { kind: "layer"; image: Image }
  | { kind: "text"; text: string; type: string }
  | { kind: "object"; key: string; size: number; filename: string; stored: string }
);

/** Every blob with this SHA-256 in hexadecimal that a manifest of the repository names, newest version first. */
export function* blobsOf({ versions }: Repository, hex: string): Generator<Blob> {
  for (const version of versions) {
    for (const image of version.images) {
      const { layer, index, artifact } = image;
      const base = index.base_layers.find(({ sha256 }) => sha256 === hex);
      if (base) {
        const filename = `${hex.slice(0, 12)}.tar`;
        yield { version, kind: "object", key: baseLayerKey(hex), size: base.size, filename, stored: layer.stored };
      }
      if (layer.sha256 === hex) yield { version, kind: "layer", image };
      if (index.config_sha256 === hex) yield { version, kind: "text", text: index.config, type: MEDIA_TYPES.config };
      const { signature } = artifact;
      if (signature !== null && hexOf(signature) === hex) {
        yield { version, kind: "text", text: signature, type: ARTIFACT_TYPES.signature };
      }
    }
    const { provenance, version: number } = version.release;
    if (provenance?.sha256 === hex) {
      const { object_key: key, size } = provenance;
      const [{ layer }] = version.images;
      yield { version, kind: "object", key, size, filename: `${number}.intoto.jsonl`, stored: layer.stored };
    }
    if (hex === EMPTY_HEX) yield { version, kind: "text", text: EMPTY, type: MEDIA_TYPES.empty };
  }
}
