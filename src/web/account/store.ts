import { endOf, type License, type LicenseRow, type Standing } from "../../domain/licensing/license/record.ts";
import { readLicense, selectLicenses } from "../../domain/licensing/license/store.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { Session } from "../../platform/identity/session/session.ts";
import { type LicenseDownload, readLicenseDownloads, unlessDown } from "../../platform/usage/read.ts";

/** A signed-in customer: by a license's key, or by a link mailed to an address. */
export type Customer = Session<"account">["by"];

/** The customer's licenses, oldest first: the license of a key, or all of a mail address. Throws D1's errors. */
export const listOwnLicenses = (db: D1Database, { kind, subject }: Customer): Promise<License[]> =>
  selectLicenses(db, kind === "license" ? "id = ?" : "email = ?", subject);

/**
 * The license with this id, if it belongs to the customer. Throws LICENSE_NOT_FOUND for another customer's license as
 * for an unknown one. It also throws after a sign-in by a key that was rotated since, so that the holder cannot see the
 * new key.
 */
export async function requireOwnLicense(db: D1Database, by: Customer, id: string): Promise<License> {
  const license = by.kind === "license" && by.subject !== id ? null : await readLicense(db, id);
  if (license !== null && isOwn(license, by)) return license;
  throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "Your account has no license with this id." });
}

const isOwn = (license: License, by: Customer): boolean =>
  by.kind === "license" ? license.generation === by.generation : license.email === by.subject;

/** A download with a license. `machine`: the name of the machine, if it has one. */
export type Download = Omit<LicenseDownload, "link_id">;

/** The last `limit` downloads with a license, newest first. Null if the statistics are down. */
export async function readRecentDownloads(
  statistics: D1Database,
  { id, machines }: License,
  limit: number,
  now: UnixSeconds,
): Promise<Download[] | null> {
  const downloads = await unlessDown(readLicenseDownloads(statistics, id, { from: 0, before: now + 1, limit }));
  const names = new Map(machines.map(({ fingerprint_hash, name }) => [fingerprint_hash, name]));
  if (downloads === null) return null;
  return downloads.map((one) => ({ ...one, machine: (one.machine && names.get(one.machine)) ?? null }));
}

/** The fact that decides a standing, as in the `details` of the audit entry that set it. Null: a time decides. */
function decidingFact(license: LicenseRow, standing: Standing): { fact: string; value: string } | null {
  if (standing.status === "active") return null;
  switch (standing.cause) {
    case "admin":
      return { fact: "admin_state", value: license.admin_state };
    case "payment":
      return license.refund_state === "full" && license.dispute_state !== "lost"
        ? { fact: "refund_state", value: "full" }
        : { fact: "dispute_state", value: license.dispute_state };
    case "subscription":
      return license.subscription_state === "suspended" ? { fact: "subscription_state", value: "suspended" } : null;
    case "expiry":
      return null;
  }
}

/** The start of a standing that a time decides; null for an active license. */
function timedSince(license: LicenseRow, standing: Standing): UnixSeconds | null {
  if (standing.status === "active") return null;
  const graceEnd = license.expires_at === null ? null : license.expires_at + license.grace_seconds;
  return standing.status === "suspended" ? graceEnd : endOf(license);
}

/** The time since which a license is not active; null if it is active or the time is unknown. Throws D1's errors. */
export async function readStandingSince(
  db: D1Database,
  license: LicenseRow,
  standing: Standing,
): Promise<UnixSeconds | null> {
  const deciding = decidingFact(license, standing);
  if (deciding === null) return timedSince(license, standing);
  return db
    .prepare("SELECT at FROM audit WHERE subject = ?1 AND json_extract(details, ?2) = ?3 ORDER BY id DESC LIMIT 1")
    .bind(license.id, `$.${deciding.fact}`, deciding.value)
    .first<UnixSeconds>("at");
}

/** Whether an ended license was in a trial until its end, and so was never charged. Throws D1's errors. */
export async function readWasTrial(db: D1Database, license: LicenseRow, standing: Standing): Promise<boolean> {
  const { id, expires_at, stripe_subscription_id } = license;
  if (standing.status !== "expired" || stripe_subscription_id === null || expires_at === null) return false;
  const trial = await db
    .prepare("SELECT 1 FROM payments WHERE license_id = ? AND kind = 'trial' AND period_end >= ? LIMIT 1")
    .bind(id, expires_at)
    .first();
  return trial !== null;
}
