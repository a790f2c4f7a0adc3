import { logFailure } from "../../lib/log.ts";
import { configOf } from "../../platform/config/config.ts";
import type { Job, JobScope } from "../../platform/jobs/job.ts";
import { isHourly } from "../../platform/jobs/schedule.ts";
import { settleInJob } from "../../platform/storage/settle.ts";
import { readWatermark, writeWatermark } from "../../platform/storage/watermark.ts";
import { keyRefusal } from "./key-refusal.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { isStripeOutage } from "./stripe.ts";
import { purchaseChanges, purchaseScope, syncLicense } from "./sync.ts";

/** The watermark of the job: the last license that it has looked at; done once it has no position. */
const MARK = "payments";

/** The licenses of one step, with a dozen calls of bindings and as many requests to Stripe each. */
const LICENSES_A_STEP = 40;

/**
 * Records the payments of licenses that were sold before payments were recorded here. It goes once through all licenses
 * that were bought and have none, in the order of their ids, and continues where an earlier run stopped. After that it
 * does nothing: the sync of each license records what is new.
 */
export const backfillJob: Job = { name: "record-past-payments", isDue: isHourly, run: recordPast };

async function recordPast({ env, service: { publishers }, now }: JobScope): Promise<{ position: string } | null> {
  const config = configOf(env);
  if (config.STRIPE_SECRET_KEY === "") return null;
  const { at, position } = await readWatermark(env.DB, MARK);
  if (at > 0 && position === null) return null;
  const { results } = await env.DB.prepare(
    `SELECT id FROM licenses WHERE id > ? AND checkout_session_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM payments WHERE license_id = licenses.id)
     ORDER BY id LIMIT ?`,
  )
    .bind(position ?? "", LICENSES_A_STEP)
    .all<{ id: string }>();
  const scope = await purchaseScope(env, config);
  for (const { id } of results) {
    try {
      const synced = await syncLicense(scope, id, { actor: "reconciliation", requestId: null, now });
      await settleInJob(env, publishers, purchaseChanges([synced]));
    } catch (error) {
      // A later run continues with this license, once the key has the permission. Any other failure is of this license
      // alone, such as an account that was changed, and must not stop those behind it.
      await noteKeyRefusal(env.DB, error, now);
      if (isStripeOutage(error) || keyRefusal(error) !== null) throw error;
      logFailure("reconciliation.failed", error, { license: id });
    }
    await writeWatermark(env.DB, MARK, { at: now, position: id });
  }
  if (results.length === LICENSES_A_STEP) return { position: "more" };
  await writeWatermark(env.DB, MARK, { at: now, position: null });
  return null;
}
