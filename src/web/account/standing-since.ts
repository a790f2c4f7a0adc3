import type { LicenseRow } from "../../domain/licensing/license/record.ts";
import { endOf, type Standing } from "../../domain/licensing/license/status.ts";
import type { UnixSeconds } from "../../lib/time.ts";

/** The fact that a standing follows from, as the audit trail has it in the details of the change that set it; null: a time. */
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

/** Since when a license stands as it does where that follows from a time; null where it is in force. */
function timedSince(license: LicenseRow, standing: Standing): UnixSeconds | null {
  if (standing.status === "active") return null;
  const graceEnd = license.expires_at === null ? null : license.expires_at + license.grace_seconds;
  return standing.status === "suspended" ? graceEnd : endOf(license);
}

/** Since when a license that is not in force is not: null where it is, or where nothing says so. Throws what D1 throws. */
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
