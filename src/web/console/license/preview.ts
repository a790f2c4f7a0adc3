import { refusalOfErasure } from "../../../domain/erasure/decision.ts";
import { type AdminAct, decideAdminAct } from "../../../domain/licensing/admin/decision.ts";
import {
  activeMachines,
  isErased,
  type License,
  type LicenseRow,
  type MachineRow,
} from "../../../domain/licensing/license/record.ts";
import { standingOf } from "../../../domain/licensing/license/status.ts";
import type { Refundable } from "../../../domain/purchase/refund.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { REVOCATION_SECONDS } from "../../../platform/storage/edge-store.ts";
import { counted, formatDate, formatDateTime, formatPrice } from "../../page/kit.ts";
import { sentenceOf } from "./words.tsx";

const SOON = `within ${REVOCATION_SECONDS} seconds`;
const AT_ONCE = "New tokens, activations and verifications are refused at once.";
const DOWNLOADS_STOP = `Downloads are refused everywhere ${SOON}, links that are in use included.`;

/**
 * What an act would do to a license at `now`, sentence by sentence, by the function that decides about it. Errors: those of
 * `decideAdminAct`.
 */
export function previewLicenseAct(
  license: License,
  act: AdminAct,
  isOwner: boolean,
  now: UnixSeconds,
): Result<string[], Refusal> {
  const decision = decideAdminAct(license, act, isOwner, now);
  if (!decision.ok) return err(decision.error);
  if (decision.value === null) return ok(["Nothing: it is so already."]);
  const after = { ...license, ...decision.value };
  const standing = standingOf(after, now);
  const wasActive = standingOf(license, now).status === "active";
  const isActive = standing.status === "active";
  const stands = sentenceOf(standing, after);
  switch (act.action) {
    case "revoke":
      return ok([
        ...endings(license, wasActive, now),
        "Only an owner can bring it back.",
        ...(isBilled(license)
          ? ["Its subscription goes on and is billed: to end that as well, use “Refund and revoke” instead."]
          : []),
      ]);
    case "suspend":
      return ok([...endings(license, wasActive, now), "It stays so until an admin reinstates it, whatever is paid."]);
    case "reinstate":
      return ok([
        isActive
          ? `It is in force again at once: ${stands}`
          : `The admin's decision is taken back, but it stays so: ${stands}`,
        ...(isActive
          ? [
              `A machine that uses the key itself, not a fresh token, may be refused for another ${REVOCATION_SECONDS} seconds.`,
            ]
          : []),
      ]);
    case "extend":
      return ok([
        `Its end moves to ${formatDateTime(after.extended_until ?? now)}. No event of its payment takes that back.`,
        ...(isActive && !wasActive ? ["It is in force again at once."] : []),
        ...(isActive ? [] : [`It is still not in force then: ${stands}`]),
      ]);
    case "rotate-key":
      return ok([
        "A new key is made, shown to you once and mailed to its owner.",
        "The old key, and every token that came from it, is refused for tokens, activations and verifications at once.",
        DOWNLOADS_STOP,
        ...(activeMachines(license).length > 0
          ? [`${counted(activeMachines(license).length, "machine")} must be given the new key. No seat is lost.`]
          : []),
        "Who is signed in to the account with the old key is signed out.",
      ]);
  }
}

/** What ending a license means for those who use it. */
function endings(license: License, wasActive: boolean, now: UnixSeconds): string[] {
  const active = activeMachines(license).length;
  return [
    ...(wasActive ? [AT_ONCE, DOWNLOADS_STOP] : ["It opens nothing now; that stays so."]),
    ...(wasActive && active > 0
      ? [`${counted(active, "machine")} can no longer download: ${namesOf(activeMachines(license))}.`]
      : []),
    ...leases(license.machines, now),
  ];
}

