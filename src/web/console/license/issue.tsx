import { issueLicense, licenseByHand } from "../../../domain/licensing/admin/act.ts";
import { MOST_ISSUED, refusalOfIssue } from "../../../domain/licensing/admin/limits.ts";
import { PLAN_IDS, plans } from "../../../domain/licensing/plans.ts";
import { MailAddress } from "../../../lib/mail-address.ts";
import { CheckField, counted, Field, formatDate, SelectField } from "../../page/kit.ts";
import { actRoutes, adminActor, BRAKED, brake, may, Problem, Reason, reasonField, settle, z } from "../kit.ts";
import { keyPage } from "./act.tsx";
import { checkLimits, RIGHTS, rightsFields, rightsOf } from "./rights.tsx";

/** The plan decides each field that is empty. */
const HINTS = {
  machine_limit: `Leave it empty for the number of the plan. Over ${MOST_ISSUED}: owners only.`,
  until: "Leave it empty for the end of the plan.",
  versions: "A range such as <3.0.0. Leave it empty for the versions of the plan.",
  entitlements: "Ids of workers; a * at the end matches the rest. Leave it empty for those of the plan.",
  updates: "The releases that were published by that day. Leave it empty for the updates of the plan.",
  note: "Only admins see it.",
};

const PLAN_OPTIONS = PLAN_IDS.map((id) => ({ value: id, text: `${plans[id].name}: ${plans[id].description}` }));

const IssueForm = z
  .object({
    plan: z.enum(PLAN_IDS, "Choose a plan."),
    email: z.string().trim().pipe(MailAddress.toLowerCase()),
    ...RIGHTS,
    send_mail: z.literal("yes").optional(),
    reason: Reason,
  })
  .superRefine(checkLimits)
  .transform(({ plan, email, reason, send_mail, ...rights }) => ({
    ...{ plan, email, reason },
    ...rightsOf(rights),
    ...(rights.note && { note: rights.note }),
    send_mail: send_mail === "yes",
  }));

export const licenseIssue = actRoutes("/admin/licenses/new", {
  scope: "licenses:issue",
  does: "issue a license",
  example: { plan: "premium-lifetime", email: "ada@example.com", reason: "review copy", send_mail: "yes" },
  answers: { 200: "The preview; then the key, once.", 429: BRAKED },
  refusals: ["CONFLICT"],
  schema: IssueForm,
  actOf: (c) => {
    const admin = adminActor(c);
    const isOwner = may(c, "owner");
    return {
      title: "Issue a license",
      about: "Nothing is charged for it.",
      button: "Issue it",
      back: "/admin/licenses",
      fields: (entered) => (
        <>
          <SelectField {...entered("plan")} label="Plan" options={PLAN_OPTIONS} />
          <Field {...entered("email")} label="Owner's email" type="email" autocomplete="off" required />
          {rightsFields(entered, HINTS)}
          {isOwner ? (
            <CheckField
              name="send_mail"
              checked={entered("plan").value === undefined || entered("send_mail").value === "yes"}
            >
              Email the key to the owner
            </CheckField>
          ) : (
            <input type="hidden" name="send_mail" value="yes" />
          )}
          {reasonField(entered)}
        </>
      ),
      preview: (order) => {
        const refusal = refusalOfIssue(admin, order);
        if (refusal) throw new Problem(refusal);
        const license = licenseByHand(order, c.var.config.LIVEMODE, admin.now);
        const end = license.expires_at === null ? "without an end" : `until ${formatDate(license.expires_at)}`;
        return [
          `${license.email} gets ${plans[order.plan].name}: ${license.entitlements.join(", ")}, versions ${license.versions}.`,
          ...(license.updates_until === null
            ? []
            : [`It covers releases that are published until ${formatDate(license.updates_until)}.`]),
          `On ${counted(license.machine_limit, "machine")}, ${end}. It works at once.`,
          order.send_mail
            ? "The key is shown to you once and emailed to the owner."
            : "The key is shown to you once. It is not emailed.",
        ];
      },
      carryOut: async (order, idempotencyKey) => {
        const scope = { db: c.env.DB, config: c.var.config };
        await brake(c, "issue");
        const { key, license, changes } = await issueLicense(scope, admin, order, idempotencyKey);
        const edge = await settle(c, changes);
        return keyPage(c, { title: "The license is issued", key, license, edge, isMailed: order.send_mail });
      },
    };
  },
});
