import { issueLicense, licenseByHand } from "../../../domain/licensing/admin/act.ts";
import { MOST_ISSUED, refusalOfIssue } from "../../../domain/licensing/admin/limits.ts";
import { PLAN_IDS, plans } from "../../../domain/licensing/plans.ts";
import { MailAddress } from "../../../lib/mail-address.ts";
import { CheckField, counted, Field, formatDate, SelectField, TextField } from "../../page/kit.ts";
import {
  actRoutes,
  adminActor,
  BRAKED,
  brake,
  LastDayToCome,
  lastDayField,
  may,
  Problem,
  Reason,
  reasonField,
  settle,
  z,
} from "../kit.ts";
import { keyPage } from "./act.tsx";

const MACHINES = "A whole number of machines, 1 to 100000.";
const MACHINES_HINT = `Leave it empty for the number of the plan. Over ${MOST_ISSUED}: owners only.`;

const PLAN_OPTIONS = PLAN_IDS.map((id) => ({ value: id, text: `${plans[id].name}: ${plans[id].description}` }));

const IssueForm = z
  .object({
    plan: z.enum(PLAN_IDS, "Choose a plan."),
    email: z.string().trim().pipe(MailAddress.toLowerCase()),
    machine_limit: z
      .string()
      .trim()
      .regex(/^(\d{1,6})?$/, MACHINES)
      .transform((text) => (text === "" ? undefined : Number(text)))
      .refine((count) => count === undefined || (count >= 1 && count <= 100_000), MACHINES),
    until: LastDayToCome,
    note: z.string().trim().max(1000, "1000 characters at most."),
    send_mail: z.literal("yes").optional(),
    reason: Reason,
  })
  .transform(({ until, note, send_mail, ...given }) => ({
    ...given,
    ...(until !== null && { expires_at: until }),
    ...(note !== "" && { note }),
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
          <Field {...entered("email")} label="Owner's mail address" type="email" autocomplete="off" required />
          <Field {...entered("machine_limit")} label="Machines" hint={MACHINES_HINT} inputmode="numeric" />
          {lastDayField(entered, "Leave it empty for the end of the plan.")}
          <TextField {...entered("note")} label="Note" hint="Only admins see it." maxlength={1000} />
          {isOwner ? (
            <CheckField
              name="send_mail"
              checked={entered("plan").value === undefined || entered("send_mail").value === "yes"}
            >
              Mail the key to the owner
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
          `On ${counted(license.machine_limit, "machine")}, ${end}. It works at once.`,
          order.send_mail
            ? "The key is shown to you once and mailed to the owner."
            : "The key is shown to you once. It is not mailed.",
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
