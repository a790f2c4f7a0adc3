import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ADMIN_PROBLEMS, type AdminEnv, adminAccess, adminActor } from "../../../admin/authentication.ts";
import { jsonBodyLimit } from "../../../http/foundation.ts";
import { Problem } from "../../../http/problem.ts";
import { problems } from "../../../http/problem-schema.ts";
import { queueMailIf } from "../../../mail/mail-outbox.ts";
import { sendMailsSoon } from "../../../mail/mail-sender.ts";
import { publishNow } from "../../../publication.ts";
import {
  findRepetition,
  type IdempotentRequest,
  idempotentRequest,
  rememberRequest,
} from "../../../storage/idempotency.ts";
import { isUniqueViolation, newChange } from "../../../storage/ledger.ts";
import { fromRfc3339 } from "../../../time.ts";
import { type AdminAct, decideAdminAct } from "../../admin-decision.ts";
import { adminLicenseView, ChangedLicense } from "../../admin-view.ts";
import { formatLicenseKey } from "../../license-key.ts";
import type { License } from "../../license-record.ts";
import { readLicense, updateLicense } from "../../license-store.ts";
import { licensingSecrets } from "../../secrets.ts";
import { IdempotencyHeader, LicenseParams, licenseNotFound, repetitionMismatch } from "./common.ts";

const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .openapi({ description: "Why; kept in the audit trail for good.", example: "key found in a public repository" });

const ReasonBody = z.object({ reason }).openapi("LicenseAct");

const ExtendBody = z
  .object({
    reason,
    expires_at: z.iso
      .datetime({ offset: true })
      .transform(fromRfc3339)
      .optional()
      .openapi({ type: "string", format: "date-time", example: "2027-11-23T12:00:00Z" }),
    days: z.number().int().min(1).max(36_500).optional().openapi({
      description: "From the end of the license, or from now if that has passed. Send an Idempotency-Key with it.",
      example: 30,
    }),
  })
  .refine(({ expires_at, days }) => (expires_at === undefined) !== (days === undefined), {
    message: "give either expires_at or days",
    path: ["expires_at"],
  })
  .openapi("LicenseExtension");

const describe = <Name extends AdminAct["action"], Body extends z.ZodType>(
  action: Name,
  body: Body,
  summary: string,
  description: string,
) =>
  createRoute({
    ...adminAccess("licenses:write", jsonBodyLimit),
    method: "post",
    path: `/v1/admin/licenses/{id}/${action}` as const,
    tags: ["Admin: licenses"],
    summary,
    description,
    request: {
      params: LicenseParams,
      headers: IdempotencyHeader,
      body: { required: true, content: { "application/json": { schema: body } } },
    },
    responses: {
      200: { description: "The license as it is now.", content: { "application/json": { schema: ChangedLicense } } },
      ...problems(
        ...ADMIN_PROBLEMS,
        "LICENSE_NOT_FOUND",
        "CONFLICT",
        "MALFORMED_REQUEST",
        "VALIDATION_FAILED",
        "PAYLOAD_TOO_LARGE",
      ),
    },
  });

const REVOKE = "Ends the license for good: no new token at once, no download after 70 s. Repeating it changes nothing.";
const SUSPEND = "Puts the license on hold until it is reinstated, as fast as revoking.";
const REINSTATE =
  "Takes back an admin's suspension or, by an owner only, revocation. What else stands against the license (a refund, an end) stays.";
const EXTEND = "Moves the end of the license to a later time.";
const ROTATE =
  "Makes a new key and mails it to its owner; the old one and every token that came from it are void. Machines keep their seats.";

