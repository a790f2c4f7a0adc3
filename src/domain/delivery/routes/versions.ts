import { toRfc3339 } from "../../../lib/time.ts";
import { createRouter, LICENSE_SECURITY, operation, z } from "../../../platform/http/route.ts";
import { optionalChoice, Timestamp, unlessEmpty } from "../../../platform/http/schemas.ts";
import { CREDENTIAL_PROBLEMS, readHolder, STANDING_PROBLEMS } from "../../licensing/holder.ts";
import {
  ChannelName,
  Filename,
  Kind,
  PlatformName,
  RequiresField,
  Sha256,
  Size,
  SourceArchiveField,
  SourceField,
  Version,
} from "../../releases/fields.ts";
import { CHANNELS, type Channel, type Manifest, type SourceArchive } from "../../releases/manifest.ts";
import { BuiltBy, presentVerification } from "../../releases/provenance/view.ts";
import { type Covers, latestRelease, listReleases } from "../../releases/selection.ts";
import { requireWorker } from "../../workers/workers.ts";
import { listingCoverage } from "../decision.ts";
import { decideOnRecord, readDeliveryFacts } from "../facts.ts";
import { deliveryProblem } from "../refusal.ts";

const VersionListing = z
  .object({
    worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    latest: z.string().nullable().openapi({
      description: "The newest version of `channel` (default `stable`) that the license covers.",
      example: "1.10.0",
    }),
    versions: z.array(
      z.object({
        version: Version,
        channel: ChannelName,
        status: z.enum(["published", "yanked", "blocked"]),
        published_at: Timestamp,
        provenance_url: z.string().nullable().openapi({
          description: "The path of its build provenance, if any.",
          example: "/v1/workers/ID/1.10.0/provenance",
        }),
        provenance: BuiltBy.optional().openapi({
          description: "The proven run that built it. Absent without provenance.",
        }),
        source: SourceField.optional().openapi({
          description: "The commit that its recipe builds, signed by a release key. Absent if none is pinned.",
        }),
        source_archive: SourceArchiveField.optional(),
        artifacts: z.array(
          z.object({
            kind: Kind,
            platform: PlatformName,
            filename: Filename,
            size: Size,
            sha256: Sha256,
            requires: RequiresField.nullable(),
          }),
        ),
      }),
    ),
  })
  .openapi("VersionListing");

const presentSourceArchive = ({ filename, size, sha256 }: SourceArchive) => ({ filename, size, sha256 });

/** The versions that `covers` allows (default: all). Without `channel`: all of them, and `latest` follows `stable`. */
export function versionListing(
  manifest: Manifest,
  asked: { channel?: Channel | undefined; includeYanked: boolean; covers?: Covers | undefined },
): z.input<typeof VersionListing> {
  const versions = listReleases(manifest, asked).map(
    ({ version, channel, status, published_at, provenance, source, source_archive, artifacts }) => ({
      version,
      channel,
      status,
      published_at: toRfc3339(published_at),
      provenance_url: provenance && `/v1/workers/${manifest.worker_id}/${version}/provenance`,
      ...(provenance && { provenance: presentVerification(provenance.verification) }),
      ...(source && { source }),
      ...(source_archive && { source_archive: presentSourceArchive(source_archive) }),
      artifacts: artifacts.map(({ kind, platform, filename, size, sha256, requires }) => {
        return { kind, platform, filename, size, sha256, requires };
      }),
    }),
  );
  return { worker_id: manifest.worker_id, latest: latestRelease(manifest, asked)?.version ?? null, versions };
}

const Flag = unlessEmpty(z.enum(["true", "false", "1", "0"]).default("false"))
  .transform((text) => text === "true" || text === "1")
  .openapi({ type: "boolean", example: false });

/** `GET /v1/workers/{id}/versions`. */
export const versions = createRouter();

versions.openapi(
  operation("get", "/v1/workers/{id}/versions", {
    tag: "Releases",
    summary: "List a worker's versions",
    description:
      "Newest first. Blocked versions are not listed, yanked ones only on request. With a license key or token, the listing and " +
      "`latest` of a premium worker have only versions that the license covers.",
    access: { security: [{}, ...LICENSE_SECURITY] },
    params: z.object({
      id: z.string().openapi({ param: { description: "The worker's id or variant." }, example: "premium-cuda" }),
    }),
    query: z.object({
      channel: optionalChoice(CHANNELS).openapi({
        param: {
          description: "Only versions of this channel and of all more stable ones.",
        },
      }),
      include_yanked: Flag.openapi({ description: "Yanked versions as well." }),
    }),
    answers: { 200: ["The versions.", VersionListing] },
    refusals: [...CREDENTIAL_PROBLEMS, ...STANDING_PROBLEMS, "NOT_ENTITLED", "WORKER_NOT_FOUND", "VALIDATION_FAILED"],
  }),
  async (c) => {
    const worker = requireWorker(c.req.valid("param").id);
    const { channel, include_yanked } = c.req.valid("query");
    const holder = worker.tier === "premium" ? await readHolder(c) : null;
    const { now } = c.var;
    const { manifest, license } = await readDeliveryFacts(c, worker.id, holder?.licenseId ?? null);
    c.header("Vary", "Authorization, Rbee-Machine", { append: true });
    if (!holder || !license) {
      c.header("Cache-Control", "public, max-age=60");
      return c.json(versionListing(manifest, { channel, includeYanked: include_yanked }), 200);
    }
    const { generation } = holder;
    const credential = { generation, issuedAt: holder.kind === "token" ? holder.issuedAt : null };
    const { decision: covers } = await decideOnRecord(c, license, credential, (record) =>
      listingCoverage(worker.id, record, generation, now),
    );
    if (!covers.ok) throw deliveryProblem(covers.error, c.var.config);
    c.header("Cache-Control", "private, no-store");
    return c.json(versionListing(manifest, { channel, includeYanked: include_yanked, covers: covers.value }), 200);
  },
);
