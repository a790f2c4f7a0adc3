import { z } from "@hono/zod-openapi";
import { lazy } from "../../../lib/lazy.ts";
import type { Backend } from "../../workers/table.ts";
import type { Platform } from "../manifest.ts";

/** Backends whose workers run in containers. */
export const BASE_BACKENDS = ["cpu", "cuda", "rocm"] as const satisfies readonly Backend[];
export type BaseBackend = (typeof BASE_BACKENDS)[number];

/** Platforms of images. */
export const BASE_PLATFORMS = ["linux-x86_64", "linux-aarch64"] as const satisfies readonly Platform[];

const hex = () => z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");

/** An image for one platform that images of workers are made on. Layers are in order, the lowest one first. */
export const imageBaseSchema = lazy(() =>
  z.object({
    name: z.string().min(1).max(255).openapi({ description: "Its reference.", example: "docker.io/library/debian:12" }),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .openapi({
        description: "The digest of its manifest.",
        example: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      }),
    layers: z
      .array(
        z.object({
          media_type: z
            .string()
            .regex(/^application\/vnd\.oci\.image\.layer\.v1\.tar(\+gzip|\+zstd)?$/)
            .openapi({ example: "application/vnd.oci.image.layer.v1.tar+gzip" }),
          sha256: hex().openapi({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }),
          size: z.int().positive().openapi({ example: 28_231_234 }),
          diff_id: hex().openapi({
            description: "The SHA-256 of the uncompressed layer.",
            example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          }),
        }),
      )
      .min(1)
      .max(30),
    env: z
      .array(z.string())
      // A package's facts fit into one row of the ledger.
      .refine((env) => env.join("").length <= 6000, "must have at most 6000 characters")
      .openapi({ example: ["PATH=/usr/bin:/bin"] }),
  }),
);
export type ImageBase = z.infer<ReturnType<typeof imageBaseSchema>>;