/** Registers `POST /v1/admin/licenses/{id}/{revoke|suspend|reinstate|extend|rotate-key}`. */
export function registerActs(router: OpenAPIHono<AdminEnv>): void {
  router.openapi(describe("revoke", ReasonBody, "Revoke a license", REVOKE), async (c) =>
    c.json(await act(c, c.req.valid("param").id, { action: "revoke" }, c.req.valid("json").reason), 200),
  );
  router.openapi(describe("suspend", ReasonBody, "Suspend a license", SUSPEND), async (c) =>
    c.json(await act(c, c.req.valid("param").id, { action: "suspend" }, c.req.valid("json").reason), 200),
  );
  router.openapi(describe("reinstate", ReasonBody, "Reinstate a license", REINSTATE), async (c) =>
    c.json(await act(c, c.req.valid("param").id, { action: "reinstate" }, c.req.valid("json").reason), 200),
  );
  router.openapi(describe("rotate-key", ReasonBody, "Rotate a license's key", ROTATE), async (c) =>
    c.json(await act(c, c.req.valid("param").id, { action: "rotate-key" }, c.req.valid("json").reason), 200),
  );
  router.openapi(describe("extend", ExtendBody, "Extend a license", EXTEND), async (c) => {
    const { reason, expires_at, days } = c.req.valid("json");
    const until = expires_at === undefined ? { days: days ?? 0 } : { expires_at };
    return c.json(await act(c, c.req.valid("param").id, { action: "extend", until }, reason), 200);
  });
}

async function act(c: Context<AdminEnv>, id: string, wanted: AdminAct, why: string) {
  const actor = adminActor(c);
  const request = await idempotentRequest(actor.actor, c.req.header("Idempotency-Key"), [id, wanted, why]);
  const { license, changeId } = await carryOut(c, id, wanted, why, request);
  const edge = await publishNow(c, { topic: "license", key: id }, changeId === null ? [] : [changeId]);
  const view = { license: adminLicenseView(license, actor.now), edge };
  if (wanted.action !== "rotate-key") return view;
  sendMailsSoon(c);
  const { keySecret } = await licensingSecrets(c.var.config);
  return { ...view, key: await formatLicenseKey({ licenseId: id, generation: license.generation }, keySecret) };
}

/** Reads, decides and writes, again if the license changed in between. Returns it as it is afterwards, and what changed it. */
async function carryOut(
  c: Context<AdminEnv>,
  id: string,
  wanted: AdminAct,
  reason: string,
  request: IdempotentRequest | null,
): Promise<{ license: License; changeId: string | null }> {
  const { DB } = c.env;
  const actor = adminActor(c);
  const isOwner = c.var.admin.scopes.includes("owner");
  for (let attempt = 0; attempt < 10; attempt++) {
    const license = await readLicense(DB, id);
    if (!license) throw new Problem(licenseNotFound);
    const repetition = request && (await findRepetition(DB, request));
    if (repetition === "mismatch") throw new Problem(repetitionMismatch);
    if (repetition) return { license, changeId: null };
    const decision = decideAdminAct(license, wanted, isOwner, actor.now);
    if (!decision.ok) throw new Problem(decision.error);
    if (decision.value === null) return { license, changeId: null };
    const change = newChange(actor, {
      action: `license.${wanted.action}`,
      subject: id,
      reason,
      details: { ...decision.value },
    });
    const root = { table: "licenses", id } as const;
    const beside = request ? [rememberRequest(DB, request, change, root)] : [];
    if (wanted.action === "rotate-key") {
      const about = { licenseId: id, kind: "key_rotated", occasion: change.id, to: license.email } as const;
      beside.push(queueMailIf(DB, { ...about, data: {}, now: actor.now }, root, change.id));
    }
    try {
      if (await updateLicense(DB, license, decision.value, change, beside)) {
        const after = { ...license, ...decision.value, updated_at: actor.now, revision: license.revision + 1 };
        return { license: after, changeId: change.id };
      }
    } catch (error) {
      if (!isUniqueViolation(error, "idempotency_keys.")) throw error;
    }
  }
  throw new Problem({ code: "CONFLICT", detail: "The license is being changed by others. Please try again." });
}
