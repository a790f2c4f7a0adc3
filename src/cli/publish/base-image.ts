import { readFile } from "node:fs/promises";
import { baseLayerKey, LARGEST_LAYER } from "../../domain/releases/framing/base-layer.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError } from "../errors.ts";
import type { LayoutImage, LayoutLayer } from "./image-layout.ts";

/** The name of a base, the backend of the workers that it is for, and the reason for the audit trail. */
export type BaseSetting = { name: string; backend: string; reason: string };

/**
 * Makes an image the base of container images for its platform. Uploads only the layers that the catalog asks for,
 * because large ones can get into the bucket by another way alone. Throws `CliError` for a missing layer that is too
 * large for a request, and `ProblemError` for a refusal.
 */
export async function setBaseImage(
  client: Pick<CatalogClient, "send">,
  { platform, digest, env, layers }: LayoutImage,
  { name, backend, reason }: BaseSetting,
): Promise<void> {
  const base = { name, digest, env, layers: layers.map(({ path: _, ...layer }) => layer) };
  const body = { backend, platform, base, reason };
  const set = () => client.send({ method: "POST", path: "/v1/admin/image-bases", body });
  try {
    await set();
  } catch (error) {
    const missing = layers.filter(({ sha256 }) => isAskedFor(sha256, error));
    if (missing.length === 0) throw error;
    for (const layer of missing) await upload(client, layer);
    await set();
  }
}

/** Whether a refusal says that the catalog lacks this layer. */
const isAskedFor = (sha256: string, error: unknown): boolean =>
  error instanceof ProblemError && error.problem?.code === "CONFLICT" && error.message.includes(sha256);

async function upload(client: Pick<CatalogClient, "send">, { sha256, size, path: file }: LayoutLayer): Promise<void> {
  if (size > LARGEST_LAYER) {
    throw new CliError(
      EXIT.failure,
      `${file} has ${size} bytes, too many for a request. Put it into the bucket as ${baseLayerKey(sha256)}, and run this again.`,
    );
  }
  const body = new Blob([await readFile(file)]);
  await client.send({ method: "PUT", path: path`/v1/admin/image-bases/layers/${sha256}`, body });
}
