import * as z from "zod";
import { newId } from "../../../lib/id.ts";
import { ok } from "../../../lib/result.ts";
import { HOUR } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { Action } from "../../../platform/storage/actions.ts";
import { type By, change, create, type Decided, type RootKind } from "../../../platform/storage/change.ts";
import { type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import { lastNumber } from "../event/store.ts";
import type { EndpointChange, NewEndpoint } from "./fields.ts";
import { webhookUrl } from "./url.ts";

const EndpointRow = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  types: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.array(z.string())),
  generation: z.number(),
  former_until: z.number().nullable(),
  disabled_by: z.enum(["admin", "failing", "gone"]).nullable(),
  removed_at: z.number().nullable(),
  position: z.number(),
  last_queued: z.number().nullable(),
  failures: z.number(),
  failing_since: z.number().nullable(),
  not_before: z.number(),
  created_at: z.number(),
  last_change: z.string(),
});

/** An endpoint of the vendor's systems as the ledger has it. */
export type Endpoint = z.output<typeof EndpointRow>;

/** An endpoint, and its deliveries that wait and that were given up. */
export type CountedEndpoint = Endpoint & { pending: number; failed: number };

const COUNTS = `(SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = id AND state = 'pending') AS pending,
  (SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = id AND state = 'failed') AS failed`;

const CountedRow = EndpointRow.extend({ pending: z.number(), failed: z.number() });

