import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { ADMIN_PROBLEMS, type AdminEnv, adminAccess, adminActor } from "../../../admin/authentication.ts";
import { jsonBodyLimit } from "../../../http/foundation.ts";
import { Problem } from "../../../http/problem.ts";
import { problems } from "../../../http/problem-schema.ts";
import { MailAddress } from "../../../mail/mail-address.ts";
import { queueMailIf } from "../../../mail/mail-outbox.ts";
import { sendMailsSoon } from "../../../mail/mail-sender.ts";
import { publishNow } from "../../../publication.ts";
import { PLAN_IDS } from "../../../purchase/plans.ts";
import { findRepetition, idempotentRequest, rememberRequest } from "../../../storage/idempotency.ts";
import { isUniqueViolation, newChange } from "../../../storage/ledger.ts";
import { currentTime, END_OF_TIME, fromRfc3339 } from "../../../time.ts";
import { adminLicenseView, ChangedLicense } from "../../admin-view.ts";
import { licenseByHand } from "../../license-issue.ts";
import { formatLicenseKey } from "../../license-key.ts";
import { insertLicense, readLicense } from "../../license-store.ts";
import { licensingSecrets } from "../../secrets.ts";
import { IdempotencyHeader, repetitionMismatch } from "./common.ts";

const NewLicenseBody = z
  .object({
    plan: z.enum(PLAN_IDS),
    email: MailAddress.transform((email) => email.toLowerCase()).openapi({ example: "ada@example.com" }),
    machine_limit: z.number().int().min(1).max(100_000).optional().openapi({ example: 5 }),
    expires_at: z.iso
      .datetime({ offset: true })
      .transform(fromRfc3339)
      .refine((at) => at > currentTime() && at <= END_OF_TIME, "must lie in the future")
      .nullable()
      .optional()
      .openapi({ type: ["string", "null"], format: "date-time", description: "null: never", example: null }),
    send_mail: z.boolean().optional().openapi({
      description: "Whether the key is mailed to its owner; it is, unless this is false.",
      example: true,
    }),
    note: z.string().max(1000).optional().openapi({ example: "for the review copy" }),
  })
  .strict()
  .openapi("NewLicense");

const route = createRoute({
  ...adminAccess("licenses:write", jsonBodyLimit),
  method: "post",
  path: "/v1/admin/licenses",
  tags: ["Admin: licenses"],
  summary: "Issue a license",
  description: "With an `Idempotency-Key`, a repeated request returns the license that the first one made.",
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { "application/json": { schema: NewLicenseBody } } },
  },
  responses: {
    201: {
      description: "The license and its key.",
      content: { "application/json": { schema: ChangedLicense.required({ key: true }) } },
    },
    ...problems(...ADMIN_PROBLEMS, "MALFORMED_REQUEST", "VALIDATION_FAILED", "PAYLOAD_TOO_LARGE", "CONFLICT"),
  },
});

/** Registers `POST /v1/admin/licenses`. */
export function registerIssue(router: OpenAPIHono<AdminEnv>): void {
  router.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const actor = adminActor(c);
    const { "idempotency-key": key } = c.req.valid("header");
    const request = await idempotentRequest(actor.actor, key, ["issue", asked]);
    const license = licenseByHand(asked, c.var.config.LIVEMODE, actor.now);
    const change = newChange(actor, {
      action: "license.issue",
      subject: license.id,
      details: { plan: license.plan, machine_limit: license.machine_limit, expires_at: license.expires_at },
    });
    const repeated = async () => {
      const repetition = request && (await findRepetition(c.env.DB, request));
      if (repetition === "mismatch") throw new Problem(repetitionMismatch);
      return repetition?.subject ?? null;
    };
    let id = await repeated();
    if (id === null) {
      const root = { table: "licenses", id: license.id } as const;
      const beside = request ? [rememberRequest(c.env.DB, request, change, root)] : [];
      if (asked.send_mail !== false) {
        const about = { licenseId: license.id, kind: "license_key", occasion: change.id, to: license.email } as const;
        beside.push(queueMailIf(c.env.DB, { ...about, data: {}, now: actor.now }, root, change.id));
      }
      try {
        await insertLicense(c.env.DB, license, change, beside);
        id = license.id;
      } catch (error) {
        // The same request at the same time was faster: its license is the answer.
        if (!isUniqueViolation(error, "idempotency_keys.")) throw error;
        id = await repeated();
      }
    }
    const issued = id === null ? null : await readLicense(c.env.DB, id);
    if (!issued) throw new Error("an issued license is not there");
    const edge = await publishNow(c, { topic: "license", key: issued.id }, issued.id === license.id ? [change.id] : []);
    sendMailsSoon(c);
    const { keySecret } = await licensingSecrets(c.var.config);
    const licenseKey = await formatLicenseKey({ licenseId: issued.id, generation: issued.generation }, keySecret);
    return c.json({ license: adminLicenseView(issued, actor.now), key: licenseKey, edge }, 201);
  });
}
