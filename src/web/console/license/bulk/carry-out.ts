import { actOnLicense } from "../../../../domain/licensing/admin/act.ts";
import { logFailure } from "../../../../lib/log.ts";
import type { EdgeState } from "../../../../platform/storage/settle.ts";
import { adminActor, type ConsoleContext, Problem, settle } from "../../kit.ts";
import { actOnOne, type BulkInput } from "./decision.ts";

/** The outcome for one license; `fault`: why it has not changed. */
export type Outcome = { id: string; fault: string | null };

/** Acts that run at the same time. Each takes some calls of the ledger, one after another. */
const LANES = 5;

const FAILED = "Something failed here, and this license has not changed. Please try again.";

/**
 * Carries an act out on each license, in a transaction with an audit entry of its own, and publishes them together. A
 * refusal or failure of one does not stop the others. Idempotent with the same key. A subscription that is canceled
 * with its license is left to the cron, which calls Stripe for one after another.
 */
export async function actOnAll(
  c: ConsoleContext,
  { reason, act, chosen }: BulkInput,
  idempotencyKey: string,
): Promise<{ outcomes: Outcome[]; edge: EdgeState }> {
  const scope = { db: c.env.DB, config: c.var.config };
  const admin = adminActor(c);
  const stale: Parameters<typeof settle>[1]["stale"][number][] = [];
  let mail = false;
  const one = async ([id, value]: readonly [string, string]): Promise<Outcome> => {
    try {
      const acted = await actOnLicense(scope, admin, id, actOnOne(act, value), reason, `${idempotencyKey}.${id}`);
      stale.push(...acted.changes.stale);
      mail ||= acted.changes.mail === true;
      return { id, fault: null };
    } catch (error) {
      if (error instanceof Problem) return { id, fault: error.detail };
      logFailure("act.failed", error, { license: id, act: act.action });
      return { id, fault: FAILED };
    }
  };
  const outcomes: Outcome[] = [];
  const waiting = [...chosen];
  while (waiting.length > 0) outcomes.push(...(await Promise.all(waiting.splice(0, LANES).map(one))));
  return { outcomes, edge: await settle(c, { stale, mail }) };
}
