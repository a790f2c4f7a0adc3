import type { Context } from "hono";
import { fromRfc3339 } from "../../../../lib/time.ts";
import {
  BODY_PROBLEMS,
  createRoute,
  jsonBodyLimit,
  operation,
  optionalBody,
  problems,
  z,
} from "../../../../platform/http/route.ts";
import { brake } from "../../../../platform/identity/act-volume.ts";
import {
  ADMIN_PROBLEMS,
  type AdminEnv,
  admin,
  adminAccess,
  adminActor,
  createAdminRouter,
  Reason,
} from "../../../../platform/identity/authentication.ts";
import { IdempotencyHeader } from "../../../../platform/storage/idempotency.ts";
import { settle } from "../../../../platform/storage/settle.ts";
import { actOnLicense, removeMachine, setBar } from "../../admin/act.ts";
import type { AdminAct } from "../../admin/decision.ts";
import { MOST_DAYS, maySeeNewKey } from "../../admin/limits.ts";
import { ChangedLicense, changedLicense, LicenseParams, MachineParams } from "../../license/view.ts";

const ReasonBody = z.object({ reason: Reason }).openapi("LicenseAct");

const ExtendBody = z
  .object({
    reason: Reason,
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

const describe = <Name extends Exclude<AdminAct["action"], "revoke">, Body extends z.ZodType>(
  action: Name,
  body: Body,
  summary: string,
  description: string,
) =>
  operation("post", `/v1/admin/licenses/{id}/${action}`, {
    tag: "Admin: licenses",
    summary,
    description,
    access: admin("licenses:write"),
    params: LicenseParams,
    headers: IdempotencyHeader,
    body,
    answers: { 200: ["The license as it is now.", ChangedLicense] },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT"],
  });

const SUSPEND =
  "Puts the license on hold until it is reinstated, as fast as revoking. Its subscription is still billed.";
const REINSTATE =
  "Takes back an admin's suspension, or a revocation if the admin is an owner. Other reasons (a refund, an end) stay.";
const EXTEND = `Moves the end of the license to a later time. An end later than ${MOST_DAYS} days from now needs \`licenses:issue\`.`;
const ROTATE =
  "Makes a new key and mails it to its owner. The old key and its tokens stop working. Machines keep their seats. The answer " +
  "has the new key for an admin with `licenses:issue` alone, so that nobody takes a customer's key by rotating it.";

/** An admin's acts on a license and its machines. */
export const licenseActs = createAdminRouter();

licenseActs.openapi(describe("suspend", ReasonBody, "Suspend a license", SUSPEND), async (c) =>
  c.json(await act(c, c.req.valid("param").id, { action: "suspend" }, c.req.valid("json").reason), 200),
);
licenseActs.openapi(describe("reinstate", ReasonBody, "Reinstate a license", REINSTATE), async (c) =>
  c.json(await act(c, c.req.valid("param").id, { action: "reinstate" }, c.req.valid("json").reason), 200),
);
licenseActs.openapi(describe("rotate-key", ReasonBody, "Rotate a license's key", ROTATE), async (c) =>
  c.json(await act(c, c.req.valid("param").id, { action: "rotate-key" }, c.req.valid("json").reason), 200),
);
licenseActs.openapi(describe("extend", ExtendBody, "Extend a license", EXTEND), async (c) => {
  const { reason, expires_at, days } = c.req.valid("json");
  const until = expires_at === undefined ? { days: days ?? 0 } : { expires_at };
  return c.json(await act(c, c.req.valid("param").id, { action: "extend", until }, reason), 200);
});

async function act(c: Context<AdminEnv>, id: string, wanted: AdminAct, reason: string) {
  const admin = adminActor(c);
  const scope = { db: c.env.DB, config: c.var.config };
  if (wanted.action !== "reinstate") await brake(c, wanted.action);
  const idempotencyKey = c.req.header("Idempotency-Key");
  const { license, key, changes } = await actOnLicense(scope, admin, id, wanted, reason, idempotencyKey);
  const edge = await settle(c, changes);
  return changedLicense(license, edge, admin.now, maySeeNewKey(admin) ? key : null);
}

const BarBody = z
  .object({
    reason: Reason,
    void_lease: z.boolean().optional().openapi({ description: "Free the seat of a lease, too: owners only." }),
  })
  .openapi("MachineBar");

licenseActs.openapi(
  operation("post", "/v1/admin/licenses/{id}/machines/{machine_id}/bar", {
    tag: "Admin: machines",
    summary: "Bar a machine from a license",
    description:
      "Deactivates the machine, and refuses it a seat from then on (`MACHINE_BARRED`), whatever key it sends. A running offline " +
      "lease keeps its seat unless an owner voids it. It bars one fingerprint: a machine that is set up anew has another. Idempotent.",
    access: admin("licenses:write"),
    params: MachineParams,
    body: BarBody,
    answers: { 200: ["The license as it is now.", ChangedLicense] },
    refusals: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  }),
  async (c) => {
    const { reason, void_lease: voidLease = false } = c.req.valid("json");
    return c.json(await bar(c, c.req.valid("param"), { bar: true, reason, voidLease }), 200);
  },
);

licenseActs.openapi(
  operation("post", "/v1/admin/licenses/{id}/machines/{machine_id}/unbar", {
    tag: "Admin: machines",
    summary: "Lift the bar of a machine",
    description: "The machine may then take a seat like any other. It gets none by this. Idempotent.",
    access: admin("licenses:write"),
    params: MachineParams,
    body: ReasonBody,
    answers: { 200: ["The license as it is now.", ChangedLicense] },
    refusals: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  }),
  async (c) => {
    const { reason } = c.req.valid("json");
    return c.json(await bar(c, c.req.valid("param"), { bar: false, reason }), 200);
  },
);

async function bar(
  c: Context<AdminEnv>,
  { id, machine_id }: { id: string; machine_id: string },
  wanted: { bar: boolean; reason: string; voidLease?: boolean },
) {
  const admin = adminActor(c);
  const { license, changes } = await setBar(c.env.DB, admin, id, machine_id, wanted);
  const edge = await settle(c, changes);
  return changedLicense(license, edge, admin.now);
}

const RemovalBody = z.object({ reason: Reason.optional() }).openapi("MachineRemoval");

licenseActs.openapi(
  createRoute({
    ...adminAccess("licenses:write", jsonBodyLimit, optionalBody),
    method: "delete",
    path: "/v1/admin/licenses/{id}/machines/{machine_id}",
    tags: ["Admin: machines"],
    summary: "Deactivate a machine of a license",
    description:
      "Frees its seat and ends its tokens: online at once, for offline verifiers in the status list within 90 s. Idempotent. " +
      "A running offline lease keeps its seat unless an owner voids it, for example after a thief activated a machine with " +
      "a leaked key. The reason is in the query or in a JSON body; the audit trail keeps it.",
    request: {
      params: MachineParams,
      query: z.object({
        reason: Reason.optional(),
        void_lease: z
          .enum(["true", "false"])
          .optional()
          .openapi({ description: "Free the seat of a lease, too: owners only." }),
      }),
      body: { required: false, content: { "application/json": { schema: RemovalBody } } },
    },
    responses: {
      204: { description: "The machine holds no seat." },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS, "LICENSE_NOT_FOUND", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
    },
  }),
  async (c) => {
    const { id, machine_id } = c.req.valid("param");
    const { void_lease, reason = c.req.valid("json").reason } = c.req.valid("query");
    const how = { voidLease: void_lease === "true", reason: reason ?? null };
    await settle(c, await removeMachine(c.env.DB, adminActor(c), id, machine_id, how));
    return c.body(null, 204);
  },
);
