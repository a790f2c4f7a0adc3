import { foreignKeyForm } from "../../../lib/foreign-key.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { countFailedCredential } from "../../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../../platform/http/route.ts";
import { change } from "../../../platform/storage/change.ts";
import { requireOwnLedger } from "../../../platform/storage/deployment.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { mailOfKey } from "../license/mails.ts";
import { isErased, type License } from "../license/record.ts";
import { licenseRoot, readLicense } from "../license/store.ts";
import { explainRefusal, type LicenseRefusal } from "../refusal.ts";
import { currentKey, licensingSecrets } from "../secrets.ts";
import { foreignKeyHash, refusalOfExchange } from "./key.ts";
import { notesExchange, readForeignKey } from "./store.ts";

/** A license, and its key in place of the one of another shop. */
export type Exchanged = { license: License; key: string };

const invalid: LicenseRefusal = { code: "KEY_INVALID", why: "malformed" };

/**
 * Exchanges a key of another shop for the license's own, mails that to the owner, and settles the change. For an hour
 * a repetition gives the same answer and changes nothing. Each call counts under the sender's address before the ledger
 * is read, because anybody can send a text. Errors: KEY_INVALID for a key that was not imported, KEY_ROTATED,
 * KEY_EXCHANGED after the hour, LICENSE_REVOKED. Throws RATE_LIMITED and D1's errors.
 */
export async function exchangeForeignKey(c: RequestScope, text: string): Promise<Result<Exchanged, LicenseRefusal>> {
  await countFailedCredential(c.env, c.req.raw);
  const form = foreignKeyForm(text);
  if (form === null) return err(invalid);
  await requireOwnLedger(c.env);
  const { config, now } = c.var;
  const db = c.env.DB;
  const hash = await foreignKeyHash((await licensingSecrets(config)).keySecret, form);
  const found = await readForeignKey(db, hash);
  const license = found && (await readLicense(db, found.license_id));
  if (!found || !license || isErased(license)) return err(invalid);
  c.var.subject.licenseId = license.id;
  const refusal = refusalOfExchange(found, license, now);
  if (refusal) return err(refusal);
  const { row, changes } = await change(
    db,
    licenseRoot,
    license.id,
    async (current) => {
      const stored = await readForeignKey(db, hash);
      const refused = stored ? refusalOfExchange(stored, current, now) : invalid;
      if (refused) return err(explainRefusal(refused, config));
      if (stored === null || stored.exchanged_at !== null) return ok(null);
      return ok({
        patch: {},
        action: "license.exchange-key",
        details: { source: stored.source },
        mails: [mailOfKey(current, now)],
        beside: (made) => [notesExchange(db, made, hash, now)],
      });
    },
    { actor: actorOf(c, `license:${license.id}`) },
  );
  await settle(c, changes);
  return ok({ license: row, key: await currentKey(config, row) });
}
