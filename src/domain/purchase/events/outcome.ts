import type { Actor } from "../../../platform/storage/ledger.ts";
import type { PurchaseScope } from "../checkout/fulfilment.ts";
import { syncLicense, type TouchedLicense } from "../sync.ts";

/** What handling an event came to: a sentence for admins, which licenses it touched, and whether they should look at it. */
export type EventOutcome = { outcome: string; attention: boolean; licenses: TouchedLicense[] };

/** The outcome of an event that no license depends on. */
export const ignored = (why: string): EventOutcome => ({
  outcome: `ignored: ${why}`,
  attention: false,
  licenses: [],
});

/** The outcome of an event about these licenses; `attention` is what a person should know, null if there is nothing. */
export const outcomeOf = (licenses: TouchedLicense[], attention: string | null): EventOutcome => ({
  outcome: attention ?? (licenses.map(({ licenseId }) => licenseId).join(" ") || "no license"),
  attention: attention !== null,
  licenses,
});

/** Makes licenses follow the money, one after another; `chargeId` as in `syncLicense`. Throws what Stripe or D1 throw. */
export async function syncAll(
  { db, stripe, graceDays }: PurchaseScope,
  licenseIds: readonly string[],
  actor: Actor,
  chargeId: string | null = null,
): Promise<EventOutcome> {
  const licenses: TouchedLicense[] = [];
  let attention: string | null = null;
  for (const licenseId of licenseIds) {
    const synced = await syncLicense(db, stripe, licenseId, graceDays, actor, chargeId);
    licenses.push(synced);
    attention = synced.attention ?? attention;
  }
  return outcomeOf(licenses, attention);
}
