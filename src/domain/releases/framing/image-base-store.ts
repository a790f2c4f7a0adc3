import { Problem } from "../../../platform/http/problem.ts";
import { type Actor, newChange, recordAct } from "../../../platform/storage/ledger.ts";
import type { Platform } from "../manifest.ts";
import { baseLayerKey } from "./base-layer.ts";
import { type BASE_PLATFORMS, type BaseBackend, type ImageBase, imageBaseSchema } from "./image-base.ts";

/** The base for images of a backend and platform; null if an owner has set none. Throws D1's errors. */
export async function readImageBase(db: D1Database, backend: string, platform: Platform): Promise<ImageBase | null> {
  const text = await db
    .prepare("SELECT base FROM image_bases WHERE backend = ? AND platform = ?")
    .bind(backend, platform)
    .first<string>("base");
  return text === null ? null : imageBaseSchema().parse(JSON.parse(text));
}

/** A base and the images that it is for. */
export type SetImageBase = { backend: BaseBackend; platform: (typeof BASE_PLATFORMS)[number]; base: ImageBase };

/**
 * Sets the base for images of a backend and platform that are made from now on. Images of before keep theirs. Throws
 * CONFLICT, naming the layers, if R2 lacks some of them, and D1's errors.
 */
export async function setImageBase(
  env: Pick<Env, "DB" | "BINARIES">,
  actor: Actor,
  { backend, platform, base }: SetImageBase,
  reason: string,
): Promise<void> {
  const heads = await Promise.all(base.layers.map(({ sha256 }) => env.BINARIES.head(baseLayerKey(sha256))));
  const missing = base.layers.filter(({ size }, index) => heads[index]?.size !== size);
  if (missing.length > 0) {
    const names = missing.map(({ sha256 }) => sha256).join(", ");
    throw new Problem({ code: "CONFLICT", detail: `Upload these layers first: ${names}.` });
  }
  const { name, digest } = base;
  const change = newChange(actor, {
    action: "image-base.set",
    subject: `${backend}/${platform}`,
    reason,
    details: { name, digest },
  });
  await recordAct(env.DB, change, [
    env.DB.prepare("INSERT OR REPLACE INTO image_bases (backend, platform, base, set_at) VALUES (?, ?, ?, ?)").bind(
      backend,
      platform,
      JSON.stringify(base),
      actor.now,
    ),
  ]);
}