/** The endpoint with this id, also a removed one. Throws NOT_FOUND. */
export async function readEndpoint(db: D1Database, id: string): Promise<CountedEndpoint> {
  const row = await db.prepare(`SELECT *, ${COUNTS} FROM webhook_endpoints WHERE id = ?`).bind(id).first();
  if (row === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no webhook endpoint ${id}.` });
  return CountedRow.parse(row);
}

/** Up to `limit` endpoints, removed ones included, newest first; only those older than `before` if it is given. */
export async function listEndpoints(
  db: D1Database,
  { limit, before }: { limit: number; before: string | undefined },
): Promise<CountedEndpoint[]> {
  const { results } = await db
    .prepare(`SELECT *, ${COUNTS} FROM webhook_endpoints WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2`)
    .bind(before ?? null, limit)
    .all();
  return results.map((row) => CountedRow.parse(row));
}

/** Whether events are sent to an endpoint. */
export const isEnabled = ({ disabled_by, removed_at }: Pick<Endpoint, "disabled_by" | "removed_at">): boolean =>
  disabled_by === null && removed_at === null;

/** The endpoints that events are sent to, oldest first. Throws D1's errors. */
export async function listEnabled(db: D1Database): Promise<Endpoint[]> {
  const { results } = await db
    .prepare("SELECT * FROM webhook_endpoints WHERE disabled_by IS NULL AND removed_at IS NULL ORDER BY id")
    .all();
  return results.map((row) => EndpointRow.parse(row));
}

/** The most endpoints that are not removed. Each of them is sent every event. */
const MOST_ENDPOINTS = 20;

/** Throws VALIDATION_FAILED if events may not be sent to the URL (`webhookUrl`); else the URL in its one spelling. */
export function acceptedUrl(config: Config, url: string): string {
  const accepted = webhookUrl(url, config);
  if (accepted.ok) return accepted.value;
  const errors = [{ path: "url", message: accepted.error }];
  throw new Problem({ code: "VALIDATION_FAILED", detail: `The URL ${accepted.error}.`, extras: { errors } });
}

/**
 * Throws the refusal of an endpoint to add: VALIDATION_FAILED for its URL or for a number that no event has yet,
 * CONFLICT if there are 20 already. Returns its URL, and the number after which its events begin. For act and preview.
 */
export async function checkNew(
  db: D1Database,
  config: Config,
  { url, after }: Pick<NewEndpoint, "url" | "after">,
): Promise<{ url: string; position: number }> {
  const accepted = acceptedUrl(config, url);
  const count = await db
    .prepare("SELECT count(*) AS n FROM webhook_endpoints WHERE removed_at IS NULL")
    .first<number>("n");
  if ((count ?? 0) >= MOST_ENDPOINTS) {
    const detail = `There are ${MOST_ENDPOINTS} webhook endpoints, the most there can be. Remove one first.`;
    throw new Problem({ code: "CONFLICT", detail });
  }
  const last = await lastNumber(db);
  if (after !== null && after > last) {
    const errors = [{ path: "after", message: `must be at most ${last}, the number of the newest event` }];
    throw new Problem({ code: "VALIDATION_FAILED", detail: "No event has this number yet.", extras: { errors } });
  }
  return { url: accepted, position: after ?? last };
}

/** Facts of an endpoint for the trail. The URL's path may be a secret of the receiver, so only its host is named. */
const told = ({ url, types }: Partial<Pick<Endpoint, "url" | "types">>) => ({
  ...(url === undefined ? {} : { host: new URL(url).host }),
  ...(types === undefined ? {} : { types }),
});

/** Adds an endpoint. A repeated request returns that of the first one. Throws like `checkNew`, and D1's errors. */
export async function addEndpoint(
  db: D1Database,
  config: Config,
  { description, types, ...wanted }: NewEndpoint,
  by: By,
): Promise<CountedEndpoint> {
  const { url, position } = await checkNew(db, config, wanted);
  const insert = `INSERT INTO webhook_endpoints (id, url, description, types, position, created_at, last_change)
    VALUES (?, ?, ?, ?, ?, ?, ?)`;
  const newest = newId("whe");
  const { id } = await create(
    db,
    {
      table: "webhook_endpoints",
      id: newest,
      action: "webhook.add",
      details: { ...told({ url, types }), after: position },
      insert: (made) =>
        db.prepare(insert).bind(newest, url, description, JSON.stringify(types), position, made.at, made.id),
    },
    by,
  );
  return readEndpoint(db, id);
}

type EndpointPatch = Partial<
  Omit<Endpoint, "id" | "created_at" | "last_change" | "last_queued" | "position"> & { position: number }
>;

const endpointRoot: RootKind<CountedEndpoint, EndpointPatch> = {
  table: "webhook_endpoints",
  read: readEndpoint,
  write(db, { id, last_change }, { types, ...patch }, made) {
    const columns = { ...patch, ...(types && { types: JSON.stringify(types) }), last_change: made.id };
    const set = Object.keys(columns).map((column) => `${column} = ?`);
    return db
      .prepare(`UPDATE webhook_endpoints SET ${set.join(", ")} WHERE id = ? AND last_change = ?`)
      .bind(...Object.values(columns), id, last_change);
  },
  after: (row, patch, made) => ({ ...row, ...patch, last_change: made.id }),
  publication: () => undefined,
};

type EndpointAct = Omit<Decided<EndpointPatch>, "action">;

/**
 * Acts on an endpoint: `decide` returns the patch, or null if there is nothing to do. Throws NOT_FOUND, CONFLICT for a
 * removed endpoint, and D1's errors.
 */
async function act(
  db: D1Database,
  id: string,
  action: Action,
  by: By,
  decide: (endpoint: CountedEndpoint) => EndpointAct | null,
): Promise<CountedEndpoint> {
  await change(
    db,
    endpointRoot,
    id,
    (endpoint) => {
      if (endpoint.removed_at !== null && action !== "webhook.remove") {
        return { ok: false, error: { code: "CONFLICT", detail: "This endpoint is removed. Add a new one." } };
      }
      const decided = decide(endpoint);
      return ok(decided && { ...decided, action });
    },
    by,
  );
  return readEndpoint(db, id);
}

/** Changes URL, description and types. Events that are queued already go to the new URL. Throws like `act`. */
export function changeEndpoint(
  db: D1Database,
  config: Config,
  id: string,
  { url, description, types }: EndpointChange,
  by: By,
): Promise<CountedEndpoint> {
  const wanted: Partial<Pick<Endpoint, "url" | "description" | "types">> = {
    ...(url !== undefined && { url: acceptedUrl(config, url) }),
    ...(description !== undefined && { description }),
    ...(types !== undefined && { types }),
  };
  return act(db, id, "webhook.change", by, (endpoint) => {
    const isSame = JSON.stringify({ ...endpoint, ...wanted }) === JSON.stringify(endpoint);
    return isSame ? null : { patch: wanted, details: told(wanted) };
  });
}

/** Replaces the secret. The former one signs beside it for `overlap` hours. Throws like `act`. */
export const rotateSecret = (db: D1Database, id: string, overlap: number, by: By): Promise<CountedEndpoint> =>
  act(db, id, "webhook.rotate-secret", by, ({ generation }) => {
    const former_until = overlap === 0 ? null : by.actor.now + overlap * HOUR;
    return { patch: { generation: generation + 1, former_until }, details: { former_until } };
  });

/** Why the service disables an endpoint: it failed for days, or answered that it is gone. */
export type OwnReason = Exclude<Endpoint["disabled_by"], "admin" | null>;

/** Sends no more events to an endpoint. Idempotent: the first reason stays. Throws like `act`. */
export const disableEndpoint = (
  db: D1Database,
  id: string,
  by: By,
  disabled_by: "admin" | OwnReason = "admin",
): Promise<CountedEndpoint> =>
  act(db, id, "webhook.disable", by, (endpoint) =>
    endpoint.disabled_by === null ? { patch: { disabled_by }, details: { disabled_by } } : null,
  );

/**
 * Sends events to an endpoint again: those that were queued, and all since, at once and with all attempts. `skip`: only
 * events from now on; those that wait are given up. Idempotent. Throws like `act`.
 */
export async function enableEndpoint(
  db: D1Database,
  id: string,
  { skip }: { skip: boolean },
  by: By,
): Promise<CountedEndpoint> {
  const last = await lastNumber(db);
  return act(db, id, "webhook.enable", by, (endpoint) => {
    if (endpoint.disabled_by === null) return null;
    const fresh = { disabled_by: null, failures: 0, failing_since: null, not_before: 0 };
    return {
      patch: { ...fresh, ...(skip && { position: Math.max(last, endpoint.position) }) },
      details: { skipped: skip },
      beside: (made) => [skip ? giveUpPending(db, id, made) : dueNow(db, id, made)],
    };
  });
}

/** Removes an endpoint for good; what waits for it is given up. Idempotent. Throws NOT_FOUND and D1's errors. */
export const removeEndpoint = (db: D1Database, id: string, by: By): Promise<CountedEndpoint> =>
  act(db, id, "webhook.remove", by, ({ removed_at, url }) =>
    removed_at === null
      ? {
          patch: { removed_at: by.actor.now },
          details: told({ url }),
          beside: (made) => [giveUpPending(db, id, made)],
        }
      : null,
  );

/** The fault of a delivery that an admin gave up with its endpoint. */
export const SKIPPED = "Skipped by an admin.";

const giveUpPending = (db: D1Database, id: string, made: Change): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "webhook_endpoints", id },
    made.id,
    "UPDATE webhook_deliveries SET state = 'failed', last_error = ? WHERE endpoint_id = ? AND state = 'pending' AND TOOK_EFFECT",
    SKIPPED,
    id,
  );

const dueNow = (db: D1Database, id: string, made: Change): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "webhook_endpoints", id },
    made.id,
    "UPDATE webhook_deliveries SET next_attempt_at = ?, attempts = 0, first_attempt_at = NULL WHERE endpoint_id = ? AND state = 'pending' AND TOOK_EFFECT",
    made.at,
    id,
  );

/** Notes how a round of deliveries ended: whether any succeeded, and when the next round may begin. */
export const noteRound = (
  db: D1Database,
  id: string,
  state: Pick<Endpoint, "failures" | "failing_since" | "not_before">,
): D1PreparedStatement =>
  db
    .prepare("UPDATE webhook_endpoints SET failures = ?, failing_since = ?, not_before = ? WHERE id = ?")
    .bind(state.failures, state.failing_since, state.not_before, id);
