import type { License } from "../../domain/licensing/license/record.ts";
import { readLicense, selectLicenses } from "../../domain/licensing/license/store.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { Session } from "../../platform/identity/session/session.ts";

/** Who is signed in to the account: with a license's key, or with a link mailed to an address. */
type Customer = Session<"account">["by"];

/** The licenses of who is signed in, oldest first: a key's own, a mail address's all. Throws what D1 throws. */
export const listOwnLicenses = (db: D1Database, { kind, subject }: Customer): Promise<License[]> =>
  selectLicenses(db, kind === "license" ? "id = ?" : "email = ?", subject);

/**
 * The license with this id, if it belongs to who is signed in. Throws LICENSE_NOT_FOUND for everybody else's as for those
 * that do not exist, and to who was let in by a key that has been replaced since: they must not see the new one.
 */
export async function requireOwnLicense(db: D1Database, by: Customer, id: string): Promise<License> {
  const license = by.kind === "license" && by.subject !== id ? null : await readLicense(db, id);
  if (license !== null && isOwn(license, by)) return license;
  throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "Your account has no license with this id." });
}

const isOwn = (license: License, by: Customer): boolean =>
  by.kind === "license" ? license.generation === by.generation : license.email === by.subject;
