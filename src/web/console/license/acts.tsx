import { type AdminAct, decideAdminAct } from "../../../domain/licensing/admin/decision.ts";
import { endOf, isBilled, isSubscribed, type License } from "../../../domain/licensing/license/record.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { CheckField, type Child, Field, formatDate } from "../../page/kit.ts";
import { type Entered, LastDay, lastDayField, Reason, type SentForm, z } from "../kit.ts";

/** The parsed form of an act: the reason, and the change to the license. */
type ActInput = { reason: string; act: AdminAct };

/** An act on a license, as the console offers it. */
export type LicenseAct = {
  name: AdminAct["action"];
  /** The text of the link on the license's page. */
  link: string;
  title: string;
  /** What the act is, in a sentence or two, before it is chosen. */
  meaning: string;
  button: string;
  dangerous: boolean;
  /** Whether it ends the license. */
  ends: boolean;
  /** The notice on the license's page once the act is done. */
  done: string;
  /** Whether to offer the act now. The act itself decides again. */
  isOffered: (license: License, isOwner: boolean) => boolean;
  schema: z.ZodType<ActInput>;
  /** The fields beside the reason, for one license or several. */
  fields?: (licenses: readonly License[], entered: Entered) => Child;
};

/** The act with its usual words and a form that asks only for the reason. */
const simply = (action: Exclude<AdminAct["action"], "extend" | "revoke">, link: string) => ({
  name: action,
  ...wordsOf(link),
  schema: z.object({ reason: Reason }).transform(({ reason }): ActInput => ({ reason, act: { action } })),
});

const wordsOf = (link: string) => ({ link, title: `${link} this license`, button: `${link} it`, ends: false });

const Revocation = z
  .object({ reason: Reason, cancel_subscription: z.literal("yes").optional() })
  .transform(({ reason, cancel_subscription: cancel }): ActInput => {
    return { reason, act: { action: "revoke", ...(cancel && { cancelSubscription: true }) } };
  });

/** The offer to end the subscription, too. It is ticked at first, because a revoked license is seldom to be billed. */
const revocationFields = (licenses: readonly License[], entered: Entered): Child => {
  const billed = licenses.filter((license) => isSubscribed(license) && license.cancel_due_at === null);
  if (billed.length === 0) return null;
  const isFirst = entered("reason").value === undefined;
  return (
    <CheckField name="cancel_subscription" checked={isFirst || entered("cancel_subscription").value === "yes"}>
      {licenses.length === 1
        ? "Also cancel its subscription at Stripe, now and without a refund"
        : `Also cancel their subscriptions at Stripe (${billed.length}) within minutes, without a refund`}
    </CheckField>
  );
};

const DAYS = "A whole number of days, 1 to 36500.";

const Extension = z
  .object({
    reason: Reason,
    days: z
      .string()
      .trim()
      .regex(/^\d{0,5}$/, DAYS)
      .default("")
      .transform(Number)
      .refine((days) => days <= 36_500, DAYS),
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
  .transform(({ reason, days, until, end = until }): ActInput => {
    return { reason, act: { action: "extend", until: end === null ? { days } : { expires_at: end } } };
  });

/** Fields that pin an act to its preview: for an extension by days, the end it comes to at `now`. */
export function pinnedFields(license: License, act: AdminAct, isOwner: boolean, now: UnixSeconds): SentForm {
  const decision = act.action === "extend" ? decideAdminAct(license, act, isOwner, now) : null;
  const end = decision?.ok ? decision.value?.extended_until : null;
  return end == null ? {} : { end: String(end) };
}

const extensionFields = (licenses: readonly License[], entered: Entered): Child => {
  const [end] = licenses.map(endOf);
  const from = licenses.length === 1 && end ? `its end, ${formatDate(end)},` : "the end of each";
  const hint = `From ${from} or from now if that has passed.`;
  return (
    <>
      <Field {...entered("days")} label="By how many days" hint={hint} inputmode="numeric" />
      {lastDayField(entered, "", "Or until which day")}
    </>
  );
};

/** Every act on a license, in the order of the links. */
export const LICENSE_ACTS: readonly LicenseAct[] = [
  {
    ...simply("suspend", "Suspend"),
    meaning: "Puts a license on hold until an admin reinstates it. Its machines can't activate or download meanwhile.",
    dangerous: true,
    done: "The license is on hold.",
    isOffered: ({ admin_state }) => admin_state === "none",
  },
  {
    ...simply("reinstate", "Reinstate"),
    meaning: "Takes back a suspension or revocation by an admin. The license works again if it is paid for.",
    dangerous: false,
    done: "The admin's decision about the license is removed.",
    isOffered: ({ admin_state }, isOwner) => admin_state === "suspended" || (admin_state === "revoked" && isOwner),
  },
  {
    name: "extend",
    ...wordsOf("Extend"),
    meaning: "Gives a license more time, free of charge. Payments don't shorten it.",
    dangerous: false,
    done: "The license is extended.",
    isOffered: (license) => license.admin_state !== "revoked" && endOf(license) !== null,
    schema: Extension,
    fields: extensionFields,
  },
  {
    ...simply("rotate-key", "Rotate key"),
    meaning: "Replaces a leaked key by a new one, which the owner gets by email. The old key stops working at once.",
    title: "Rotate the key of this license",
    button: "Rotate the key",
    dangerous: true,
    done: "The key is replaced. The new key is being emailed to the owner.",
    isOffered: () => true,
  },
  {
    name: "revoke",
    ...wordsOf("Revoke"),
    meaning: "Ends a license everywhere. Only an owner can reinstate it. No money is given back.",
    schema: Revocation,
    fields: revocationFields,
    ends: true,
    dangerous: true,
    done: "The license is revoked.",
    isOffered: (license) => license.admin_state !== "revoked" || isBilled(license),
  },
];
