import { createRoute, operation, Problem, problems, z } from "../../../platform/http/route.ts";
import {
  ADMIN_PROBLEMS,
  admin,
  adminAccess,
  adminActor,
  createAdminRouter,
  Reason,
} from "../../../platform/identity/authentication.ts";
import { baseLayerKey, LARGEST_LAYER } from "../framing/base-layer.ts";
import { BASE_BACKENDS, BASE_PLATFORMS, imageBaseSchema } from "../framing/image-base.ts";
import { setImageBase } from "../framing/image-base-store.ts";

/** Upload the layers of a base for container images, and set it. */
export const imageBases = createAdminRouter();

imageBases.openapi(
  createRoute({
    ...adminAccess("owner"),
    method: "put",
    path: "/v1/admin/image-bases/layers/{sha256}",
    tags: ["Admin: files"],
    summary: "Upload a layer of a base for container images",
    description:
      "The raw bytes, at most 95 MiB. Put a larger layer into the bucket yourself, as `image-bases/<sha256>`. Idempotent. " +
      "`VALIDATION_FAILED`: the bytes have another SHA-256.",
    request: {
      params: z.object({
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .openapi({
            description: "The layer's SHA-256.",
            example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          }),
      }),
      body: {
        required: true,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
    },
    responses: {
      204: { description: "R2 has the layer." },
      ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED", "PAYLOAD_TOO_LARGE", "SERVICE_UNAVAILABLE"),
    },
  }),
  async (c) => {
    const { sha256 } = c.req.valid("param");
    const { body, headers } = c.req.raw;
    const length = Number(headers.get("Content-Length") ?? Number.NaN);
    if (!body || !Number.isSafeInteger(length) || length > LARGEST_LAYER) {
      throw new Problem({ code: "PAYLOAD_TOO_LARGE", detail: `A layer may have at most ${LARGEST_LAYER} bytes.` });
    }
    const key = baseLayerKey(sha256);
    if ((await c.env.BINARIES.head(key))?.size !== length) {
      try {
        await c.env.BINARIES.put(key, body, { sha256 });
      } catch (error) {
        if (!/checksum|sha-?256/i.test(String(error))) throw error;
        const errors = [{ path: "sha256", message: "is not the SHA-256 of these bytes" }];
        throw new Problem({ code: "VALIDATION_FAILED", detail: "The bytes have another SHA-256.", extras: { errors } });
      }
    }
    return c.body(null, 204);
  },
);

imageBases.openapi(
  operation("post", "/v1/admin/image-bases", {
    tag: "Admin: files",
    summary: "Set the base of container images",
    description:
      "Images of workers of this backend whose program is not static are made on it from now on. Images of before keep theirs. " +
      "`CONFLICT`: R2 lacks a layer.",
    access: admin("owner"),
    body: z
      .object({
        backend: z.enum(BASE_BACKENDS),
        platform: z.enum(BASE_PLATFORMS),
        base: imageBaseSchema(),
        reason: Reason.openapi({ example: "Debian 12 with its fixes of November" }),
      })
      .openapi("NewImageBase"),
    answers: { 204: ["The base is set."] },
    refusals: ["CONFLICT"],
  }),
  async (c) => {
    const { reason, ...wanted } = c.req.valid("json");
    await setImageBase(c.env, adminActor(c), wanted, reason);
    return c.body(null, 204);
  },
);
