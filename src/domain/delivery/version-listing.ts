import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../lib/time.ts";
import { Timestamp } from "../../platform/http/schemas.ts";
import { ChannelName, Filename, Kind, PlatformName, Sha256, Size, Version } from "../releases/fields.ts";
import type { Channel, Manifest } from "../releases/manifest.ts";
import { type Covers, latestRelease, listReleases } from "../releases/selection.ts";

export const VersionListing = z
  .object({
    worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    latest: z.string().nullable().openapi({
      description: "The newest version of the channel that is followed (`stable` unless asked), for this asker.",
      example: "1.10.0",
    }),
    versions: z.array(
      z.object({
        version: Version,
        channel: ChannelName,
        status: z.enum(["published", "yanked", "blocked"]),
        published_at: Timestamp,
        provenance_url: z.string().nullable().openapi({
          description: "Where its build provenance is, if any.",
          example: "/v1/workers/ID/1.10.0/provenance",
        }),
        artifacts: z.array(
          z.object({ kind: Kind, platform: PlatformName, filename: Filename, size: Size, sha256: Sha256 }),
        ),
      }),
    ),
  })
  .openapi("VersionListing");

/**
 * The public listing of a worker's versions, for an asker who may have what `covers` allows (default: everything is
 * listed). Without `channel` every channel is listed, and `latest` follows `stable`.
 */
export function versionListing(
  manifest: Manifest,
  asked: { channel?: Channel | undefined; includeYanked: boolean; covers?: Covers | undefined },
): z.input<typeof VersionListing> {
  const versions = listReleases(manifest, asked).map(
    ({ version, channel, status, published_at, provenance, artifacts }) => ({
      version,
      channel,
      status,
      published_at: toRfc3339(published_at),
      provenance_url: provenance && `/v1/workers/${manifest.worker_id}/${version}/provenance`,
      artifacts: artifacts.map(({ kind, platform, filename, size, sha256 }) => ({
        kind,
        platform,
        filename,
        size,
        sha256,
      })),
    }),
  );
  return { worker_id: manifest.worker_id, latest: latestRelease(manifest, asked)?.version ?? null, versions };
}
