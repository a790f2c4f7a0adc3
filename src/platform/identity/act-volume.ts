import type { Context } from "hono";
import * as z from "zod";
import { encodeHex, sha256 } from "../../lib/encoding.ts";
import { earliestId } from "../../lib/id.ts";
import { logFailure } from "../../lib/log.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { type ActLimits, COUNTED_ACT_NAMES, COUNTED_ACTS, type CountedAct } from "../config/act-limits.ts";
import { Problem } from "../http/problem.ts";
import { isKnownKey } from "../storage/idempotency.ts";
import { parseActor } from "../storage/ledger.ts";
import { IS_PERSON, NOT_FREQUENT } from "./audit-store.ts";
import { type AdminEnv, adminActor } from "./authentication.ts";

/** The acts of one kind by one actor since 00:00 UTC. `actor`: as the audit trail names it. */
export type ActVolume = { act: CountedAct; actor: string; count: number };

const VolumeRow = z.object({ action: z.string(), actor: z.string(), count: z.number() });

/** The acts of admins since 00:00 UTC by kind and actor, the most frequent first. Throws D1's errors. */
export async function readActVolumes(db: D1Database, now: UnixSeconds): Promise<ActVolume[]> {
  const actions = Object.values(COUNTED_ACTS);
  const { results } = await db
    .prepare(
      `SELECT action, actor, count(*) AS count FROM audit
       WHERE action IN (${actions.map(() => "?").join(", ")}) AND ${NOT_FREQUENT} AND id >= ?
         AND (actor GLOB 'token:*' OR actor GLOB 'access:*' OR actor GLOB 'publisher:*')
       GROUP BY action, actor ORDER BY count DESC, actor, action`,
    )
    .bind(...actions, earliestId("chg", startOfDay(now)))
    .all();
  return results.flatMap((row) => {
    const { action, actor, count } = VolumeRow.parse(row);
    const act = COUNTED_ACT_NAMES.find((name) => COUNTED_ACTS[name] === action);
    return act === undefined ? [] : [{ act, actor, count }];
  });
}

/** The volumes that have reached their alarm. */
export const unusualVolumes = (volumes: readonly ActVolume[], limits: ActLimits): ActVolume[] =>
  volumes.filter(({ act, count }) => count >= limits[act].alarm);

/**
 * The id of an actor for metrics and logs: `token:adm_...` and `publisher:pub_...` as they are. A person's mail address
 * becomes `access:` and the first 12 digits of its SHA-256, because metrics travel further than the trail.
 */
export async function actorIdOf(actor: string): Promise<string> {
  const parsed = parseActor(actor);
  if (parsed?.kind !== "access") return actor;
  return `access:${encodeHex(await sha256(parsed.id)).slice(0, 12)}`;
}

async function countToday(db: D1Database, actor: string, act: CountedAct, now: UnixSeconds): Promise<number> {
  const count = await db
    .prepare(`SELECT count(*) AS count FROM audit WHERE actor = ? AND ${IS_PERSON} AND id >= ? AND action = ?`)
    .bind(actor, earliestId("chg", startOfDay(now)), COUNTED_ACTS[act])
    .first<number>("count");
  return count ?? 0;
}

/**
 * Call it before an act that is counted. From the alarm on, it logs `acts.unusual`. Throws RATE_LIMITED past the stop,
 * unless the admin is an owner: then the day is over for a stolen token, and an owner goes on. A repeated request with
 * an `Idempotency-Key` passes, because the act is done. Requests at the same moment may pass together, so the stop is
 * not exact. `times`: how often one request acts. It is refused as a whole if all of it would pass the stop.
 */
export async function brake<E extends AdminEnv>(c: Context<E>, act: CountedAct, times = 1): Promise<void> {
  const { actor, scopes, now } = adminActor(c);
  const { alarm, stop } = c.var.config.ACT_LIMITS[act];
  const before = await countToday(c.env.DB, actor, act, now);
  if (before + times < alarm) return;
  if (await isKnownKey(c.env.DB, actor, c.req.header("Idempotency-Key"))) return;
  const isStopped = before + times > stop && !scopes.includes("owner");
  const fields = { actor: await actorIdOf(actor), act, count: isStopped ? before : before + times, stopped: isStopped };
  logFailure("acts.unusual", "An admin does this unusually often today.", fields);
  if (!isStopped) return;
  throw new Problem({
    code: "RATE_LIMITED",
    detail: `You have done this ${before} times today, and only an owner may do it more than ${stop} times. Ask an owner, or wait until 00:00 UTC.`,
    extras: { retry_after: startOfDay(now) + DAY - now },
  });
}
