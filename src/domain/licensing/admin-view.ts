import { z } from "@hono/zod-openapi";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import { Timestamp } from "../../platform/http/schemas.ts";
import type { License } from "./license-record.ts";
import { EXAMPLE_LICENSE_KEY, LicenseView, licenseView } from "./license-view.ts";

export const AdminLicenseView = LicenseView.extend({
  email: z.string().openapi({ example: "ada@example.com" }),
  note: z.string().nullable().openapi({ example: "for the review copy" }),
  livemode: z.boolean().openapi({ description: "False for licenses of a development or test system." }),
  key_generation: z.number().int().openapi({ description: "How often the key has been rotated.", example: 0 }),
  offline_days: z.number().int().openapi({ description: "Longest offline lease.", example: 7 }),
  facts: z
    .object({
      admin_state: z.enum(["none", "suspended", "revoked"]),
      refund_state: z.enum(["none", "partial", "full"]),
      dispute_state: z.enum(["none", "open", "won", "lost"]),
      subscription_state: z.enum(["none", "active", "past_due", "suspended", "ended"]),
    })
    .openapi({ description: "What the status follows from." }),
  created_at: Timestamp,
  updated_at: Timestamp,
}).openapi("AdminLicense");

/** A license as an admin sees it at `now`: all but its key. */
export const adminLicenseView = (license: License, now: UnixSeconds): z.infer<typeof AdminLicenseView> => ({
  ...licenseView(license, now),
  email: license.email,
  note: license.note,
  livemode: license.livemode,
  key_generation: license.generation,
  offline_days: license.offline_days,
  facts: {
    admin_state: license.admin_state,
    refund_state: license.refund_state,
    dispute_state: license.dispute_state,
    subscription_state: license.subscription_state,
  },
  created_at: toRfc3339(license.created_at),
  updated_at: toRfc3339(license.updated_at),
});

export const ChangedLicense = z
  .object({
    license: AdminLicenseView,
    key: z.string().optional().openapi({
      description: "After issuing and rotating: the license's key.",
      example: EXAMPLE_LICENSE_KEY,
    }),
    edge: z.enum(["published", "pending"]).openapi({
      description:
        "`published`: no download later than 70 s from now disagrees with this. `pending`: KV would not take it yet; it is " +
        "retried until it does. Tokens, activations and verifications follow at once in any case.",
    }),
  })
  .openapi("ChangedLicense");
