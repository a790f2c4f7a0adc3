import type { UnixSeconds } from "../../../lib/time.ts";
import type { AuditEntry } from "../../../platform/identity/audit-store.ts";
import type { Action } from "../../../platform/storage/actions.ts";
import type { Endpoint } from "../endpoint/store.ts";
import { readStretch } from "../event/store.ts";
import { actionsOf } from "../event/types.ts";

/** The most events that one call queues. */
const QUEUED_AT_ONCE = 200;

/** The most deliveries of an endpoint that wait. More stay in the trail, which loses none, until some are delivered. */
const MOST_PENDING = 1000;

const TEST = "webhook.test" satisfies Action;

/** The acts whose events an endpoint is sent; null: all. The test of an endpoint is always sent to it. */
function actionsFor({ types }: Pick<Endpoint, "types">): Action[] | null {
  const actions = actionsOf(types);
  return actions === null || actions.includes(TEST) ? actions : [...actions, TEST];
}

/** Whether an endpoint is sent an entry: a test of another endpoint only if it is sent that type. */
const isFor = ({ id, types }: Pick<Endpoint, "id" | "types">, { action, subject }: AuditEntry): boolean =>
  action !== TEST || subject === id || (actionsOf(types)?.includes(TEST) ?? true);

/**
 * Queues the next events of the sequence for an endpoint, and moves its position past them, in one transaction. Nothing
 * happens if another call has moved the position or an act has disabled the endpoint in between: so no event is
 * queued twice, and none is left out. Returns the endpoint as it is then, and whether more events can be queued now.
 * Throws D1's errors.
 */
export async function queueEvents(
  db: D1Database,
  endpoint: Endpoint,
  now: UnixSeconds,
): Promise<{ endpoint: Endpoint; hasMore: boolean }> {
  const { id, position } = endpoint;
  const pending = await db
    .prepare("SELECT count(*) AS n FROM webhook_deliveries WHERE endpoint_id = ? AND state = 'pending'")
    .bind(id)
    .first<number>("n");
  if ((pending ?? 0) >= MOST_PENDING) return { endpoint, hasMore: false };
  const { entries, through, last } = await readStretch(db, {
    after: position,
    actions: actionsFor(endpoint),
    limit: QUEUED_AT_ONCE,
  });
  if (through <= position) return { endpoint, hasMore: false };
  let previous = endpoint.last_queued;
  const rows = entries
    .filter((entry) => isFor(endpoint, entry))
    .map(({ sequence, id: event_id, action, subject }) => {
      const row = { sequence, previous, event_id, action, subject };
      previous = sequence;
      return row;
    });
  const isCurrent =
    "SELECT 1 FROM webhook_endpoints WHERE id = ?1 AND position = ?2 AND disabled_by IS NULL AND removed_at IS NULL";
  await db.batch([
    db
      .prepare(
        `INSERT INTO webhook_deliveries (endpoint_id, sequence, previous_sequence, event_id, action, subject, state, queued_at, next_attempt_at)
         SELECT ?1, value ->> 'sequence', value ->> 'previous', value ->> 'event_id', value ->> 'action', value ->> 'subject', 'pending', ?3, ?3
         FROM json_each(?4) WHERE EXISTS (${isCurrent})`,
      )
      .bind(id, position, now, JSON.stringify(rows)),
    db
      .prepare(`UPDATE webhook_endpoints SET position = ?3, last_queued = ?4 WHERE id = ?1 AND EXISTS (${isCurrent})`)
      .bind(id, position, through, previous),
  ]);
  return { endpoint: { ...endpoint, position: through, last_queued: previous }, hasMore: through < last };
}
