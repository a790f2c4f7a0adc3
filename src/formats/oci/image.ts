import * as z from "zod";
import type { FramedFile } from "../../domain/releases/framing/framing.ts";
import { lazy } from "../../lib/lazy.ts";
import { logFailure } from "../../lib/log.ts";

const imageSchema = lazy(() =>
  z.object({
    architecture: z.enum(["amd64", "arm64"]),
    /** The JSON of the image's config and of its manifest, byte for byte, each with its SHA-256 in hexadecimal. */
    config: z.string(),
    config_sha256: z.string(),
    /** The layers of the base below its own, which R2 has by their SHA-256. */
    base_layers: z.array(z.object({ sha256: z.string(), size: z.number() })).default([]),
    manifest: z.string(),
    manifest_sha256: z.string(),
  }),
);

/** The facts that the record of framed files has of an image beside its layer. */
export type ImageIndex = z.infer<ReturnType<typeof imageSchema>>;

const read = new WeakMap<FramedFile, ImageIndex | null>();

/** The image of a layer's record; null if the record is unreadable, which is logged. Each is parsed once. */
export function imageOf(file: FramedFile): ImageIndex | null {
  const known = read.get(file);
  if (known !== undefined) return known;
  const { data = null, error } = imageSchema().safeParse(file.index);
  if (error) logFailure("image.unreadable", error, { filename: file.filename });
  read.set(file, data);
  return data;
}
