import { foreignKeyForm } from "../../../lib/foreign-key.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { fromRfc3339, type UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { AdminActor } from "../../../platform/identity/authentication.ts";
import { create } from "../../../platform/storage/change.ts";
import { isUniqueViolation } from "../../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES } from "../../../platform/storage/settle.ts";
import { type IssueRequest, licenseByHand } from "../admin/act.ts";
import { licenseCreation } from "../license/store.ts";
import { licensingSecrets } from "../secrets.ts";
import { type ForeignSource, foreignKeyHash } from "./key.ts";
import { licensesOfHashes, storesForeignKey } from "./store.ts";

/** A license of another shop, with the plan that it gets here. `expires_at` null: no end; undefined: the plan's. */
export type ForeignLicense = Omit<IssueRequest, "expires_at"> & { key: string; expires_at?: string | null | undefined };

/**
 * The end of a row: `imported` by this request, or `importable` in a preview; `known` from an earlier one; `invalid`
 * with the fault. Only an imported or known row has a license.
 */
export type ImportOutcome =
  | { outcome: "imported" | "known"; license_id: string; fault: null }
  | { outcome: "importable"; license_id: null; fault: null }
  | { outcome: "invalid"; license_id: null; fault: string };

const invalid = (fault: string): ImportOutcome => ({ outcome: "invalid", license_id: null, fault });

/** The license that a row asks for at `now`, and the form of its key; or its fault as a sentence, without the key. */
export function importDecision(
  { key, expires_at, ...request }: ForeignLicense,
  now: UnixSeconds,
): Result<{ form: string; request: IssueRequest }, string> {
  const form = foreignKeyForm(key);
  if (form === null) {
    return err(
      "The key cannot be imported: it needs 16 letters or digits, no blanks, and must not begin with rbee_ or eyJ.",
    );
  }
  if (expires_at === undefined || expires_at === null) return ok({ form, request: { ...request, expires_at } });
  const end = fromRfc3339(expires_at);
  return end > now ? ok({ form, request: { ...request, expires_at: end } }) : err("The license has ended already.");
}

/**
 * Imports licenses of another shop, each in a transaction of its own with its audit entry, and mails nobody.
 * Idempotent: a key that is stored changes nothing. With `isPreview` nothing is written, and the same decision
 * gives the outcomes. Returns the outcome of each row, in order, and the changes to settle. Throws D1's errors; the
 * rows before stay.
 */
export async function importLicenses(
  { db, config }: { db: D1Database; config: Config },
  admin: AdminActor,
  rows: readonly ForeignLicense[],
  { source, reason, isPreview }: { source: ForeignSource; reason: string; isPreview: boolean },
): Promise<{ outcomes: ImportOutcome[]; changes: Changes }> {
  const { keySecret } = await licensingSecrets(config);
  const decisions = await Promise.all(
    rows.map(async (row) => {
      const decision = importDecision(row, admin.now);
      if (!decision.ok) return decision;
      return ok({ ...decision.value, hash: await foreignKeyHash(keySecret, decision.value.form) });
    }),
  );
  const known = await licensesOfHashes(
    db,
    decisions.flatMap((decision) => (decision.ok ? decision.value.hash : [])),
  );
  const seen = new Set<string>();
  const outcomes: ImportOutcome[] = [];
  let stale: Changes = NO_CHANGES;
  for (const decision of decisions) {
    if (!decision.ok) {
      outcomes.push(invalid(decision.error));
      continue;
    }
    const { hash, request } = decision.value;
    const license = known.get(hash);
    if (license !== undefined) outcomes.push({ outcome: "known", license_id: license, fault: null });
    else if (seen.has(hash)) outcomes.push(invalid("The same key is in an earlier row."));
    else if (isPreview) outcomes.push({ outcome: "importable", license_id: null, fault: null });
    else {
      const { id, changes, isNew } = await importOne({ db, config }, admin, { hash, request, source, reason });
      outcomes.push({ outcome: isNew ? "imported" : "known", license_id: id, fault: null });
      stale = { stale: [...stale.stale, ...changes.stale] };
    }
    seen.add(hash);
  }
  return { outcomes, changes: stale };
}

/** Imports one license. Another request may have imported the same key in the meantime; its license is then the one. */
async function importOne(
  { db, config }: { db: D1Database; config: Config },
  admin: AdminActor,
  row: { hash: string; request: IssueRequest; source: ForeignSource; reason: string },
): Promise<{ id: string; changes: Changes; isNew: boolean }> {
  const { hash, request, source, reason } = row;
  const license = licenseByHand(request, config.LIVEMODE, admin.now);
  const { plan, machine_limit, expires_at } = license;
  try {
    const creation = licenseCreation(db, license, {
      action: "license.import",
      details: { source, plan, machine_limit, expires_at },
      isMailed: false,
      beside: (change) => [storesForeignKey(db, change, hash, source)],
    });
    return { ...(await create(db, creation, { actor: admin, reason })), isNew: true };
  } catch (error) {
    const id = isUniqueViolation(error, "foreign_keys.hash")
      ? (await licensesOfHashes(db, [hash])).get(hash)
      : undefined;
    if (id === undefined) throw error;
    return { id, changes: NO_CHANGES, isNew: false };
  }
}
