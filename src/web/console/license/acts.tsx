import * as z from "zod";
import { type AdminAct, decideAdminAct } from "../../../domain/licensing/admin/decision.ts";
import type { License } from "../../../domain/licensing/license/record.ts";
import { endOf } from "../../../domain/licensing/license/status.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Child, Field, formatDate } from "../../page/kit.ts";
import { type Entered, LastDay, lastDayField, Reason, type SentForm } from "../act/kit.ts";

/** The parsed form of an act: the reason, and the change to the license. */
export type ActInput = { reason: string; act: AdminAct };

/** An act on a license, as the console offers it. */
export type LicenseAct = {
  name: AdminAct["action"];
  /** The text of the link on the license's page. */
  link: string;
  title: string;
  button: string;
  dangerous: boolean;
  /** The notice on the license's page once the act is done. */
  done: string;
  /** Whether to offer the act now. The act itself decides again. */
  isOffered: (license: License, isOwner: boolean) => boolean;
  schema: z.ZodType<ActInput>;
  fields?: (license: License, entered: Entered) => Child;
};

const simply = (action: Exclude<AdminAct["action"], "extend">): z.ZodType<ActInput> =>
  z.object({ reason: Reason }).transform(({ reason }) => ({ reason, act: { action } }));

const Extension = z
  .object({
    reason: Reason,
    days: z
      .string()
      .trim()
      .regex(/^\d{0,5}$/, "A whole number of days, 1 to 36500.")
      .default("")
      .transform(Number)
      .refine((days) => days <= 36_500, "A whole number of days, 1 to 36500."),
    until: LastDay,
    end: z
      .string()
      .regex(/^\d{1,12}$/)
      .transform(Number)
      .optional(),
  })
  .refine(({ days, until }) => days > 0 !== (until !== null), {
    path: ["days"],
    message: "Enter either days or a date.",
  })
  .transform(
    ({ reason, days, until, end = until }): ActInput => ({
      reason,
      act: { action: "extend", until: end === null ? { days } : { expires_at: end } },
    }),
  );

/** Fields that pin an act to its preview: for an extension by days, the end it comes to at `now`. */
export function pinnedFields(license: License, act: AdminAct, isOwner: boolean, now: UnixSeconds): SentForm {
  const decision = act.action === "extend" ? decideAdminAct(license, act, isOwner, now) : null;
  const end = decision?.ok ? decision.value?.extended_until : null;
  return end == null ? {} : { end: String(end) };
}

const extensionFields = (license: License, entered: Entered): Child => {
  const end = endOf(license);
  return (
    <>
      <Field
        {...entered("days")}
        label="By how many days"
        hint={end === null ? undefined : `From its end, ${formatDate(end)}, or from now if that has passed.`}
        inputmode="numeric"
      />
      {lastDayField(entered, "", "Or until which day")}
    </>
  );
};

/** Every act on a license, in the order of the links. */
export const LICENSE_ACTS: readonly LicenseAct[] = [
  {
    name: "suspend",
    link: "Suspend",
    title: "Suspend this license",
    button: "Suspend it",
    dangerous: true,
    done: "The license is on hold.",
    isOffered: ({ admin_state }) => admin_state === "none",
    schema: simply("suspend"),
  },
  {
    name: "reinstate",
    link: "Reinstate",
    title: "Reinstate this license",
    button: "Reinstate it",
    dangerous: false,
    done: "The admin's decision about the license is removed.",
    isOffered: ({ admin_state }, isOwner) => admin_state === "suspended" || (admin_state === "revoked" && isOwner),
    schema: simply("reinstate"),
  },
  {
    name: "extend",
    link: "Extend",
    title: "Extend this license",
    button: "Extend it",
    dangerous: false,
    done: "The license is extended.",
    isOffered: (license) => license.admin_state !== "revoked" && endOf(license) !== null,
    schema: Extension,
    fields: extensionFields,
  },
  {
    name: "rotate-key",
    link: "Rotate key",
    title: "Rotate the key of this license",
    button: "Rotate the key",
    dangerous: true,
    done: "",
    isOffered: () => true,
    schema: simply("rotate-key"),
  },
  {
    name: "revoke",
    link: "Revoke",
    title: "Revoke this license",
    button: "Revoke it",
    dangerous: true,
    done: "The license is revoked.",
    isOffered: ({ admin_state }) => admin_state !== "revoked",
    schema: simply("revoke"),
  },
];
