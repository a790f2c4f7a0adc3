import { refusalOfErasure } from "../../domain/erasure/erasure-decision.ts";
import { isErased, type LicenseRow } from "../../domain/licensing/license-record.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { REVOCATION_SECONDS } from "../../platform/storage/edge-store.ts";
import { counted } from "../page/kit.ts";

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
