import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { allows, type Scope } from "../../../platform/config/scopes.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import type { LicensePatch } from "../license/store.ts";

/** The most machines of a license that an admin who is not an owner issues: as many as a checkout sells. */
export const MOST_ISSUED = 500;

/** How far from now an admin without `licenses:issue` may move the end of a license, in days. */
export const MOST_DAYS = 366;

/** The scopes of an admin. A customer who acts on an own license has none. */
export type Holder = { scopes: readonly Scope[] };

const refused = (detail: string): Refusal => ({ code: "INSUFFICIENT_SCOPE", detail });

/** Whether an admin may see a key that an act has made. All others leave it to the mail to the license's owner. */
export const maySeeNewKey = ({ scopes }: Holder): boolean => allows(scopes, "licenses:issue");

/** The refusal of a license that only an owner issues: one for many machines, or one whose key is not mailed. */
export function refusalOfIssue(
  admin: Holder,
  { machine_limit, send_mail = true }: { machine_limit?: number | undefined; send_mail?: boolean | undefined },
): Refusal | null {
  const refusal = refusalOfLimit(admin, machine_limit);
  if (refusal || admin.scopes.includes("owner")) return refusal;
  return send_mail ? null : refused("Only an owner issues a license without mailing its key to its owner.");
}

/** The refusal of a machine limit that only an owner grants. */
export function refusalOfLimit({ scopes }: Holder, machineLimit = 1): Refusal | null {
  if (scopes.includes("owner") || machineLimit <= MOST_ISSUED) return null;
  return refused(`Only an owner grants over ${MOST_ISSUED} machines.`);
}

/** The refusal of a change that gives away more than `licenses:write` may: an end later than `MOST_DAYS` from `now`. */
export function refusalOfExtension({ scopes }: Holder, patch: LicensePatch, now: UnixSeconds): Refusal | null {
  const end = patch.extended_until ?? now;
  if (end <= now + MOST_DAYS * DAY || allows(scopes, "licenses:issue")) return null;
  return refused(`An end later than ${MOST_DAYS} days from now needs the scope licenses:issue.`);
}
