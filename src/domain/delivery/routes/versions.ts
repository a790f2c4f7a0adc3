import {
  createRouter,
  LICENSE_SECURITY,
  operation,
  optionalChoice,
  unlessEmpty,
  z,
} from "../../../platform/http/route.ts";
import { CREDENTIAL_PROBLEMS, readHolder, STANDING_PROBLEMS } from "../../licensing/holder.ts";
import { CHANNELS } from "../../releases/manifest.ts";
import { requireWorker } from "../../workers/workers.ts";
import { listingCoverage } from "../decision.ts";
import { decideOnRecord, readDeliveryFacts } from "../facts.ts";
import { deliveryProblem } from "../refusal.ts";
import { VersionListing, versionListing } from "../version-listing.ts";

const Flag = unlessEmpty(z.enum(["true", "false", "1", "0"]).default("false"))
  .transform((text) => text === "true" || text === "1")
  .openapi({ type: "boolean", example: false });

export const versions = createRouter();

versions.openapi(
  operation("get", "/v1/workers/{id}/versions", {
    tag: "Releases",
    summary: "List a worker's versions",
    description:
      "Newest first. Blocked versions are not listed, yanked ones only on request. With a license key or token, a premium " +
      "worker's listing and `latest` hold what that license covers.",
    access: { security: [{}, ...LICENSE_SECURITY] },
    params: z.object({
      id: z.string().openapi({ param: { description: "The worker's id or variant." }, example: "premium-cuda" }),
    }),
    query: z.object({
      channel: optionalChoice(CHANNELS).openapi({
        param: {
          description: "Only what a follower of this channel gets: its own versions and all more stable ones.",
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
