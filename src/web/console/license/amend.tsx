import { amendLicense, startCustomerUpdate } from "../../../domain/licensing/admin/amend.ts";
import type { Amendment } from "../../../domain/licensing/admin/amendment.ts";
import { MOST_ISSUED } from "../../../domain/licensing/admin/limits.ts";
import { endOf, type License } from "../../../domain/licensing/license/record.ts";
import { requireLicense } from "../../../domain/licensing/license/store.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { PLAN_IDS, planName, plans } from "../../../domain/licensing/plans.ts";
import { OwnerAddress } from "../../../domain/licensing/routes/admin/fields.ts";
import { Field, formatDate, SelectField } from "../../page/kit.ts";
import { actRoutes, adminActor, BRAKED, brake, goTo, Problem, Reason, reasonField, settle, z } from "../kit.ts";
import { previewAmendment } from "./amend-preview.ts";
import { checkLimits, emptyOr, RIGHTS, rightsFields, rightsOf } from "./rights.tsx";
import { licensePath, ownerText } from "./words.tsx";

const AmendForm = z
  .object({
    plan: z.enum(["", ...PLAN_IDS]).default(""),
    email: emptyOr(OwnerAddress, "Enter an email address.").transform((text) => text.toLowerCase()),
    ...RIGHTS,
    reason: Reason,
  })
  .superRefine(checkLimits)
  .transform(({ reason, plan, email, ...rights }): { reason: string; wanted: Amendment } => ({
    reason,
    wanted: {
      ...(plan !== "" && { plan }),
      ...(email !== "" && { email }),
      ...rightsOf(rights),
      note: rights.note,
    },
  }));

/** `GET` and `POST /admin/licenses/{id}/amend`. An empty field stays, so an old form undoes nothing of others. */
export const licenseAmend = actRoutes("/admin/licenses/{id}/amend", {
  scope: "licenses:issue",
  params: LicenseParams,
  does: "amend a license",
  example: { machine_limit: "8", reason: "goodwill after the outage" },
  answers: { 409: "The form again: the license's state does not allow it.", 429: BRAKED },
  leadsTo: "The page of the license.",
  missing: ["LICENSE_NOT_FOUND"],
  schema: AmendForm,
  actOf: async (c, { id }) => {
    const license = await requireLicense(c.env.DB, id);
    const admin = adminActor(c);
    const back = licensePath(id);
    return {
      title: "Amend this license",
      about: `${ownerText(license)} · ${license.plan} · ${id}`,
      button: "Amend it",
      dangerous: false,
      back,
      fields: (entered) => (
        <>
          <p>Fill in only what changes.</p>
          <SelectField {...entered("plan")} label="Plan" options={planOptions(license)} />
          <Field
            {...entered("email")}
            label="Owner's email"
            hint={`Now ${ownerText(license)}. A new address gets a new key.`}
            type="email"
            autocomplete="off"
          />
          {rightsFields(entered, hintsOf(license), license.note ?? "")}
          {reasonField(entered)}
        </>
      ),
      preview: ({ wanted }) => {
        const preview = previewAmendment(license, wanted, admin, admin.now);
        if (!preview.ok) throw new Problem(preview.error);
        return preview.value;
      },
      carryOut: async ({ reason, wanted }, idempotencyKey) => {
        await brake(c, "amend");
        const amended = await amendLicense(c.env.DB, admin, id, wanted, reason, idempotencyKey);
        const edge = await settle(c, amended.changes);
        await startCustomerUpdate(c.env, amended.license, admin.now);
        return goTo(c, back, { done: "amend", edge });
      },
    };
  },
});

const planOptions = ({ plan }: License) => [
  { value: "", text: `Keep ${planName(plan)}` },
  ...PLAN_IDS.filter((id) => id !== plan).map((id) => ({ value: id, text: plans[id].name })),
];

/** The value that each empty field keeps. */
function hintsOf(license: License) {
  const { machine_limit, machine_limit_paid: paid, entitlements, versions, updates_until } = license;
  const end = endOf(license);
  const isPaid = paid !== null ? ` Its subscription pays for ${paid}.` : "";
  return {
    machine_limit: `Now ${machine_limit}.${isPaid} Over ${MOST_ISSUED}: owners only.`,
    until: `Now ${end === null ? "without an end" : formatDate(end)}.`,
    versions: `Now ${versions}. A range such as <3.0.0.`,
    entitlements: `Now ${entitlements.join(", ")}. Ids of workers; a * at the end matches the rest.`,
    updates: `Now ${updates_until === null ? "every update" : formatDate(updates_until)}. The releases that were published by that day.`,
    note: "Only admins see it.",
  };
}
