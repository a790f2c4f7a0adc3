import { ARTIFACT_TYPES, EMPTY, EMPTY_HEX, hexOf } from "./manifest.ts";
import { MEDIA_TYPES } from "./names.ts";
import type { Image, Repository, VersionImages } from "./repository.ts";

/** A blob of a version: a layer, a text that the records have, or an object of R2. */
export type Blob = { version: VersionImages } & (
  | { kind: "layer"; image: Image }
  | { kind: "text"; text: string; type: string }
  | { kind: "object"; key: string; size: number; filename: string }
);

/** Every blob with this SHA-256 in hexadecimal that a manifest of the repository names, newest version first. */
export function* blobsOf({ versions }: Repository, hex: string): Generator<Blob> {
  for (const version of versions) {
    for (const image of version.images) {
      const { layer, index, artifact } = image;
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
      yield { version, kind: "object", key, size, filename: `${number}.intoto.jsonl` };
    }
    if (hex === EMPTY_HEX) yield { version, kind: "text", text: EMPTY, type: MEDIA_TYPES.empty };
  }
}
