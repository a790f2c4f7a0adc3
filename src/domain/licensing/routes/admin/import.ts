import { fromRfc3339 } from "../../../../lib/time.ts";
import { operation, z } from "../../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../../platform/identity/authentication.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { importLicenses } from "../../foreign/import.ts";
import { FOREIGN_SOURCES } from "../../foreign/key.ts";
import { PLAN_IDS } from "../../plans.ts";
import { MOST_MACHINES_OF_A_LICENSE, Note, OwnerAddress } from "./fields.ts";

/** The most licenses of one request. Each is a transaction and a record in KV. */
export const MOST_IMPORTED = 50;

/** The largest body, in bytes: as many rows with long keys. */
const LIMIT = 256 * 1024;

const Row = z
  .object({
    key: z.string().max(4_096).openapi({
      description: "The license key of the other shop. Only a keyed hash of it is stored.",
      example: "85DB562A-C11D4B06-A2335A6B-8C079166",
    }),
    email: OwnerAddress.openapi({ example: "ada@example.com" }),
    plan: z.enum(PLAN_IDS),
    machine_limit: z.number().int().min(1).max(MOST_MACHINES_OF_A_LICENSE).optional().openapi({ example: 5 }),
    expires_at: z.iso
      .datetime({ offset: true })
      .refine((text) => Number.isFinite(fromRfc3339(text)), "must be a time")
      .nullable()
      .optional()
      .openapi({ type: ["string", "null"], format: "date-time", description: "null: never", example: null }),
    note: Note.optional().openapi({ example: "order 1042 of the old shop" }),
  })
  .strict()
  .openapi("ForeignLicense");

const ImportBody = z
  .object({
    source: z.enum(FOREIGN_SOURCES),
    reason: Reason,
    dry_run: z.boolean().default(false).openapi({ description: "Only tell what would happen." }),
    licenses: z.array(Row).min(1).max(MOST_IMPORTED),
  })
  .strict()
  .openapi("LicenseImport");

const Outcome = z
  .object({
    outcome: z.enum(["imported", "importable", "known", "invalid"]).openapi({
      description: "`importable`: the answer of a dry run. `known`: imported earlier, and nothing has changed.",
    }),
    license_id: z.string().nullable().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    fault: z.string().nullable().openapi({ description: "Why the row is invalid.", example: null }),
  })
  .openapi("ImportOutcome");

/** `POST /v1/admin/licenses/import`. */
export const licenseImport = createAdminRouter();

licenseImport.openapi(
  operation("post", "/v1/admin/licenses/import", {
    tag: "Admin: licenses",
    summary: "Import licenses of another shop",
    description:
      "Issues a license for each row, without a mail. Its owner exchanges the old key for the license's own by activating a machine or signing " +
      "in. Each row is a change of its own. Idempotent: a key that has been imported changes nothing. Owners only.",
    access: admin("owner"),
    limit: LIMIT,
    body: ImportBody,
    answers: { 200: ["The outcome of each row, in order.", z.object({ outcomes: z.array(Outcome) })] },
    refusals: [],
  }),
  async (c) => {
    const { source, reason, dry_run: isPreview, licenses } = c.req.valid("json");
    const scope = { db: c.env.DB, config: c.var.config };
    const { outcomes, changes } = await importLicenses(scope, adminActor(c), licenses, { source, reason, isPreview });
    await settle(c, changes);
    return c.json({ outcomes }, 200);
  },
);
