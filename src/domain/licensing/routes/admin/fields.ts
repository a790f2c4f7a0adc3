import validRange from "semver/ranges/valid.js";
import { MailAddress } from "../../../../lib/mail-address.ts";
import { currentTime, END_OF_TIME, fromRfc3339 } from "../../../../lib/time.ts";
import { z } from "../../../../platform/http/route.ts";
import { workers } from "../../../workers/workers.ts";
import { grantsWorker } from "../../grant.ts";

/** The most machines of a license. */
export const MOST_MACHINES_OF_A_LICENSE = 100_000;

/** The owner's address. The ledger has it in lower case. */
export const OwnerAddress = MailAddress.transform((email) => email.toLowerCase());

/** A semver range in the grammar of node-semver, which hives read, too. */
export const VersionRange = z
  .string()
  .trim()
  .min(1, { abort: true })
  .max(200)
  .refine((range) => validRange(range) !== null, "must be a range of versions, such as <2.0.0 or >=1.2.0 <3.0.0");

/**
 * A worker id, or the beginning of one before a `*`. One that no worker of the catalog has is refused: it would open
 * nothing, and nobody would notice the typing error.
 */
export const Entitlement = z
  .string()
  .trim()
  .max(100)
  .regex(/^([a-z0-9-]+\*?|\*)$/, { error: "must be the id of a worker, or the beginning of ids and a *", abort: true })
  .refine(
    (pattern) => workers.some(({ id }) => grantsWorker({ entitlements: [pattern] }, id)),
    "names no worker of this catalog",
  );

const Instant = z.iso.datetime({ offset: true }).transform(fromRfc3339);

const InstantToCome = Instant.refine((at) => at > currentTime() && at <= END_OF_TIME, "must lie in the future");

/** The fields of a license that an admin sets when issuing it, and amends later. Each may be left out. */
export const LICENSE_FIELDS = {
  machine_limit: z.number().int().min(1).max(MOST_MACHINES_OF_A_LICENSE).optional().openapi({ example: 5 }),
  expires_at: InstantToCome.nullable()
    .optional()
    .openapi({ type: ["string", "null"], format: "date-time", description: "null: never", example: null }),
  versions: VersionRange.optional().openapi({ description: "Semver range.", example: "<3.0.0" }),
  entitlements: z
    .array(Entitlement)
    .min(1)
    .max(50)
    .optional()
    .openapi({
      description: "Ids of workers; a trailing `*` matches the rest.",
      example: ["llm-worker-rbee-premium-*"],
    }),
  updates_until: Instant.refine((at) => at >= 0 && at <= END_OF_TIME, "must be a time before the year 10000")
    .nullable()
    .optional()
    .openapi({
      type: ["string", "null"],
      format: "date-time",
      description: "The license covers releases that are published until then. It may lie in the past. null: all",
      example: "2027-11-23T12:00:00Z",
    }),
};

/** The longest note on a license. */
export const Note = z.string().max(1000);
