import { type Amendment, decideAmendment, explainAmendmentRefusal } from "../../../domain/licensing/admin/amendment.ts";
import { type Holder, refusalOfLimit } from "../../../domain/licensing/admin/limits.ts";
import {
  activeMachines,
  endOf,
  isBilled,
  isRevoked,
  type License,
  standingOf,
} from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { counted, formatDateTime, sentences } from "../../page/kit.ts";
import { DOWNLOADS_STOP, leases } from "./preview.ts";
import { sentenceOf } from "./words.tsx";

/**
 * Previews an amendment at `now`: its consequences, a sentence each. It uses the same decision as the act. Errors:
 * those of `decideAmendment` and `refusalOfLimit`.
 */
export function previewAmendment(
  license: License,
  wanted: Amendment,
  admin: Holder,
  now: UnixSeconds,
): Result<string[], Refusal> {
  const decision = decideAmendment(license, wanted, now);
  if (!decision.ok) return err(explainAmendmentRefusal(decision.error));
  if (decision.value === null) return ok(["Nothing changes: the license has these values already."]);
  const { patch } = decision.value;
  const refusal = refusalOfLimit(admin, patch.machine_limit);
  if (refusal) return err(refusal);
  const after: License = { ...license, ...patch };
  return ok([
    ...rightsChanged(license, after),
    ...endChanged(license, after, now),
    ...ownerChanged(license, after, now),
    ...sentences(
      license.note !== after.note && (after.note === null ? "The note is removed." : "The note changes."),
      isTold(license, after) && `The owner is emailed about it: ${after.email}.`,
    ),
  ]);
}

const changed = (what: string, from: string, to: string): string | false => from !== to && `${what}: ${from} → ${to}.`;

const limitText = (at: UnixSeconds | null, none: string): string => (at === null ? none : formatDateTime(at));

function rightsChanged(before: License, after: License): string[] {
  const active = activeMachines(before).length;
  const { machine_limit_paid: paid, machine_limit } = after;
  const isLimitNew = before.machine_limit !== machine_limit;
  return sentences(
    changed("Plan", planName(before.plan), planName(after.plan)),
    changed("Machines", String(before.machine_limit), String(machine_limit)),
    isLimitNew &&
      paid !== null &&
      machine_limit > paid &&
      `Its subscription pays for ${paid}. A payment does not undo the others.`,
    isLimitNew &&
      active > machine_limit &&
      `${counted(active, "machine")} are active. They stay, and no other is activated until a seat is free.`,
    changed("Workers", before.entitlements.join(", "), after.entitlements.join(", ")),
    changed("Versions", before.versions, after.versions),
    changed("Updates until", limitText(before.updates_until, "every one"), limitText(after.updates_until, "every one")),
    changed("Longest offline lease", counted(before.offline_days, "day"), counted(after.offline_days, "day")),
  );
}

function endChanged(before: License, after: License, now: UnixSeconds): string[] {
  const isMoved = endOf(before) !== endOf(after);
  const standing = standingOf(after, now);
  const isActive = standing.status === "active";
  return sentences(
    changed("End", limitText(endOf(before), "never"), limitText(endOf(after), "never")),
    isMoved && isActive && standingOf(before, now).status !== "active" && "It is in force again at once.",
    isMoved && !isActive && `It is still not in force: ${sentenceOf(standing, after)}`,
    isMoved && isBilled(after) && "Its subscription continues and is billed as before.",
    !isMoved && before.plan !== after.plan && `Its end stays: ${limitText(endOf(after), "never")}.`,
  );
}

function ownerChanged(before: License, after: License, now: UnixSeconds): string[] {
  if (before.email === after.email) return [];
  const machines = activeMachines(before).length;
  return sentences(
    `Owner: ${before.email} → ${after.email}.`,
    "A new key is created and emailed to the new address only. You don't see it.",
    "The old key and all its tokens are refused at once for tokens, activations and verifications.",
    DOWNLOADS_STOP,
    leases(before.machines, now),
    machines > 0 && `${counted(machines, "machine")} must get the new key. No seat is lost.`,
    `${before.email} is told that the address changed, but not to which one. Its sessions and links that sign in end.`,
    after.stripe_customer_id !== null && "The customer at Stripe gets the new address, too.",
    after.stripe_customer_id !== null &&
      "The new owner can open the billing portal, which shows the invoices and the billing details so far. For another person, issue a new license instead.",
    "Other licenses of the old address stay there.",
  );
}

/** Whether the owner gets an email about changed rights, as `mailsOfChange` decides. */
const isTold = (before: License, after: License): boolean =>
  !isRevoked(after) &&
  (before.plan !== after.plan || before.machine_limit !== after.machine_limit || endOf(before) !== endOf(after));
