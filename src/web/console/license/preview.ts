import { refusalToErase } from "../../../domain/erasure/erasure.ts";
import { type AdminAct, decideAdminAct, explainAdminRefusal } from "../../../domain/licensing/admin/decision.ts";
import { maySeeNewKey, refusalOfExtension } from "../../../domain/licensing/admin/limits.ts";
import {
  activeMachines,
  isBilled,
  isErased,
  isSubscribed,
  type License,
  standingOf,
} from "../../../domain/licensing/license/record.ts";
import { readLicensesByEmail } from "../../../domain/licensing/license/store.ts";
import type { Refundable } from "../../../domain/purchase/refundable.ts";
import { formatAmount } from "../../../lib/money.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Scope } from "../../../platform/config/scopes.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { REVOCATION_SECONDS } from "../../../platform/storage/edge-store.ts";
import { counted, formatDate, formatDateTime, sentences } from "../../page/kit.ts";
import { sentenceOf } from "./words.tsx";

/** How soon downloads agree with the ledger, in words. */
export const SOON = `usually within ${REVOCATION_SECONDS} seconds`;
/** The preview of a repeated act. */
export const NOTHING = "Nothing changes: this is done already.";
const AT_ONCE = "New tokens, activations and verifications are refused at once.";
/** The consequence of a key or license that ends, for its downloads. */
export const DOWNLOADS_STOP = `Downloads, including links already handed out, are refused everywhere ${SOON}.`;

type Machines = License["machines"];

/**
 * Previews an act on a license at `now`: its consequences, a sentence each. It uses the same decision as the act.
 * Errors: those of `decideAdminAct` and `refusalOfExtension`.
 */
export function previewLicenseAct(
  license: License,
  act: AdminAct,
  admin: { scopes: readonly Scope[] },
  now: UnixSeconds,
): Result<string[], Refusal> {
  const decision = decideAdminAct(license, act, admin.scopes.includes("owner"), now);
  if (!decision.ok) return err(explainAdminRefusal(decision.error));
  if (decision.value === null) return ok([NOTHING]);
  const refusal = refusalOfExtension(admin, decision.value, now);
  if (refusal) return err(refusal);
  const after = { ...license, ...decision.value };
  const standing = standingOf(after, now);
  const wasActive = standingOf(license, now).status === "active";
  const isActive = standing.status === "active";
  const stands = sentenceOf(standing, after);
  const machines = activeMachines(license).length;
  switch (act.action) {
    case "revoke":
      return told(
        ...endings(license, wasActive, now),
        "Only an owner can reinstate it.",
        act.cancelSubscription && isSubscribed(license)
          ? `Its subscription is canceled at Stripe at once, without a refund. This cannot be undone.${charges(license)}`
          : isBilled(license) &&
              `Its subscription continues and is billed.${charges(license)} Cancel the subscription, too, or refund the license to give the last payment back.`,
      );
    case "suspend":
      return told(
        ...endings(license, wasActive, now),
        "It stays on hold until an admin reinstates it. Payments do not change that.",
        isBilled(license) && `Its subscription continues and is billed.${charges(license)}`,
      );
    case "reinstate":
      return told(
        isActive
          ? `It is in force again at once: ${stands}`
          : `The admin's decision is removed, but the license is still not in force: ${stands}`,
        isActive &&
          `A machine that uses the key instead of a fresh token may be refused for another ${REVOCATION_SECONDS} seconds.`,
      );
    case "extend":
      return told(
        `Its end moves to ${formatDateTime(after.extended_until ?? now)}. Payment events do not change that.`,
        isActive && !wasActive && "It is in force again at once.",
        !isActive && `It is still not in force: ${stands}`,
      );
    case "rotate-key":
      return told(
        maySeeNewKey(admin)
          ? "A new key is created, shown to you once, and emailed to the owner."
          : "A new key is created and emailed to the owner. You don't see it, because that needs the scope licenses:issue.",
        "The old key and all its tokens are refused at once for tokens, activations and verifications.",
        DOWNLOADS_STOP,
        leases(license.machines, now),
        machines > 0 && `${counted(machines, "machine")} must get the new key. No seat is lost.`,
        "Sessions in the account that began with the old key end.",
      );
  }
}