/** What no refusal of ours reaches: the machines that hold a lease. */
function leases(all: MachineRow[], now: UnixSeconds): string[] {
  const leased = all.filter(({ lease_until }) => lease_until > now);
  if (leased.length === 0) return [];
  const until = formatDate(Math.max(...leased.map(({ lease_until }) => lease_until)));
  const who =
    leased.length === 1 ? "A machine holds an offline lease" : `${leased.length} machines hold offline leases`;
  return [`${who}: what it has installed goes on until ${until}, unless it asks for the status list before.`];
}

/** What refunding and revoking a license would do at `now`; `refundable` is what Stripe says is left of its last payment. */
export function previewRefund(license: License, refundable: Refundable | null, now: UnixSeconds): string[] {
  const wasActive = standingOf(license, now).status === "active";
  return [
    refundable === null || refundable.amount <= 0
      ? "Nothing is left to give back of what was paid."
      : `${formatPrice(refundable.amount, refundable.currency)}, the last payment whole, go back to the customer; banks take some days for it.`,
    ...(license.stripe_subscription_id === null ? [] : ["Its subscription ends at once; nothing more is billed."]),
    ...(license.admin_state === "revoked" ? ["It is revoked already."] : endings(license, wasActive, now)),
  ];
}

const isBilled = ({ subscription_state }: License): boolean =>
  subscription_state === "active" || subscription_state === "past_due";

const namesOf = (some: MachineRow[]): string => {
  const names = some.slice(0, 5).map(({ name, id }) => name ?? id);
  return some.length > 5 ? `${names.join(", ")} and ${some.length - 5} more` : names.join(", ");
};

/** What freeing a machine's seat would do at `now`; `voidLease` as in `freeSeat`. */
export function previewMachineRemoval(machine: MachineRow, voidLease: boolean, now: UnixSeconds): string[] {
  const isActive = machine.deactivated_at === null;
  const isLeased = machine.lease_until > now;
  if (!isActive && !(isLeased && voidLease)) return ["Nothing: it holds no seat that this would free."];
  const until = formatDate(machine.lease_until);
  return [
    ...(isActive
      ? ["Its token is refused for new tokens and verifications at once.", `Its downloads are refused ${SOON}.`]
      : []),
    ...(isLeased && !voidLease
      ? [`Its offline lease keeps the seat until ${until}: no other machine can have it before.`]
      : []),
    ...(isLeased && voidLease
      ? [`Its seat is free at once. Its lease can be taken from nobody who is offline: there it works until ${until}.`]
      : []),
    ...(isLeased ? [] : ["Its seat is free at once for another machine."]),
    "Who has the license key can activate it again. If the key is in wrong hands, rotate it.",
  ];
}

/**
 * What erasing the owner of these licenses, all of one mail address, would do, sentence by sentence, by the function that decides
 * about it. Errors: that of `refusalOfErasure`.
 */
export function previewErasure(licenses: readonly LicenseRow[]): Result<string[], Refusal> {
  if (licenses.every(isErased)) return ok(["Nothing: it is so already."]);
  const refusal = refusalOfErasure([...licenses]);
  if (refusal) return err(refusal);
  const paying = new Set(licenses.flatMap(({ stripe_customer_id }) => stripe_customer_id ?? []));
  return ok([
    licenses.length === 1
      ? "The license is revoked for good: it is the only one of this address."
      : `All ${counted(licenses.length, "license")} of this address are revoked for good: ${licenses.map(({ id }) => id).join(", ")}.`,
    `New tokens, activations and verifications are refused at once, downloads everywhere within ${REVOCATION_SECONDS} seconds. Offline leases work until they end.`,
    "The address, the note, machines' names and fingerprints, whose downloads were whose, mails and sessions are erased.",
    ...(paying.size === 0
      ? []
      : ["The customer is deleted at Stripe, which keeps the invoices for as long as tax law wants."]),
    "What was sold, when and for which payment stays. So does the audit trail, with your reason: name nobody in it.",
    "Nobody can take this back, and nobody is told by mail.",
  ]);
}
