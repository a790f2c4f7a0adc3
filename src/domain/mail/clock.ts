import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import { ok } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { JobProgress } from "../../platform/jobs/job.ts";
import { change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { mailsOfChange, toldPhase } from "../licensing/license/mails.ts";
import { phaseOf, tellAt } from "../licensing/license/phase.ts";
import type { License } from "../licensing/license/record.ts";
import { licenseRoot } from "../licensing/license/store.ts";

/** The licenses of one step: each takes up to five of its 1,000 calls of bindings. */
const BATCH = 100;

const Due = z.object({ id: z.string(), tell_at: z.number() });

/**
 * Tells owners of everything that the clock alone has changed in their licenses by `now`: a grace that is over, an end,
 * and notices of one. Each is told once, because the license notes it in the transaction that queues the mail. If the
 * job runs late, so does the mail. A license that fails is logged, and keeps no other waiting. Returns the position of
 * the next step. Throws D1's errors of the list.
 */
export async function tellByClock(
  db: D1Database,
  now: UnixSeconds,
  position: string | null = null,
): Promise<JobProgress> {
  const [, at = "-1", after = ""] = /^(\d+) (.*)$/.exec(position ?? "") ?? [];
  const { results } = await db
    .prepare(
      `SELECT id, tell_at FROM licenses WHERE tell_at <= ?1 AND (tell_at, id) > (?2, ?3) ORDER BY tell_at, id LIMIT ?4`,
    )
    .bind(now, Number(at), after, BATCH)
    .all();
  const due = results.map((row) => Due.parse(row));
  for (const { id } of due) {
    await tellOwner(db, id, now).catch((error: unknown) => logFailure("license.untold", error, { license: id }));
  }
  const last = due.at(-1);
  return last === undefined || due.length < BATCH ? null : { position: `${last.tell_at} ${last.id}` };
}

async function tellOwner(db: D1Database, id: string, now: UnixSeconds): Promise<void> {
  const actor: Actor = { actor: "system", requestId: null, now };
  const { row, changeId } = await change(db, licenseRoot, id, (license) => ok(decideByClock(license, now)), { actor });
  if (changeId !== null) return;
  // Nothing to tell: only the time of the next look moves. The license itself has not changed.
  await db
    .prepare("UPDATE licenses SET told = ?, tell_at = ? WHERE id = ? AND revision = ?")
    .bind(phaseOf(row, now), tellAt(row, now), id, row.revision)
    .run();
}

/** The change that tells an owner what the clock has changed by `now`; null if there is nothing to tell. */
function decideByClock(license: License, now: UnixSeconds) {
  const from = toldPhase(license, now);
  const to = phaseOf(license, now);
  const mails = mailsOfChange(license, license, { at: now, action: "license.lapse" });
  if (mails.length === 0) return null;
  return from === to
    ? { action: "license.remind" as const, patch: {}, details: { mails: mails.map(({ kind }) => kind) } }
    : { action: "license.lapse" as const, patch: {}, details: { from, to } };
}