const told = (...all: (string | false)[]) => ok(sentences(...all));

/** The consequences of ending a license. */
function endings(license: License, wasActive: boolean, now: UnixSeconds): string[] {
  const active = activeMachines(license);
  return sentences(
    ...(wasActive ? [AT_ONCE, DOWNLOADS_STOP] : ["It is not in force now, so nothing changes for its machines."]),
    wasActive &&
      active.length > 0 &&
      `${counted(active.length, "machine")} can no longer download: ${namesOf(active)}.`,
    leases(license.machines, now),
  );
}

/** Machines with an offline lease: they keep working until the lease ends. False if there are none. */
export function leases(all: Machines, now: UnixSeconds): string | false {
  const leased = all.filter(({ lease_until }) => lease_until > now);
  if (leased.length === 0) return false;
  const until = formatDate(Math.max(...leased.map(({ lease_until }) => lease_until)));
  const holders =
    leased.length === 1 ? "A machine holds an offline lease" : `${leased.length} machines hold offline leases`;
  return `${holders}: installed workers run until ${until}, unless a machine fetches the status list before.`;
}

/** Previews a refund at `now`. `refundable` is the part of the last payment that Stripe can still refund. */
export function previewRefund(license: License, refundable: Refundable | null, now: UnixSeconds): string[] {
  const wasActive = standingOf(license, now).status === "active";
  return sentences(
    refundable === null || refundable.amount <= 0
      ? "There is nothing left to refund."
      : `The customer gets ${formatAmount(refundable.amount, refundable.currency)} back, all that is left of the last payment. Banks take some days.`,
    refundable !== null &&
      refundable.outside > 0 &&
      `Another ${formatAmount(refundable.outside, refundable.currency)} was paid outside Stripe. Give it back the way it came.`,
    license.stripe_subscription_id !== null && "Its subscription ends at once, and nothing more is billed.",
    ...(license.admin_state === "revoked" ? ["It is revoked already."] : endings(license, wasActive, now)),
  );
}

/** The next charge in a sentence; empty if it is not known. */
function charges({ next_charge_at: at, next_charge_amount: amount, price_currency: currency }: License): string {
  if (at === null || amount === null || currency === null) return "";
  return ` The next charge is ${formatAmount(amount, currency)} on ${formatDate(at)}.`;
}

const namesOf = (some: Machines): string => {
  const names = some.slice(0, 5).map(({ name, id }) => name ?? id);
  return some.length > 5 ? `${names.join(", ")} and ${some.length - 5} more` : names.join(", ");
};

/**
 * Previews the erasure of a license's owner, with all licenses of the same email address: its consequences, a sentence
 * each. It uses the same decision as the act. Throws D1's errors. Errors: that of `refusalToErase`.
 */
export async function previewErasure(db: D1Database, license: License): Promise<Result<string[], Refusal>> {
  if (isErased(license)) return ok([NOTHING]);
  const licenses = await readLicensesByEmail(db, license.email);
  const refusal = await refusalToErase(db, license.email, licenses);
  if (refusal) return err(refusal);
  const paying = new Set(licenses.flatMap(({ stripe_customer_id }) => stripe_customer_id ?? []));
  return told(
    licenses.length === 1
      ? "The license is revoked forever. It is the only one of this address."
      : `All ${counted(licenses.length, "license")} of this address are revoked forever: ${licenses.map(({ id }) => id).join(", ")}.`,
    `New tokens, activations and verifications are refused at once, downloads everywhere usually within ${REVOCATION_SECONDS} seconds. Offline leases work until they end, or until their machine reads the status list.`,
    "These are erased: the address, the note, names and fingerprints of machines, the owner of downloads, emails and sessions.",
    paying.size > 0 && "The customer is deleted at Stripe. Stripe keeps the invoices as long as tax law requires.",
    "The sale, its date and its payment are kept. So is the audit trail with your reason: do not write names in it.",
    "This cannot be undone, and no email is sent.",
  );
}
